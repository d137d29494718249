import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { itemMark } from '../../src/domain/names.ts'
import { agent, type Concord, type Json, openConcord, type Step, team } from '../../src/index.ts'

const failing = agent<{ item: number }, number>({
  name: 'failing',
  attemptsMax: 1,
  run: ({ item }) => {
    if (item === 2) throw new Error('not this one')
    return item
  },
})
let hanging = 0
const hang = agent<Json, Json>({
  name: 'hang',
  run: (_, { signal }) => {
    hanging++
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hanging--
        reject(signal.reason)
      })
    })
  },
})
const redone = agent<{ item: number; feedback?: string }, Json>({
  name: 'redone',
  run: ({ item, feedback }) => ({ item, feedback: feedback ?? null }),
})
const strict = agent<{ results: Json[] }, Json>({
  name: 'strict',
  run: ({ results }) => {
    const [items] = results as [{ item: number; feedback: string | null }[]]
    const again = items.findIndex(({ feedback, item }) => item === 1 && feedback === null)
    return again < 0
      ? { met: true, reasons: [], output: items }
      : { met: false, reasons: ['again'], redo: [{ step: `each/${again}`, feedback: 'better' }] }
  },
})

let released = Promise.withResolvers<null>()
let begun = 0
const counting = agent<{ item: number }, number>({
  name: 'counting',
  run: async ({ item }) => {
    begun++
    await released.promise
    return item
  },
})
const nesting = agent<{ item: number }, Json>({
  name: 'nesting',
  run: (_, { delegate }) => delegate('inner', 'below'),
})

const of = (name: string, spread: boolean, more: Partial<Step> = {}): Step[] => [
  { id: 'each', agent: name, forEach: [0, 1, 2, 3], payload: { item: { $item: '' } }, spread, ...more },
]

const open = (spread: boolean, admission = {}): Promise<Concord> =>
  openConcord({
    keep: false,
    config: {
      admission,
      stores: { kind: 'memory' },
      teams: {
        optional: team({ agents: [failing], plan: () => of('failing', spread, { optional: true }) }),
        failing: team({ agents: [failing], plan: () => of('failing', spread) }),
        hang: team({ agents: [hang], plan: () => of('hang', spread) }),
        slow: team({ agents: [counting], plan: () => of('counting', spread) }),
        nesting: team({ agents: [nesting], plan: () => of('nesting', spread) }),
        inner: team({ agents: [failing], plan: () => of('failing', spread, { optional: true }) }),
        redone: team({ agents: [redone], plan: () => of('redone', spread), checker: strict }),
      },
    },
  }) as unknown as Promise<Concord>

const ofBoth = async (told: (concord: Concord) => Promise<Json>): Promise<void> => {
  const seen: Json[] = []
  for (const spread of [false, true]) {
    await using concord = await open(spread)
    seen.push(await told(concord))
  }
  assert.deepEqual(seen[1], seen[0])
}

const ended = async (concord: Concord, name: string): Promise<Json> => {
  const { status, output, failure, spent } = await concord.run({ text: 'x', team: name })
  return { status, output: output ?? null, failure: failure?.message ?? null, steps: spent.steps }
}

const openItems = (concord: Concord): Promise<number> =>
  concord.log.countRuns({ isChild: true, status: ['queued', 'running', 'waiting', 'suspended'] })

const until = async (concord: Concord, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (;;) {
    const committed = Promise.withResolvers<void>()
    const stop = concord.log.onCommit(() => committed.resolve())
    if (await holds()) return stop()
    await Promise.race([committed.promise, new Promise((resolve) => setImmediate(resolve))])
    stop()
  }
}

describe('a spread step ends as one that is not spread', () => {
  it('when an item fails and is optional', () => ofBoth((concord) => ended(concord, 'optional')))
  it('when an item fails the run', () => ofBoth((concord) => ended(concord, 'failing')))
  it('when one item is redone with feedback', () => ofBoth((concord) => ended(concord, 'redone')))

  it('when its run is cancelled: no item is left', async () => {
    await using concord = await open(true)
    const run = await concord.start({ text: 'x', team: 'hang' })
    await until(concord, () => hanging === 4)
    await run.cancel()
    assert.equal((await run.settled()).status, 'cancelled')
    await until(concord, async () => hanging === 0 && (await openItems(concord)) === 0)
  })

  it('when its time is up', async () => {
    await using concord = await open(true)
    const { failure } = await concord.run({ text: 'x', team: 'hang', budget: { timeMs: 200 } })
    assert.equal(failure?.code, 'budget.exhausted')
    await until(concord, async () => hanging === 0 && (await openItems(concord)) === 0)
  })

  it('when it is paused and resumed: what was under way is finished first', async () => {
    await using concord = await open(true)
    released = Promise.withResolvers()
    begun = 0
    const run = await concord.start({ text: 'x', team: 'slow' })
    await until(concord, () => begun === 4)
    await run.pause()
    released.resolve(null)
    assert.equal((await run.settled()).status, 'suspended')
    await run.resume()
    assert.deepEqual(await run.result(), [0, 1, 2, 3])
    assert.equal(begun, 4)
  })

  it('with one place for items and one for runs, where each item hands work to a team that spreads', async () => {
    await using concord = await open(true, { itemsMax: 1, runsMax: 1 })
    const output = await concord.result({ text: 'x', team: 'nesting' })
    assert.deepEqual(output, Array(4).fill([0, 1, null, 3]))
  })

  it('when it is forked: the fork has items of its own', async () => {
    await using concord = await open(true)
    const { id } = await concord.run({ text: 'x', team: 'redone' })
    const first = (await concord.events(id)).findIndex(({ type }) => type === 'step.started') + 1
    const fork = await concord.fork(id, { at: first })
    assert.deepEqual(await fork.result(), (await (await concord.handle(id)).view()).output)
    const items = await concord.log.runs({ parent: fork.id })
    assert.ok(items.length >= 4 && items.every(({ run }) => run.startsWith(`${fork.id}${itemMark}`)))
  })
})
