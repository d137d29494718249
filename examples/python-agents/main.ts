/**
 * A team whose planner, worker and checker are Python programs of fifteen lines, standard library only, that know nothing of Concord.
 * The worker counts letters until the checker sends its work back with feedback. `npx node examples/python-agents/main.ts`
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openConcord, team } from '@concord-agents/concord'

const processes: ChildProcess[] = []

const python = async (name: string): Promise<{ url: string }> => {
  const script = fileURLToPath(new URL(`./${name}.py`, import.meta.url))
  const child = spawn('python3', [script], { stdio: ['ignore', 'pipe', 'ignore'] })
  processes.push(child)
  const [port] = await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${String(port).trim()}/run` }
}

try {
  const concord = await openConcord({
    config: {
      stores: { kind: 'memory' },
      agents: {
        planner: await python('planner'),
        worker: await python('worker'),
        checker: await python('checker'),
      },
      teams: { counting: team({ agents: ['worker'], planner: 'planner', checker: 'checker' }) },
    },
  })
  const run = await concord.run({
    text: 'Count the words.',
    team: 'counting',
    params: { texts: ['one two three', 'four five six seven'] },
  })
  assert.deepEqual(run.output, { words: 7 }, run.failure?.message)
  console.log('words counted by three Python agents:', run.output)
  await concord.close()
} finally {
  for (const child of processes) child.kill()
}
