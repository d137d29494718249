import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AnyAgent, agent, type Concord, type Signal } from '../../src/index.ts'
import { attemptWatch } from '../../src/platform/attempt-watch.ts'
import type { Grant } from '../../src/platform/memory-token.ts'
import type { Commit, EventLog } from '../../src/ports/event-log.ts'
import { volatileStores } from '../../src/stores/volatile/stores.ts'
import { concordWith } from '../runs/fixture.ts'

type Listener = (commit: Commit) => void

/** A log that tells its listeners nothing until `reconnect`, then of a gap only. */
const deafened = (log: EventLog) => {
  const listeners = new Set<Listener>()
  let isDeaf = false
  const deaf: EventLog = {
    ...log,
    onCommit(listener) {
      const leave = log.onCommit((commit) => isDeaf || listener(commit))
      listeners.add(listener)
      return () => {
        leave()
        listeners.delete(listener)
      }
    },
  }
  return {
    log: deaf,
    drop: () => {
      isDeaf = true
    },
    reconnect: () => {
      isDeaf = false
      for (const listener of [...listeners]) listener({ streams: [], position: 0, gap: true })
    },
  }
}

const waiter = agent({ name: 'x', run: (_, context) => context.waitFor('go') })

/** A Concord whose connection can be dropped, and the log behind it. */
const opened = async (worker: AnyAgent = waiter) => {
  let connection: ReturnType<typeof deafened> | undefined
  const concord = await concordWith(
    { agents: [worker], plan: () => [{ id: 'a', agent: 'x' }] },
    {
      stores: {
        open: (parts) => {
          const stores = volatileStores(parts)
          connection = deafened(stores.log)
          return { ...stores, log: connection.log }
        },
      },
    },
  )
  assert.ok(connection !== undefined)
  return { concord, connection }
}

const turns = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

const go: Signal = { kind: 'signal', name: 'go', value: 1 }

/** What another process would put into the inbox. */
const signalled = (concord: Concord, run: string, signal: Signal = go) =>
  concord.log.append({
    stream: `inbox/${run}`,
    expectedVersion: 'any',
    epoch: 0,
    events: [{ type: 'signal.received', at: 0, data: { inbox: 0, signal } }],
  })

describe('after a lost connection', () => {
  it('a run is followed to its end', async () => {
    const { concord, connection } = await opened()
    const { id } = await concord.run({ text: 'x', team: 't' })
    const seen: string[] = []
    const following = (async () => {
      for await (const { type } of concord.follow(id)) seen.push(type)
    })()
    await turns()
    connection.drop()
    await concord.signal(id, { kind: 'signal', name: 'go', value: 1 }, { wake: true })
    await concord.runner.settled(id)
    await turns()
    assert.ok(!seen.includes('run.succeeded'), 'nothing was told')
    connection.reconnect()
    await following
    assert.equal(seen.at(-1), 'run.succeeded')
  })

  it('an owner reads the signals that came in the meantime', async () => {
    const busy = agent({ name: 'x', run: () => new Promise<void>(() => {}) })
    const { concord, connection } = await opened(busy)
    const { id } = await concord.start({ text: 'x', team: 't' })
    connection.drop()
    await signalled(concord, id, { kind: 'cancel' })
    connection.reconnect()
    assert.equal((await concord.runner.settled(id)).status, 'cancelled')
  })

  it('a process that keeps runs wakes those whose signal came in the meantime', async () => {
    const { concord, connection } = await opened()
    await concord.keep()
    const { id } = await concord.run({ text: 'x', team: 't' })
    connection.drop()
    await signalled(concord, id)
    await turns()
    assert.equal((await concord.log.run(id))?.status, 'waiting')
    connection.reconnect()
    await turns()
    assert.equal((await concord.log.run(id))?.status, 'succeeded')
  })

  it('whoever waits for a run that another process advances learns that it has settled', async () => {
    const { concord, connection } = await opened()
    const { id } = await concord.run({ text: 'x', team: 't' })
    const summary = await concord.log.run(id)
    assert.ok(summary !== undefined)
    const stream = `run/${id}`
    const version = await concord.log.version(stream)
    const append = (expectedVersion: number, status: 'running' | 'succeeded') =>
      concord.log.append({
        stream,
        expectedVersion,
        epoch: 2,
        events: [{ type: 'run.claimed', at: 0, data: { owner: 'elsewhere', epoch: 2 + expectedVersion } }],
        summary: { ...summary, status },
      })
    await append(version, 'running')
    const settled = concord.runner.settled(id)
    await turns()
    connection.drop()
    await append(version + 1, 'succeeded')
    connection.reconnect()
    await settled
  })

  it('attempts that were handed a token are looked at again', async () => {
    const { concord, connection } = await opened()
    let isOver = false
    const looked = attemptWatch(connection.log, async () => {
      if (isOver) throw new Error('over')
    })
    const grant = { run: 'r', step: 's', attempt: 1, epoch: 1, since: 0 } as unknown as Grant
    await looked.check(grant)
    let ended = 0
    looked.over(grant, () => ended++)
    await turns()
    isOver = true
    await looked.check(grant)
    connection.reconnect()
    await assert.rejects(looked.check(grant))
    await turns()
    assert.equal(ended, 1)
    assert.ok(concord)
  })
})
