import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Concord, openConcord, team } from '../../src/index.ts'

/** What a server asks of the runner that a single command does not: repeated starts, many waiters, signals to runs at rest. */

const gate = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

const memory = (teams: Parameters<typeof openConcord>[0] & object): Promise<Concord> =>
  openConcord({ ...teams, config: { ...teams.config, stores: { kind: 'memory' } } })

describe('the runner of a server', () => {
  it('keeps the owner of a run that is started again under the same id', async () => {
    const hold = gate()
    let calls = 0
    const slow = agent({
      name: 'slow',
      run: async () => {
        calls++
        await hold.opened
        return 'done'
      },
    })
    const concord = await memory({ config: { teams: { t: team({ agents: [slow] }) } } })
    concord.runner.adopt()
    const handles = await Promise.all(
      [1, 2, 3].map(() => concord.start({ text: 'x', team: 't' }, { id: 'same' })),
    )
    assert.deepEqual(
      handles.map(({ id }) => id),
      ['same', 'same', 'same'],
    )
    await concord.start({ text: 'x', team: 't' }, { id: 'same' })
    assert.equal(concord.runner.owns('same'), true)
    await concord.signal('same', { kind: 'message', value: 'hello' })
    hold.open()
    const run = await concord.runner.settled('same')
    assert.deepEqual([run.status, run.epoch, calls], ['succeeded', 1, 1])
    await concord.close()
  })

  it('leaves nobody listening behind after waiting for a run that had ended', async () => {
    const concord = await memory({
      config: { teams: { t: team({ agents: [agent({ name: 'a', run: () => 1 })] }) } },
    })
    const { id } = await concord.run({ text: 'x', team: 't' })
    const abort = new AbortController()
    const again = await concord.runner.settled(id, abort.signal)
    // What was left waiting would be rejected now, with nobody to take the rejection.
    abort.abort(new Error('the client went away'))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(again.status, 'succeeded')
    await concord.close()
  })

  it('cancels a run that nobody owned without starting another step', async () => {
    let calls = 0
    const waiting = agent({
      name: 'waiting',
      run: async (_input, context) => {
        calls++
        await context.waitFor('go')
      },
    })
    const concord = await memory({ config: { teams: { t: team({ agents: [waiting] }) } } })
    const { id } = await concord.run({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'signal', name: 'go' }, { wake: false })
    await concord.signal(id, { kind: 'cancel' }, { wake: false })
    await concord.runner.resume(id, 'test')
    assert.equal((await concord.runner.settled(id)).status, 'cancelled')
    assert.equal(calls, 1)
    await concord.close()
  })

  it('lets go of a waiting run that it claimed for a signal nobody waits for', async () => {
    const asking = agent({ name: 'asking', run: async (_input, context) => context.ask('which?') })
    const concord = await memory({ config: { teams: { t: team({ agents: [asking] }) } } })
    const { id } = await concord.run({ text: 'x', team: 't' })
    await concord.signal(id, { kind: 'message', value: 'by the way' })
    await concord.runner.resume(id, 'test')
    const run = await concord.runner.settled(id)
    assert.deepEqual([run.status, run.owner], ['waiting', undefined])
    assert.equal((await concord.log.run(id))?.owner, undefined)
    await concord.close()
  })

  it('ends a follower that starts at or behind the final event', async () => {
    const concord = await memory({
      config: { teams: { t: team({ agents: [agent({ name: 'a', run: () => 1 })] }) } },
    })
    const { id, version } = await concord.run({ text: 'x', team: 't' })
    const seen = async (after: number) => {
      const versions: number[] = []
      for await (const event of concord.follow(id, { after })) versions.push(event.version)
      return versions
    }
    assert.deepEqual(await seen(version - 1), [version])
    assert.deepEqual(await seen(version), [])
    await concord.close()
  })
})
