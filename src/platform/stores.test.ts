import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, type Embedder, openAudit, openConcord, type Step, type StoreParts, team } from '../index.ts'
import type { BeforeStore, Sink } from '../policy/before-store.ts'
import { memoryKnowledge, memoryStores } from '../stores/index.ts'

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

describe('stores of one’s own', () => {
  const teams = { t: team({ agents: [leaky], plan }) }

  it('are opened with the parts, stand behind beforeStore, and are closed with Concord', async () => {
    const opened: StoreParts[] = []
    const closed: string[] = []
    const open = (parts: StoreParts) => {
      opened.push(parts)
      const stores = memoryStores(parts)
      const close = async () => {
        closed.push('stores')
        await stores.close()
      }
      return { ...stores, close }
    }
    const openKnowledge = (parts: Pick<StoreParts, 'clock'>) => {
      const store = memoryKnowledge(parts)
      return { ...store, close: async () => void closed.push('knowledge') }
    }
    const concord = await openConcord({
      role: 'server',
      config: {
        stores: { open, openKnowledge },
        memory: { state: { valueBytesMax: 1000 } },
        beforeStore: (_sink, record) => redact(record),
        embedder: 'none',
        teams,
      },
    })
    const run = await concord.run({ text: 'tell the secret', team: 't' })
    assert.equal(run.status, 'succeeded')
    await concord.knowledge().add({ id: 'k', text: 'the secret' })
    const kept = JSON.stringify([await concord.events(run.id), await concord.knowledge().get('k')])
    assert.equal(kept.includes('the secret'), false)
    assert.match(kept, /\[redacted\]/)
    await assert.rejects(concord.state('global').set('long', 'x'.repeat(2000)), { code: 'bound.reached' })
    await concord.close()
    assert.deepEqual(closed.sort(), ['knowledge', 'stores'])
    assert.deepEqual(
      opened.map(({ role, limits }) => ({ role, limits })),
      [{ role: 'server', limits: { valueBytesMax: 1000 } }],
    )
  })

  it('are audited where they keep a trail', async () => {
    const config = { stores: { open: memoryStores } }
    await assert.rejects(openAudit({ config }), {
      code: 'store.unsupported',
      message: /they keep no trail .*; use sqlite, or let stores.open return "audit" and "backup"/,
    })
  })
})

describe('an embedder of one’s own', () => {
  it('is the default one, and used where an object is asked for', async () => {
    const embedder: Embedder = {
      id: 'own/length',
      dimensions: 1,
      embed: async (texts) => texts.map(() => Float32Array.of(1)),
    }
    const concord = await openConcord({ config: { stores: { kind: 'memory' }, embedder } })
    await concord.knowledge().add({ id: 'k', text: 'some words' })
    await concord.knowledge().embed()
    const { embedder: used, unembedded } = await concord.knowledge().stats()
    assert.deepEqual({ used, unembedded }, { used: 'own/length', unembedded: false })
    assert.equal((await concord.embedder()).id, 'own/length')
    await concord.close()
  })
})
