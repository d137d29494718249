import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent } from '../../src/index.ts'
import { appOf, soleTeam } from './fixture.ts'

const look = agent({
  name: 'look',
  tools: ['corpus_search', 'paper_fetch'],
  attemptsMax: 1,
  run: async (_input, context) => {
    const path = context.goal.params?.corpus ?? ''
    const searched = await context.tool('corpus_search', { query: 'tokens', path })
    const fetched = await context.tool('paper_fetch', { id: 'a.md', path })
    return [searched.failed ?? 'read', fetched.failed ?? 'read']
  },
})

const folderOf = (t: TestContext, inside: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-roots-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['papers', '.hidden', 'papers/.hidden']) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'a.md'), '# Tokens\n\nWe prune tokens in models and say so.')
  }
  return join(folder, inside)
}

const policy = { tools: { paper_fetch: 'allow' } } as const
const looking = { ...soleTeam(look) }
looking.teams!.t = { ...looking.teams!.t!, policy }

describe('a corpus that a goal over HTTP names', () => {
  it('is read in no folder that is not configured, the working directory included', async (t) => {
    const { concord, post, get } = await appOf(t, looking)
    const params = { corpus: 'docs/guides' }
    const { output } = (await (await post('/goal', { goal: 'look', params })).json()) as { output: string[] }
    for (const said of output)
      assert.match(said, /Cannot read docs\/guides.*no folder is allowed.*corpusRoots/)
    // A fork over HTTP is a caller too, of a run that a program of this machine started.
    const local = await concord.run({ text: 'look', params: { corpus: 'docs/guides' } })
    assert.equal((local.output as string[])[0], 'read')
    const forked = await post(`/runs/${local.id}/fork`, { at: 1, params: { corpus: 'docs' } })
    const { runId } = (await forked.json()) as { runId: string }
    const run = await concord.runner.settled(runId)
    assert.match(String((run.output as string[])[0]), /no folder is allowed/)
    assert.equal((await get(`/runs/${runId}`)).status, 200)
  })

  it('is read in a configured folder, and in nothing hidden there', async (t) => {
    const root = folderOf(t, '.')
    const { post } = await appOf(t, { ...looking, toolSettings: { papers: { corpusRoots: [root] } } })
    const asked = async (corpus: string): Promise<string[]> =>
      ((await (await post('/goal', { goal: 'look', params: { corpus } })).json()) as { output: string[] })
        .output
    assert.deepEqual(await asked(join(root, 'papers')), ['read', 'read'])
    for (const hidden of ['.hidden', 'papers/.hidden', '.hidden/a.md', '../'])
      for (const said of await asked(join(root, hidden))) assert.match(said, /corpus must lie in/, hidden)
  })
})
