import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { project, root, urlOf } from '../cli/project.ts'
import { hostileDocuments } from './hostile-documents.ts'

const config = `
import { agent, defineConfig, team } from '${pathToFileURL(join(root, 'src/index.ts')).href}'
const look = async (input, context) => {
  const { output, failed } = await context.tool('corpus_search', { query: 'tokens', path: context.goal.params.corpus })
  if (failed !== undefined) throw new Error(failed)
  return output.papers.map(({ id }) => id)
}
export default defineConfig({
  team: 'looking',
  toolSettings: { papers: { corpusRoots: ['papers'], documentMsMax: 1200, parserBytesMax: 400_000_000 } },
  teams: { looking: team({ agents: [agent({ name: 'look', tools: ['corpus_search'], attemptsMax: 1, run: look })] }) },
})
`

/** Asks for `/health` until `done`; returns the longest answer in ms. */
const watchHealth = async (url: string, done: () => boolean): Promise<number> => {
  let worst = 0
  while (!done()) {
    const begun = performance.now()
    assert.equal((await fetch(`${url}/health`)).status, 200)
    worst = Math.max(worst, performance.now() - begun)
  }
  return worst
}

const peakBytes = (pid: number): number | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
  } catch {
    return undefined
  }
}

/** A server is asked to search these documents; it answers `/health` within a second and finds the good one. */
export const searchedWhileHealthy = async (names: readonly string[]): Promise<void> => {
  const { folder, start } = project(config)
  mkdirSync(join(folder, 'papers'))
  for (const name of names) writeFileSync(join(folder, 'papers', name), hostileDocuments[name]!())
  const server = start('serve', '--port', '0')
  const url = await urlOf(server)
  let over = false
  const asked = fetch(`${url}/goal`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ goal: 'look', params: { corpus: 'papers' } }),
  }).then(async (response) => response.json())
  const [answer, worstMs] = await Promise.all([
    asked.finally(() => {
      over = true
    }),
    watchHealth(url, () => over),
  ])
  const { status, output } = answer as { status: string; output: string[] }
  assert.equal(status, 'success', JSON.stringify(answer))
  assert.ok(output.includes('good.md'), JSON.stringify(output))
  assert.ok(worstMs < 1000, `/health took ${worstMs} ms`)
  const peak = peakBytes(server.child.pid!)
  if (peak !== undefined) assert.ok(peak < 600_000_000, `the server took ${peak} bytes`)
  server.child.kill('SIGTERM')
  assert.equal((await server.ended).code, 0)
}
