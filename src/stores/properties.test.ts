import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Draft } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import type { StateChange, StateStore, StateWrite } from '../ports/state-store.ts'
import { type ManualClock, manualClock } from '../testing/clock.ts'
import { byCodePoint } from './order.ts'
import { openFresh, systemRandom } from './sqlite/temporary.test.ts'
import type { Stores } from './stores.ts'
import { volatileStores } from './volatile/stores.ts'

type Store = Stores & { clock: ManualClock }

const stores: { [name: string]: () => Promise<Store> } = {
  'the volatile store': async () => {
    const clock = manualClock()
    return { ...volatileStores({ clock, random: systemRandom }), clock }
  },
  SQLite: () => openFresh(),
}

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((t) => t.isWellFormed() && !t.includes('\0'))
const json = fc.jsonValue({ maxDepth: 4 }).map((value): Json => JSON.parse(JSON.stringify(value)))

const draft = fc
  .record(
    {
      at: fc.integer({ min: 0, max: 2 ** 50 }),
      run: text,
      step: text,
      agent: text,
      cause: text,
      call: fc.string({ unit: 'binary' }),
      value: json,
    },
    { requiredKeys: ['at', 'call', 'value'] },
  )
  .map(
    ({ call, value, ...rest }): Draft => ({
      ...rest,
      type: 'step.recorded',
      data: { call, name: 'n', value },
    }),
  )

const key = fc.constantFrom('a', 'b', '😀')
const write: fc.Arbitrary<StateWrite> = fc
  .record(
    {
      key,
      value: fc.option(fc.integer(), { nil: undefined }),
      ifVersion: fc.integer({ min: 0, max: 4 }),
      ttlMs: fc.constantFrom(5, 10),
      operation: fc.constantFrom('o1', 'o2', 'o3'),
    },
    { requiredKeys: ['key'] },
  )
  .map(({ value, operation, ...rest }) => ({
    namespace: 'n',
    ...rest,
    // An operation belongs to one key.
    ...(operation === undefined ? {} : { operation: `${operation}/${rest.key}` }),
    ...(value === undefined ? { delete: true } : { value }),
  }))

type Step = { kind: 'write'; writes: StateWrite[] } | { kind: 'wait'; ms: number } | { kind: 'look' }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        writes: fc.array(write, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'look' as const }) },
  ),
  { maxLength: 25 },
)

/** Once found: an operation that is repeated on a key which has expired writes nothing, its expiry included. */
const repeatedOnExpired: Step[] = [
  { kind: 'write', writes: [{ namespace: 'n', key: 'a', value: 0, ttlMs: 5, operation: 'o/a' }] },
  { kind: 'wait', ms: 5 },
  { kind: 'write', writes: [{ namespace: 'n', key: 'a', delete: true, operation: 'o/a' }] },
  { kind: 'write', writes: [{ namespace: 'n', key: 'b', delete: true }] },
]

/** What a reader sees, without the store's own words for it. */
const visible = async (state: StateStore) =>
  (await state.list('n')).map(({ key, value, version, expiresAt }) => ({ key, value, version, expiresAt }))

const play = async (store: Store, script: Step[]) => {
  const seen: unknown[] = []
  for (const step of script) {
    if (step.kind === 'wait') store.clock.advance(step.ms)
    else if (step.kind === 'look') seen.push(await visible(store.state), await store.state.get('n', 'a'))
    // What a look found expired is ended before the next write, in either store.
    else seen.push(await store.state.write(step.writes))
  }
  seen.push(await visible(store.state))
  await store.state.write([{ namespace: 'other', key: 'barrier', value: 1 }])
  const events = await store.log.read('state/n')
  return { seen, events: events.map(({ version, type, data }) => ({ version, type, data })) }
}

describe('properties of every store', () => {
  for (const [name, open] of Object.entries(stores)) {
    it(`${name} returns any event as it was given, and verifies`, async () => {
      await fc.assert(
        fc.asyncProperty(text, fc.array(draft, { minLength: 1, maxLength: 5 }), async (stream, drafts) => {
          const { log, close } = await open()
          try {
            await log.append({ stream, expectedVersion: 0, epoch: 3, events: drafts })
            const events = await log.read(stream)
            for (const [i, event] of events.entries()) {
              const { id, stream: of, version, position, epoch, ...rest } = event
              assert.deepEqual([id, of, version, epoch], [`${stream}@${i + 1}`, stream, i + 1, 3])
              assert.ok(position > 0)
              // JSON has no negative zero.
              assert.deepEqual(rest, JSON.parse(JSON.stringify(drafts[i])))
            }
            assert.equal(events.length, drafts.length)
            assert.equal((await log.verify(stream)).brokenAt, undefined)
          } finally {
            await close()
          }
        }),
        { numRuns: name === 'SQLite' ? 60 : 200, verbose: 1 },
      )
    })

    it(`${name}: the values are what replaying the changes gives`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (script) => {
          const store = await open()
          try {
            const { events } = await play(store, script)
            const replayed = new Map<string, unknown>()
            const versions = new Map<string, number>()
            for (const [i, event] of events.entries()) {
              assert.equal(event.version, i + 1)
              assert.ok(event.type === 'state.changed' || event.type === 'state.expired')
              const data = event.data as { key: string; version: number; value?: Json; expiresAt?: number }
              assert.equal(data.version, (versions.get(data.key) ?? 0) + 1)
              versions.set(data.key, data.version)
              const { key: of, version, value, expiresAt } = data
              if (value === undefined) replayed.delete(of)
              else replayed.set(of, { key: of, value, version, expiresAt })
            }
            const now = await visible(store.state)
            assert.deepEqual(
              now,
              [...replayed].sort(([a], [b]) => byCodePoint(a, b)).map(([, entry]) => entry),
            )
          } finally {
            await store.close()
          }
        }),
        { numRuns: name === 'SQLite' ? 60 : 200, verbose: 1 },
      )
    })
  }

  for (const [name, open] of Object.entries(stores))
    it(`${name}: watch, history, every moment and a fork there agree with what was seen then`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (script, bufferMax) => {
          const store = await open()
          try {
            const { state } = store
            const watch = state.watch('n', '*', { bufferMax })
            const seen: { sequence: number; entries: unknown[] }[] = []
            for (const step of script) {
              if (step.kind === 'wait') store.clock.advance(step.ms)
              if (step.kind === 'write') await state.write(step.writes)
              // What had expired is ended first, so that the sequence tells all that is seen.
              await store.sweep()
              seen.push({ sequence: await state.sequence('n'), entries: await visible(state) })
            }
            const head = await state.sequence('n')
            const told: StateChange[] = []
            while (told.length < head) {
              const news = (await watch.next()).value
              assert.ok(news?.kind === 'change')
              told.push(news)
            }
            assert.deepEqual(
              told.map(({ sequence }) => sequence),
              Array.from({ length: head }, (_, i) => i + 1),
            )
            for (const each of ['a', 'b', '😀'])
              assert.deepEqual(
                await state.history('n', each),
                told.filter((news) => news.key === each).reverse(),
              )
            for (const [i, { sequence, entries }] of seen.entries()) {
              const then = await state.list('n', { at: { sequence } })
              assert.deepEqual(
                then.map(({ key: of, value, version, expiresAt }) => ({
                  key: of,
                  value,
                  version,
                  expiresAt,
                })),
                entries,
              )
              await state.fork(`fork${i}`, { from: 'n', at: { sequence } })
              const now = store.clock.now()
              assert.deepEqual(
                (await state.list(`fork${i}`)).map(({ key: of }) => of),
                then.filter((entry) => (entry.expiresAt ?? now + 1) > now).map(({ key: of }) => of),
              )
            }
          } finally {
            await store.close()
          }
        }),
        { numRuns: name === 'SQLite' ? 40 : 200, verbose: 1 },
      )
    })

  it('both stores tell the same story of the same writes', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const [one, other] = [await openFresh(), await stores['the volatile store']!()]
        try {
          assert.deepEqual(await play(one, script), await play(other, script))
        } finally {
          await one.close()
          await other.close()
        }
      }),
      { numRuns: 60, verbose: 1, examples: [[repeatedOnExpired]] },
    )
  })

  it('orders text as its UTF-8 bytes are ordered', () => {
    const any = fc.string({ unit: 'binary' }).filter((t) => t.isWellFormed())
    fc.assert(
      fc.property(any, any, (a, b) => {
        assert.equal(Math.sign(byCodePoint(a, b)), Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
    )
  })
})
