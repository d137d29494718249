import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inboxStream, runStream } from '../../src/domain/names.ts'
import { agent, openConcord, team } from '../../src/index.ts'
import { volatileStores } from '../../src/stores/volatile/stores.ts'

const first = agent({ name: 'first', run: () => 'read by all' })
const reading = agent<{ item: number }, number>({
  name: 'reading',
  run: async ({ item }, { result, messages }) => {
    assert.equal(result('first'), 'read by all')
    await messages()
    return item
  },
})

/** What a fan-out costs for each item: rows written, events read, summaries read, lists of runs. */
const costOf = async (items: number) => {
  const counted = { events: 0, summaries: 0, lists: 0 }
  await using concord = await openConcord({
    keep: false,
    config: {
      stores: {
        kind: 'memory',
        open: (options) => {
          const stores = volatileStores(options)
          const { log } = stores
          const read = log.read.bind(log)
          const run = log.run.bind(log)
          const runs = log.runs.bind(log)
          log.read = async (...given) => {
            const found = await read(...given)
            counted.events += found.length
            return found
          }
          log.run = (id) => {
            counted.summaries++
            return run(id)
          }
          log.runs = (query) => {
            counted.lists++
            return runs(query)
          }
          return stores
        },
      },
      teams: {
        t: team({
          agents: [first, reading],
          plan: () => [
            { id: 'first', agent: 'first' },
            {
              id: 'each',
              agent: 'reading',
              forEach: Array.from({ length: items }, (_, i) => i),
              payload: { item: { $item: '' } },
              spread: true,
            },
          ],
        }),
      },
    },
  })
  const { id, status } = await concord.run('x')
  assert.equal(status, 'succeeded')
  const each = { ...counted }
  let rows = (await concord.log.version(runStream(id))) + (await concord.log.version(inboxStream(id)))
  for (const { run } of await concord.log.runs({ parent: id, limit: items }))
    rows += await concord.log.version(runStream(run))
  return {
    rows: rows / items,
    events: each.events / items,
    summaries: each.summaries / items,
    lists: each.lists / items,
  }
}

describe('what an item of a spread step costs', () => {
  it('is the same among many as among few: rows, events read, runs looked at', async () => {
    const [few, many] = [await costOf(100), await costOf(1_000)]
    for (const what of ['rows', 'events', 'summaries', 'lists'] as const)
      assert.ok(many[what] <= few[what] * 1.3 + 0.1, `${what}: ${many[what]} against ${few[what]}`)
    assert.ok(many.rows < 8.1, `${many.rows} rows`)
    assert.ok(many.lists < 0.1, `${many.lists} lists of runs`)
  })
})
