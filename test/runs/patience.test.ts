import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { agent, type Concord, ConcordError, type Json, openConcord, team } from '../../src/index.ts'
import type { Append, Appended } from '../../src/ports/event-log.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { concordWith, typesOf } from './fixture.ts'

const busy = () => new ConcordError('store.busy', 'Cannot commit as one process writes at a time: locked')
const unknown = () => new ConcordError('store.failed', 'Cannot commit as the store must answer: no answer')

type Through = (request: Append) => Promise<Appended>

/** Puts `fault` in front of the log's appends to runs. */
const faulty = (concord: Concord, fault: (request: Append, through: Through) => Promise<Appended>): void => {
  const { append } = concord.log
  concord.log.append = (request) =>
    request.stream.startsWith('run/') ? fault(request, append) : append(request)
}

/** A team of two steps, the second of which works until `go`; says what was executed, and whether it was cancelled. */
const working = () => {
  const seen = { executed: [] as string[], aborted: false }
  const began = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const first = agent({ name: 'first', run: () => void seen.executed.push('first') })
  const second = agent<Json, Json>({
    name: 'second',
    async run(_input, { signal, step }) {
      seen.executed.push('second')
      signal.addEventListener('abort', () => {
        seen.aborted = true
      })
      began.resolve()
      await go.promise
      await step('pay', () => void seen.executed.push('pay'))
      return 'done'
    },
  })
  const definition = {
    agents: [first, second],
    plan: () => [
      { id: 'a', agent: 'first' },
      { id: 'b', agent: 'second', dependsOn: ['a'] },
    ],
  }
  return { definition, seen, began, go }
}

describe('an owner whose store cannot answer for a time', () => {
  const kinds = {
    'is busy': async () => Promise.reject(busy()),
    'fails before it appends': async () => Promise.reject(unknown()),
    'fails after it appended': async (request: Append, through: Through) => {
      await through(request)
      throw unknown()
    },
    'is busy, then appends without an answer, then is busy': (() => {
      let times = 0
      return async (request: Append, through: Through) => {
        if (++times % 3 === 2) await through(request)
        throw times % 3 === 2 ? unknown() : busy()
      }
    })(),
  }
  for (const [name, fault] of Object.entries(kinds))
    it(`that ${name} keeps the run: nothing is cancelled, done twice or recorded twice`, async () => {
      const { definition, seen, go } = working()
      const concord = await concordWith(definition)
      go.resolve()
      let appends = 0
      // Each append but the first, which is its caller's, meets the fault once or twice.
      faulty(concord, (request, through) => {
        appends++
        return appends > 1 && appends % 3 !== 0 ? fault(request, through) : through(request)
      })
      const run = await concord.run({ text: 'x', team: 't' })
      assert.deepEqual([run.status, run.output], ['succeeded', 'done'])
      assert.deepEqual(seen, { executed: ['first', 'second', 'pay'], aborted: false })
      const types = typesOf(await concord.events(run.id))
      assert.equal(new Set(types).size, types.length, types.join())
      assert.equal(types.filter((type) => type.startsWith('run.claimed')).length, 1)
    })

  it('does not take the claim of another for its own', async () => {
    const concord = await concordWith({
      agents: [agent<Json, Json>({ name: 'first', run: (_input, context) => context.waitFor('go') })],
      plan: () => [{ id: 'a', agent: 'first' }],
    })
    const { id } = await concord.run({ text: 'x', team: 't' })
    faulty(concord, async (request, through) => {
      const events = request.events.map((event) =>
        event.type === 'run.claimed' ? { ...event, data: { ...event.data, owner: 'another' } } : event,
      )
      await through({ ...request, events })
      throw unknown()
    })
    await concord.signal(id, { kind: 'signal', name: 'go' })
    await assert.rejects(concord.runner.resume(id, 'test'), { code: 'version.conflict' })
    assert.equal(concord.runner.owns(id), false)
  })

  it('gives up after a minute; asked for again, the run is claimed again and ends', async () => {
    const { definition, seen, began, go } = working()
    const clock = manualClock()
    const concord = await concordWith(definition, { clock })
    let broken = false
    faulty(concord, async (request, through) => (broken ? Promise.reject(busy()) : through(request)))
    const running = concord.run({ text: 'x', team: 't' }, { id: 'lost' })
    const lost = assert.rejects(running, { code: 'store.busy' })
    await began.promise
    broken = true
    go.resolve()
    while (concord.runner.owns('lost')) {
      await turn()
      clock.advance(1000)
    }
    await lost
    broken = false
    const again = await concord.run({ text: 'x', team: 't' }, { id: 'lost' })
    assert.deepEqual([again.status, again.output], ['succeeded', 'done'])
    // What was not acknowledged is executed again, with its key; the rest is not.
    assert.deepEqual(seen.executed, ['first', 'second', 'pay', 'second', 'pay'])
  })

  it('claims the run again by itself when nobody asks', async () => {
    const { definition, began, go } = working()
    const clock = manualClock()
    const concord = await concordWith(definition, { clock })
    let broken = false
    faulty(concord, async (request, through) => (broken ? Promise.reject(busy()) : through(request)))
    const { id } = await concord.start({ text: 'x', team: 't' })
    await began.promise
    broken = true
    go.resolve()
    while (concord.runner.owns(id)) {
      await turn()
      clock.advance(1000)
    }
    broken = false
    while ((await concord.log.run(id))?.status !== 'succeeded') {
      await turn()
      clock.advance(1000)
    }
  })

  it('keeps it while another process holds the database for longer than a write waits', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-patience-'))
    after(() => rm(directory, { recursive: true, force: true }))
    const { definition, seen, began, go } = working()
    const refused = Promise.withResolvers<void>()
    const concord = await openConcord({ config: { stores: { directory }, teams: { t: team(definition) } } })
    after(() => concord.close())
    faulty(concord, (request, through) =>
      through(request).catch((error) => {
        refused.resolve()
        throw error
      }),
    )
    const run = concord.run({ text: 'x', team: 't' })
    await began.promise
    const holder = new DatabaseSync(join(directory, 'concord.db'))
    holder.exec('BEGIN IMMEDIATE')
    go.resolve()
    await refused.promise
    holder.exec('ROLLBACK')
    holder.close()
    assert.equal((await run).output, 'done')
    assert.deepEqual(seen, { executed: ['first', 'second', 'pay'], aborted: false })
  })
})
