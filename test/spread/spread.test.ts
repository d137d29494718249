import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inboxStream, isItemRun, runStream } from '../../src/domain/names.ts'
import { agent, openConcord, type Step, team } from '../../src/index.ts'

const items = Array.from({ length: 40 }, (_, i) => i)

const double = agent<{ item: number }, number>({
  name: 'double',
  run: async ({ item }, { state }) => {
    await state.increment('sum', item)
    return item * 2
  },
})
const join = agent<{ results: number[] }, number>({
  name: 'join',
  run: ({ results }) => results.reduce((sum, each) => sum + each, 0),
})

const steps = (spread: boolean): Step[] => [
  { id: 'each', agent: 'double', forEach: items, payload: { item: { $item: '' } }, spread },
  { id: 'join', agent: 'join', payload: { results: { $step: 'each' } } },
]

const opened = (spread: boolean) =>
  openConcord({
    keep: false,
    config: {
      stores: { kind: 'memory' },
      teams: { fan: team({ agents: [double, join], plan: () => steps(spread) }) },
    },
  })

describe('a spread step', () => {
  it('has each item executed as a child run, in six rows of its own', async () => {
    await using concord = await opened(true)
    const { id, status, output } = await concord.run('add')
    assert.equal(status, 'succeeded')
    assert.equal(output, 1560)
    assert.equal((await concord.state(`run/${id}`).get('sum')) as number, 780)
    const children = await concord.log.runs({ parent: id, limit: 100 })
    assert.equal(children.length, items.length)
    assert.ok(children.every(({ run, status }) => isItemRun(run) && status === 'succeeded'))
    const rows = await Promise.all(children.map(({ run }) => concord.log.version(runStream(run))))
    assert.deepEqual(new Set(rows), new Set([6]))
    assert.equal(await concord.log.version(inboxStream(id)), 0)
    assert.deepEqual(
      (await concord.runs()).map(({ run }) => run),
      [id],
    )
  })
})
