/**
 * A process with runs under way: `node worker.ts <directory> start <n>` starts n runs whose step waits for the file `open`, and says
 * `ready` when all are at work; `... take` takes over what is open, says how long that took and how many it has, and stays.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { agent, openConcord, team } from '../../src/index.ts'

const [directory = '', what = '', count = '0'] = process.argv.slice(2)
let begun = 0
const all = Promise.withResolvers<void>()
const gate = agent({
  name: 'gate',
  run: async (_input, { signal }) => {
    if (++begun === Number(count)) all.resolve()
    while (!existsSync(join(directory, 'open'))) {
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return 'done'
  },
})
const concord = await openConcord({
  role: 'server',
  // It is said below when it begins.
  keep: false,
  config: { stores: { directory }, teams: { t: team({ agents: [gate] }) } },
})
if (what === 'start') {
  const starts = Array.from({ length: Number(count) }, (_, i) =>
    concord.start({ text: 'x', team: 't' }, { id: `run${i}` }),
  )
  await Promise.all(starts)
  await all.promise
  console.log('ready')
} else {
  concord.runner.adopt()
  const began = performance.now()
  const taken = await concord.runner.reconcile()
  console.log(JSON.stringify({ taken: taken.length, ms: Math.round(performance.now() - began) }))
}
setInterval(() => {}, 1 << 30)
