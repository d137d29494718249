import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { printedWay, project, root } from './project.ts'

const config = `
import { agent, defineConfig, team } from '${pathToFileURL(join(root, 'src/index.ts')).href}'
const look = async (input, context) => {
  await context.ask('Go on?')
  const { output, failed } = await context.tool('corpus_search', { query: 'tokens', path: context.goal.params.corpus })
  if (failed !== undefined) throw new Error(failed)
  return output.papers.map(({ title }) => title).join()
}
export default defineConfig({
  team: 'looking',
  teams: {
    looking: team({ agents: [agent({ name: 'look', tools: ['corpus_search'], attemptsMax: 1, run: look })] }),
    handing: team({ agents: [agent({ name: 'boss', run: (input, context) => context.delegate('looking', 'look', { params: context.goal.params }) })] }),
  },
})
`

const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'concord-corpus-')))
after(() => rmSync(elsewhere, { recursive: true, force: true }))
mkdirSync(join(elsewhere, 'papers'))
writeFileSync(join(elsewhere, 'papers/a.md'), '# Pruning\n\nWe prune tokens in models.')
const corpus = join(elsewhere, 'papers')

describe('a run that was started with --corpus, a folder elsewhere', () => {
  it('may read it when another process goes on with it, and so may its fork and its child runs', async () => {
    const { concord } = project(config)
    for (const team of ['looking', 'handing']) {
      assert.equal((await concord('run', 'look', '--team', team, '--corpus', corpus)).code, 4)
      const waiting = await concord('resume', 'last')
      const answered = await concord(...printedWay(waiting.stderr, 'answer'), 'yes')
      assert.equal(answered.code, 0, answered.stderr)
      assert.match((await concord('runs', '--json')).stdout, /"succeeded"/)
    }
    const forked = await concord('fork', 'last', '--at', '2')
    assert.equal(forked.code, 4, forked.stderr)
    assert.equal((await concord(...printedWay(forked.stderr, 'answer'), 'yes')).code, 0)
  })

  it('reads nothing there when only a parameter names it', async () => {
    const { concord } = project(config)
    const waiting = await concord('run', 'look', '--param', `corpus=${corpus}`)
    assert.equal(waiting.code, 4)
    const { code, stderr } = await concord(...printedWay(waiting.stderr, 'answer'), 'yes')
    assert.equal(code, 1)
    assert.match(stderr, /as a corpus must lie in .*start the run with --corpus/)
  })
})
