import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { agent, type Concord, openConcord, type TeamDefinition, team } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { concordWith, decide, eventOf, typesOf } from '../runs/fixture.ts'

const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })

/** Two openings of one store in one process: to each other they are processes that live. */
const twoOf = async (definition: TeamDefinition): Promise<[Concord, Concord]> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-two-'))
  const open = () => openConcord({ config: { stores: { directory }, teams: { t: definition } } })
  const [first, second] = [await open(), await open()]
  after(async () => {
    await first.close()
    await second.close()
    await rm(directory, { recursive: true, force: true })
  })
  return [first, second]
}

describe('a run whose owner lives', () => {
  it('keeps it though it waited in between: the reconciler of another process must not take it', async () => {
    const gate = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    let executions = 0
    const slow = agent({
      name: 'slow',
      run: async () => {
        executions++
        began.resolve()
        await gate.promise
        return 'done'
      },
    })
    const late = agent({ name: 'late', run: (_input, context) => context.waitFor('go') })
    // The signal arrives while "run.waiting" is on its way: the owner goes on without a new claim.
    const [first, second] = await twoOf(
      team({
        agents: [slow, late],
        plan: () => [
          { id: 'a', agent: 'late' },
          { id: 'b', agent: 'slow' },
        ],
      }),
    )
    const append = first.log.append
    let id = ''
    first.log.append = async (request) => {
      if (request.events.some((event) => event.type === 'run.waiting'))
        await first.signal(id, { kind: 'signal', name: 'go' })
      return append(request)
    }
    id = (await first.start({ text: 'x', team: 't' })).id
    await began.promise
    assert.ok(typesOf(await first.events(id)).includes('run.resumed'))
    assert.notEqual((await second.log.run(id))?.owner, undefined)
    assert.deepEqual(await second.runner.reconcile(), [])
    gate.resolve()
    assert.equal((await first.runner.settled(id)).output, 'done')
    assert.equal(executions, 1)
  })

  it('is refused to a second process, and given to one of many that ask at once when it has none', async () => {
    const [first, second] = await twoOf(
      team({ agents: [echo], plan: () => [{ id: 'a', agent: 'echo', payload: 1, requireApproval: true }] }),
    )
    const { id } = await first.run({ text: 'x', team: 't' })
    await decide(first, id, { kind: 'approve' })
    const asked = await Promise.allSettled(
      [first, second, first, second].map((concord) => concord.runner.resume(id, 'test')),
    )
    assert.ok(asked.some((result) => result.status === 'fulfilled'))
    await eventOf(first, id, (event) => event.type === 'run.succeeded')
    const events = await first.events(id)
    assert.equal(typesOf(events, 'step.succeeded').length, 1)
    assert.equal(events.filter((event) => event.type === 'step.started').length, 1)
  })
})

describe('a signal that comes while a run is being let go', () => {
  /** Sends `kind` in the moment `type` is appended: after the owner's last look at the inbox. */
  const during = async (type: string, kind: 'resume' | 'cancel') => {
    const gate = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      run: async () => {
        await gate.promise
        return 1
      },
    })
    const concord = await concordWith({
      agents: [slow, echo],
      plan: () => [
        { id: 'a', agent: 'slow' },
        { id: 'b', agent: 'echo', payload: 'end' },
      ],
    })
    const append = concord.log.append
    let id = ''
    let sent = false
    concord.log.append = async (request) => {
      if (!sent && request.events.some((event) => event.type === type)) {
        sent = true
        await concord.signal(id, { kind })
      }
      return append(request)
    }
    id = (await concord.start({ text: 'x', team: 't' })).id
    await concord.signal(id, { kind: 'pause' })
    await eventOf(concord, id, (event) => event.type === 'signal.received')
    gate.resolve()
    return { concord, id }
  }

  it('is heeded: a resume during the suspension goes on, a cancel cancels', async () => {
    const resumed = await during('run.suspended', 'resume')
    await eventOf(resumed.concord, resumed.id, (event) => event.type === 'run.succeeded')
    const cancelled = await during('run.suspended', 'cancel')
    await eventOf(cancelled.concord, cancelled.id, (event) => event.type === 'run.cancelled')
  })
})

describe('a result that comes while the end of its run is being committed', () => {
  it('is too late: nothing follows the end, and what was to be written with the result is not', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      run: async () => {
        await gate.promise
        return { output: 1, writes: [{ key: 'k', value: 'too late' }] }
      },
    })
    const concord = await concordWith({ agents: [slow] })
    const append = concord.log.append
    concord.log.append = async (request) => {
      if (request.events.some((event) => event.type === 'run.cancelled')) {
        gate.resolve()
        await new Promise(setImmediate)
      }
      return append(request)
    }
    const { id } = await concord.start({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'cancel' })
    assert.equal((await concord.runner.settled(id)).status, 'cancelled')
    await new Promise(setImmediate)
    assert.equal((await concord.events(id)).at(-1)?.type, 'run.cancelled')
    assert.equal(await concord.state(`run/${id}`).get('k'), undefined)
  })
})

describe('two who resume a suspended run at once', () => {
  it('both follow the run that goes on, and neither is given the suspended one', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      run: async () => {
        await gate.promise
        return 1
      },
    })
    const concord = await concordWith({
      agents: [slow, echo],
      plan: () => [
        { id: 'a', agent: 'slow' },
        { id: 'b', agent: 'echo', payload: 'end' },
      ],
    })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'pause' })
    await eventOf(concord, id, (event) => event.type === 'signal.received')
    gate.resolve()
    assert.equal((await concord.runner.settled(id)).status, 'suspended')
    const both = await Promise.all(
      [1, 2].map(async () => {
        await concord.runner.resume(id, 'test')
        return concord.runner.settled(id)
      }),
    )
    assert.deepEqual(
      both.map((run) => run.output),
      ['end', 'end'],
    )
  })
})

describe('plain code without a pause', () => {
  it('lets timers in: ten thousand steps hold nobody up for long', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'a', agent: 'echo', forEach: Array.from({ length: 10_000 }, (_, i) => i) }],
    })
    let beats = 0
    const timer = setInterval(() => beats++, 5)
    const began = performance.now()
    const run = await concord.run({ text: 'x', team: 't' })
    const ms = performance.now() - began
    clearInterval(timer)
    assert.equal(run.status, 'succeeded')
    assert.ok(beats >= Math.floor(ms / 200), `${beats} beats of a timer of 5 ms in ${ms} ms`)
  })
})

describe('time', () => {
  it('that a goal allows ends a run that waits, though nobody reconciles', async () => {
    const clock = manualClock()
    const concord = await concordWith(
      { agents: [echo], plan: () => [{ id: 'a', agent: 'echo', requireApproval: true }] },
      { clock },
    )
    const waiting = await concord.run({ text: 'x', team: 't', budget: { timeMs: 60_000 } })
    assert.equal(waiting.status, 'waiting')
    const failed = eventOf(concord, waiting.id, (event) => event.type === 'run.failed')
    // Letting go is done in its own time: the appointment is made when the clock holds one more call.
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    clock.advance(60_000)
    const event = await failed
    assert.ok(event.type === 'run.failed')
    assert.equal(event.data.failure.code, 'budget.exhausted')
  })

  it('that jumps back keeps a sleeper asleep and wakes it when the time has come', async () => {
    const clock = manualClock()
    let shift = 0
    const jumping = { ...clock, now: () => clock.now() + shift }
    const sleeper = agent({
      name: 'sleeper',
      run: async (_input, context) => {
        await context.sleep(10_000)
        return 'rested'
      },
    })
    const concord = await concordWith({ agents: [sleeper] }, { clock: jumping })
    const waiting = await concord.runner.run({ goal: { text: 'x', team: 't' } })
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    shift = -5_000
    clock.advance(10_000)
    for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    assert.equal((await concord.runner.load(waiting.id)).status, 'waiting')
    const done = eventOf(concord, waiting.id, (event) => event.type === 'run.succeeded')
    clock.advance(5_000)
    await done
  })
})

describe('many short runs', () => {
  it('leave nothing behind: no listener, no appointment, no owner', async () => {
    const concord = await concordWith({ agents: [echo] })
    let listening = 0
    const { onCommit } = concord.log
    concord.log.onCommit = (listener) => {
      listening++
      const stop = onCommit(listener)
      return () => {
        listening--
        stop()
      }
    }
    const ids: string[] = []
    for (let i = 0; i < 2000; i++) ids.push((await concord.run({ text: 'x', team: 't', params: { i } })).id)
    await Promise.all(ids.slice(0, 100).map((id) => concord.runner.settled(id)))
    assert.equal(listening, 0)
    assert.equal(
      ids.some((id) => concord.runner.owns(id)),
      false,
    )
  })
})

describe('following a run', () => {
  it('misses nothing and repeats nothing, however many follow, from wherever, as fast or slow as they like', async () => {
    const concord = await concordWith({
      agents: [agent<unknown, unknown>({ name: 'later', run: async (input) => input })],
      plan: () => [{ id: 'a', agent: 'later', forEach: Array.from({ length: 700 }, (_, i) => i) }],
    })
    const { id } = await concord.start({ text: 'x', team: 't' })
    const follow = async (from: number, slow: boolean): Promise<number[]> => {
      const versions: number[] = []
      for await (const event of concord.follow(id, { after: from })) {
        versions.push(event.version)
        if (slow && versions.length % 50 === 0) await new Promise(setImmediate)
      }
      return versions
    }
    const followed = await Promise.all([0, 0, 3, 600].map((from, i) => follow(from, i % 2 === 1)))
    const all = (await concord.events(id)).map((event) => event.version)
    for (const [i, from] of [0, 0, 3, 600].entries()) assert.deepEqual(followed[i], all.slice(from))
  })
})
