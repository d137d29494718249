/**
 * `node wake-worker.ts <directory> <effects> [cursor|run|step] [nth]`: a server with an agent that reacts to `order:*`. Says "ready", and dies by SIGKILL at the nth commit of a
 * wake's cursor (its run does not exist yet), of a run, or when its agent is executed for the nth time.
 */
import { appendFileSync } from 'node:fs'
import { agent, openConcord, team } from '../../src/index.ts'

const [directory = '', effects = '', killOn = '', nth = '1'] = process.argv.slice(2)
let left = Number(nth)
const dieAt = (point: string): void => {
  if (point === killOn && --left === 0) process.kill(process.pid, 'SIGKILL')
}

const reacting = agent({
  name: 'reacting',
  wakeOn: [{ state: 'order:*' }, { state: 'batch:*', coalesce: true }],
  run: (input) => {
    const { changes } = input as { changes: { key: string; sequence: number }[] }
    dieAt('step')
    for (const { key, sequence } of changes) appendFileSync(effects, `${key} ${sequence}\n`)
    return changes.map(({ key }) => key)
  },
})

const concord = await openConcord({
  role: 'server',
  // It is said below when it begins.
  keep: false,
  config: { stores: { directory }, teams: { t: team({ agents: [reacting] }) } },
})
concord.log.onCommit(({ streams }) => {
  if (streams.some((stream) => stream.startsWith('state/wake/'))) dieAt('cursor')
  if (streams.some((stream) => stream.startsWith('run/wake-'))) dieAt('run')
})
concord.runner.adopt(100)
await concord.runner.reconcile()
await concord.watchers.start()
process.stdout.write('ready\n')
process.on('SIGTERM', () => void concord.close('stopped').then(() => process.exit(0)))
setInterval(() => {}, 60_000)
