import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, openConcord, type Step, team } from '../index.ts'
import type { BeforeStore, Sink } from '../policy/before-store.ts'

const plan = (): Step[] => [{ id: 'a', agent: 'leaky' }]
const leaky = agent({
  name: 'leaky',
  run: async (_input, context) => {
    await context.state.set('direct', 'the secret')
    return { output: 'the secret', writes: [{ key: 'with-result', value: 'the secret' }] }
  },
})

const redact = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll('the secret', '[redacted]')) as T

describe('beforeStore', () => {
  it('sees every record before any store does', async () => {
    const sinks = new Set<Sink>()
    const beforeStore: BeforeStore = (sink, record) => {
      sinks.add(sink)
      return redact(record)
    }
    const concord = await openConcord({
      config: { stores: { kind: 'memory' }, beforeStore, teams: { t: team({ agents: [leaky], plan }) } },
    })
    const run = await concord.run({ text: 'tell the secret', team: 't' })
    const stored = JSON.stringify([
      await concord.events(run.id),
      await concord.runs(),
      await concord.state(`run/${run.id}`).list(),
    ])
    assert.equal(stored.includes('the secret'), false)
    assert.match(stored, /\[redacted\]/)
    assert.deepEqual([...sinks].sort(), ['log', 'state'])
    await concord.close()
  })

  it('stops what it denies, and the run ends with the reason', async () => {
    const beforeStore: BeforeStore = (sink, record) =>
      sink === 'state' && JSON.stringify(record).includes('the secret')
        ? { denied: 'secrets stay in the room' }
        : record
    const concord = await openConcord({
      config: { stores: { kind: 'memory' }, beforeStore, teams: { t: team({ agents: [leaky], plan }) } },
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'policy.denied')
    assert.match(run.failure?.message ?? '', /secrets stay in the room/)
    await concord.close()
  })
})
