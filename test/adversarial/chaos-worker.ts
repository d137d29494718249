/**
 * A process of the chaos test: opens the store, starts the runs it is given and takes over what nobody advances, until it is killed.
 * `node chaos-worker.ts <directory> <effects> <seed> <runs> <run index>...`
 */
import { appendFileSync } from 'node:fs'
import { openConcord } from '../../src/index.ts'
import { chaosTeams } from './chaos-teams.ts'

const [directory = '', effects = '', seed = '', runs = '', ...starting] = process.argv.slice(2)
const note = (line: string): void => appendFileSync(effects, `${line}\n`)
const concord = await openConcord({
  config: { stores: { directory }, teams: chaosTeams(Number(seed), Number(runs), note) },
})
concord.runner.adopt(100)
process.stdout.write('opened\n')
for (const i of starting)
  await concord.start({ text: 'go', team: `chaos${i}`, budget: { tokens: 200_000 } }, { id: `run${i}` })
setInterval(() => {}, 1000)
