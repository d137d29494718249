/**
 * `node worker.ts <directory> <effects> <items>`: a process that keeps the runs of a folder. Writes
 * "<pid> <key>" to the file of effects when an item is executed. Says "ready", and starts a
 * run that fans out when it is told something.
 */
import { appendFileSync } from 'node:fs'
import { agent, openConcord, team } from '../../src/index.ts'

const [directory = '', effects = '', items = '1'] = process.argv.slice(2)

const worker = agent<{ item: number }, number>({
  name: 'worker',
  run: ({ item }, { step }) =>
    step('effect', (key) => {
      appendFileSync(effects, `${process.pid} ${key}\n`)
      return item
    }),
})
const sum = agent<{ results: number[] }, number>({
  name: 'sum',
  run: ({ results }) => results.reduce((all, each) => all + each, 0),
})

const concord = await openConcord({
  role: 'server',
  keep: false,
  config: {
    stores: { directory },
    teams: {
      fan: team({
        agents: [worker, sum],
        bounds: { concurrency: 32 },
        plan: () => [
          {
            id: 'each',
            agent: 'worker',
            forEach: Array.from({ length: Number(items) }, (_, i) => i),
            payload: { item: { $item: '' } },
            concurrency: 32,
            spread: true,
          },
          { id: 'sum', agent: 'sum', payload: { results: { $step: 'each' } } },
        ],
      }),
    },
  },
})
concord.runner.adopt(200)
process.stdin.once('data', () => void concord.start('fan out', { id: 'fan' }))
process.stdout.write('ready\n')
