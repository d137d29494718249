/**
 * `node worker.ts <directory> <effects> <runsMax> <workMs> [killAt]`: a process that keeps the runs
 * of a folder, with places for `runsMax` of them. Writes "begin <run>" and "end <run>" to the file
 * of effects, and dies by SIGKILL at its nth beginning. Says "ready", and begins when it is told
 * something.
 */
import { appendFileSync } from 'node:fs'
import { agent, openConcord, team } from '../../src/index.ts'

const [directory = '', effects = '', runsMax = '1', workMs = '1', killAt = '0'] = process.argv.slice(2)
let left = Number(killAt)

const worker = agent({
  name: 'worker',
  run: async (_, { runId, step }) => {
    appendFileSync(effects, `begin ${process.pid} ${runId}\n`)
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
    await step('work', () => new Promise<null>((resolve) => setTimeout(resolve, Number(workMs), null)))
    appendFileSync(effects, `end ${process.pid} ${runId}\n`)
    return 'done'
  },
})

const concord = await openConcord({
  role: 'server',
  keep: false,
  config: {
    stores: { directory },
    teams: { t: team({ agents: [worker] }) },
    admission: { runsMax: Number(runsMax) },
  },
})
process.stdin.once('data', () => {
  concord.runner.adopt(100)
  void concord.runner.reconcile()
})
process.stdout.write('ready\n')
