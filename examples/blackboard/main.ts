/**
 * A mystery of a web shop, solved on a blackboard: orders vanish, four agents look at what they
 * understand, and what one of them finds brings the next one in. No planner, no plan.
 * `npx node examples/blackboard/main.ts`
 */
import assert from 'node:assert/strict'
import { agent, openConcord, team } from '@concord-agents/concord'
import { blackboard } from './blackboard.ts'

const log = [
  '09:58 deploy web 4.2',
  '10:01 order 501 stored',
  '10:02 order 502 lost: currency is undefined',
  '10:03 order 503 stored',
  '10:04 order 504 lost: currency is undefined',
]
const orders: { [id: number]: { country: string } } = {
  501: { country: 'DE' },
  502: { country: 'CH' },
  503: { country: 'FR' },
  504: { country: 'CH' },
}

/** What an agent returns under `writes` is on the board in the commit that ends its task. */
const found = (key: string, value: string | number[]) => ({ output: value, writes: [{ key, value }] })

const reader = agent({
  name: 'reader',
  description: 'Reads the log for orders that were lost.',
  run: () =>
    found(
      'lost',
      log.flatMap((line) => (line.includes(' lost') ? [Number(/order (\d+)/.exec(line)?.[1])] : [])),
    ),
})
const historian = agent({
  name: 'historian',
  description: 'Knows what changed before it began.',
  run: () => found('change', log.find((line) => line.includes('deploy')) ?? 'nothing'),
})
const clerk = agent({
  name: 'clerk',
  description: 'Finds what the orders have in common.',
  run: ({ lost }: { lost: number[] }) =>
    found('pattern', `all from ${[...new Set(lost.map((id) => orders[id]?.country))].join(', ')}`),
})
const engineer = agent({
  name: 'engineer',
  description: 'Names a cause when there is a change and a pattern.',
  run: ({ change, pattern }: { change: string; pattern: string }) =>
    found('cause', `since "${change}" orders without a currency are lost: ${pattern}`),
})

const concord = await openConcord({
  config: {
    stores: { kind: 'memory' },
    teams: {
      shop: team({
        agents: [reader, historian, clerk, engineer],
        strategy: blackboard({
          keys: ['lost', 'change', 'pattern', 'cause'],
          volunteers: [
            { agent: 'reader', offers: ({ lost }) => (lost === undefined ? {} : undefined) },
            { agent: 'historian', offers: ({ lost }) => (lost === undefined ? undefined : {}) },
            { agent: 'clerk', offers: ({ lost }) => (lost === undefined ? undefined : { lost }) },
            {
              agent: 'engineer',
              offers: ({ change, pattern }) =>
                change === undefined || pattern === undefined ? undefined : { change, pattern },
            },
          ],
          done: ({ cause }) => cause,
        }),
      }),
    },
  },
})
const run = await concord.run('Why do orders vanish?')
const worked = (await concord.events(run.id)).flatMap((event) =>
  event.type === 'step.succeeded' ? [event.agent] : [],
)
await concord.close()
console.log(`${worked.join(' -> ')}\n${run.output}`)
assert.equal(run.status, 'succeeded', run.failure?.message)
assert.equal(run.output, 'since "09:58 deploy web 4.2" orders without a currency are lost: all from CH')
assert.deepEqual([worked[0], worked[3]], ['reader', 'engineer'])
