/**
 * A process whose steps kill it: takes over what is open in `directory`, and says `done` when all of it has ended.
 * Each execution of a step leaves a line in `{directory}/effects`.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'

const [directory = ''] = process.argv.slice(2)
const note = (line: string) => appendFileSync(join(directory, 'effects'), `${line}\n`)
const die = () => process.kill(process.pid, 'SIGKILL')
const ever = () => new Promise<never>(() => setInterval(() => {}, 1 << 30))

const item = agent<number, number>({
  name: 'item',
  run: async (n, context) => {
    note(`${context.runId} item ${n}`)
    // Others are at work when the one that kills does.
    await new Promise((resolve) => setTimeout(resolve, 100))
    if (n !== 3) return n
    die()
    return ever()
  },
})
const deadly = agent({
  name: 'deadly',
  run: async (_input, context) => {
    note(`${context.runId} ${context.stepId}`)
    await context.step('recorded', () => 1)
    die()
    return ever()
  },
})
const slow = agent({
  name: 'slow',
  run: async (_input, context) => {
    note(`${context.runId} slow`)
    await new Promise((resolve) => setTimeout(resolve, 400))
    return 'slept'
  },
})
const after = agent({ name: 'after', run: () => 'the plan went on' })
const boss = agent({ name: 'boss', attemptsMax: 1, run: (_input, { delegate }) => delegate('deadly', 'go') })

const config: ConcordConfig = {
  stores: { directory },
  teams: {
    items: team({
      agents: [item, after],
      plan: () => [
        { id: 'each', agent: 'item', forEach: [0, 1, 2, 3, 4, 5], optional: true },
        { id: 'after', agent: 'after' },
      ],
    }),
    deadly: team({ agents: [deadly], plan: () => [{ id: 'kills', agent: 'deadly' }] }),
    planning: team({ agents: [after], planner: { ...deadly, name: 'planner' } }),
    parent: team({ agents: [boss], plan: () => [{ id: 'a', agent: 'boss' }] }),
    innocent: team({ agents: [slow], plan: () => [{ id: 's', agent: 'slow' }] }),
  },
}

const concord = await openConcord({ config })
concord.runner.adopt(50)
const goals = process.argv.slice(3)
for (const name of goals) await concord.start({ text: 'x', team: name.split('-')[0] ?? '' }, { id: name })
await concord.runner.reconcile()
await Promise.all(goals.map((id) => concord.runner.settled(id)))
await concord.close()
console.log('done')
