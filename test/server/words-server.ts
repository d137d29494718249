import { openConcord, team } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'

/** A server as a process that a test can kill: directory, then the addresses of planner, worker and checker. */
const [directory = '', planner = '', worker = '', checker = ''] = process.argv.slice(2)

const concord = await openConcord({
  role: 'server',
  config: {
    team: 'words',
    stores: { directory },
    agents: { planner: { url: planner }, worker: { url: worker }, checker: { url: checker } },
    teams: { words: team({ planner: 'planner', agents: ['worker'], checker: 'checker' }) },
  },
})
const { url } = await serve(concord, { port: 0 })
console.log(url)
