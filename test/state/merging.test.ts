import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { openConcord } from '../../src/index.ts'
import { type Resolve, unresolved } from '../../src/memory/state-merge.ts'
import { manualClock } from '../../src/testing/clock.ts'

const names = ['team/main', 'team/one', 'team/two', 'team/deep'] as const
const keys = ['a', 'b', 'c'] as const

type Step =
  | { do: 'set'; at: number; key: number; value: number; ttl?: number }
  | { do: 'delete'; at: number; key: number }
  | { do: 'merge'; pair: number; back: boolean; resolve: 'none' | 'ours' | 'theirs' | 'sum' }
  | { do: 'wait' }

/** Which of the namespaces have a moment in common: fork and origin, or two forks of one. */
const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
  [1, 3],
] as const

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      at: fc.nat(3),
      key: fc.nat(2),
      value: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      at: fc.nat(3),
      key: fc.nat(2),
      value: fc.nat(3),
      ttl: fc.constant(100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat(3), key: fc.nat(2) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('merge' as const),
      pair: fc.nat(pairs.length - 1),
      back: fc.boolean(),
      resolve: fc.constantFrom('none' as const, 'ours' as const, 'theirs' as const, 'sum' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
)

type Held = { value: number; until?: number }
type Side = Map<string, Held>

/** What must come out, told again without marks, moments or sequences: each pair knows what both last had. */
class Model {
  now = 0
  readonly sides: Side[] = names.map(() => new Map())
  readonly base = pairs.map(() => new Map<string, number | undefined>())

  value(side: number, key: string): number | undefined {
    const held = this.sides[side]!.get(key)
    return held === undefined || (held.until !== undefined && held.until <= this.now) ? undefined : held.value
  }

  fork(from: number, to: number): void {
    this.sides[to] = new Map(this.sides[from])
    for (const [i, pair] of pairs.entries())
      if (pair[1] === to || (pair[0] === to && pair[1] < to))
        for (const key of keys) this.base[i]!.set(key, this.value(from, key))
  }

  merge(pair: number, back: boolean, resolve: Step & { do: 'merge' }): { conflicts: string[] } {
    const [first, second] = pairs[pair]!
    const [into, from] = back ? [second, first] : [first, second]
    const base = this.base[pair]!
    const conflicts: string[] = []
    for (const key of keys) {
      const [was, mine, theirs] = [base.get(key), this.value(into, key), this.value(from, key)]
      if (theirs !== was && mine !== theirs) {
        if (mine === was) this.take(into, from, key)
        else if (resolve.resolve === 'none') {
          conflicts.push(key)
          continue
        } else if (resolve.resolve === 'theirs') this.decide(into, key, theirs)
        else if (resolve.resolve === 'sum') this.decide(into, key, (mine ?? 0) + (theirs ?? 0) + 10)
      }
      base.set(key, theirs)
    }
    return { conflicts }
  }

  take(into: number, from: number, key: string): void {
    const held = this.sides[from]!.get(key)
    if (this.value(from, key) === undefined || held === undefined) this.sides[into]!.delete(key)
    else this.sides[into]!.set(key, { ...held })
  }

  decide(into: number, key: string, value: number | undefined): void {
    const until = this.value(into, key) === undefined ? undefined : this.sides[into]!.get(key)?.until
    if (value === undefined) this.sides[into]!.delete(key)
    else this.sides[into]!.set(key, until === undefined ? { value } : { value, until })
  }
}

const program = async (steps: readonly Step[], directory?: string) => {
  const clock = manualClock()
  const concord = await openConcord({
    config: { stores: directory === undefined ? { kind: 'memory' } : { directory } },
    clock,
  })
  const model = new Model()
  model.now = clock.now()
  try {
    const states = names.map((name) => concord.state(name))
    for (const [i, key] of keys.entries()) {
      await states[0]!.set(key, i)
      model.sides[0]!.set(key, { value: i })
    }
    for (const [from, to] of [
      [0, 1],
      [0, 2],
      [1, 3],
    ] as const) {
      await states[from]!.fork(names[to])
      model.fork(from, to)
    }
    for (const each of steps) {
      if (each.do === 'wait') {
        clock.advance(60)
        model.now = clock.now()
      } else if (each.do === 'set') {
        const ttl = each.ttl === undefined ? {} : { ttlMs: each.ttl }
        await states[each.at]!.set(keys[each.key]!, each.value, ttl)
        model.sides[each.at]!.set(keys[each.key]!, {
          value: each.value,
          ...(each.ttl === undefined ? {} : { until: model.now + each.ttl }),
        })
      } else if (each.do === 'delete') {
        await states[each.at]!.delete(keys[each.key]!)
        model.sides[each.at]!.delete(keys[each.key]!)
      } else {
        const [first, second] = pairs[each.pair]!
        const [into, from] = each.back ? [second, first] : [first, second]
        const resolve = {
          none: () => unresolved,
          ours: ({ ours }: { ours?: { value: unknown } }) => ours?.value as number | undefined,
          theirs: ({ theirs }: { theirs?: { value: unknown } }) => theirs?.value as number | undefined,
          sum: ({ ours, theirs }: { ours?: { value: unknown }; theirs?: { value: unknown } }) =>
            Number(ours?.value ?? 0) + Number(theirs?.value ?? 0) + 10,
        }[each.resolve]
        const { conflicts } = await states[into]!.merge(names[from], { resolve: resolve as Resolve })
        const expected = model.merge(each.pair, each.back, each)
        assert.deepEqual(conflicts.map(({ key }) => key).sort(), expected.conflicts.sort())
      }
      for (const [i, state] of states.entries())
        for (const key of keys)
          assert.equal(await state.get(key), model.value(i, key), `${names[i]} ${key} after ${each.do}`)
    }
  } finally {
    await concord.close()
  }
}

describe('merging', () => {
  const soak = process.env.CONCORD_SOAK === '1'
  const seed = Number(process.env.CONCORD_SEED ?? Date.now() % 2 ** 31)
  const programs = fc.array(step, { minLength: 4, maxLength: 25 })

  it(`ends as each side and each pair's common past say, whatever was undecided (seed ${seed})`, () =>
    fc.assert(
      fc.asyncProperty(programs, (steps) => program(steps)),
      { seed, numRuns: soak ? 2000 : 120 },
    ))

  it(`does so on SQLite (seed ${seed})`, () =>
    fc.assert(
      fc.asyncProperty(programs, async (steps) => {
        const directory = await mkdtemp(join(tmpdir(), 'concord-merging-'))
        try {
          await program(steps, directory)
        } finally {
          await rm(directory, { recursive: true, force: true })
        }
      }),
      { seed, numRuns: soak ? 300 : 10 },
    ))

  it('of a fork with one key undecided leaves what was set back afterwards, and tells no conflict twice', async () => {
    const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
    const main = concord.state('team/main')
    for (const key of ['a', 'b']) await main.set(key, 1)
    const draft = await main.fork('team/draft')
    for (const key of ['a', 'b']) await draft.set(key, 2)
    await main.set('b', 3)
    const told = async () => {
      const { merged, conflicts } = await main.merge('team/draft')
      return { merged, conflicts: conflicts.map(({ key, base }) => [key, base?.value]) }
    }
    assert.deepEqual(await told(), { merged: ['a'], conflicts: [['b', 1]] })
    await main.set('a', 1)
    assert.deepEqual(await told(), { merged: [], conflicts: [['b', 1]] })
    assert.equal(await main.get('a'), 1)
    await main.set('b', 2)
    assert.deepEqual(await told(), { merged: [], conflicts: [] })
    await concord.close()
  })
})
