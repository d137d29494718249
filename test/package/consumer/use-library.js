// Plain JavaScript of somebody who installed the package; checks itself. Reads every tool that starts a thread or process.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { agent, openConcord, team } from '@concord-agents/concord'

const db = new DatabaseSync('shop.db')
db.exec(
  'CREATE TABLE IF NOT EXISTS sold (pieces INTEGER); DELETE FROM sold; INSERT INTO sold VALUES (3), (4)',
)
db.close()
writeFileSync('notes.txt', 'one\nthe needle is here\n')
mkdirSync('papers', { recursive: true })
writeFileSync('papers/a.md', '# Tokens\n\nWe prune tokens in models, in a document of our own.\n')

const reader = agent({
  name: 'reader',
  tools: ['sql', 'search_files', 'corpus_search', 'code', 'calculator'],
  run: async (_input, ctx) => ({
    sql: await ctx.tool('sql', { sql: 'SELECT sum(pieces) AS pieces FROM sold' }),
    files: await ctx.tool('search_files', { pattern: 'needle' }),
    corpus: await ctx.tool('corpus_search', { query: 'hallucination', max: 3 }),
    documents: await ctx.tool('corpus_search', { query: 'tokens', path: 'papers' }),
    code: await ctx.tool('code', { code: 'return input * 6', input: 7 }),
    calculator: await ctx.tool('calculator', { expression: '6 * 7' }),
  }),
})
const concord = await openConcord({
  config: {
    teams: { shop: team({ agents: [reader], policy: { tools: { code: 'allow' } } }) },
    toolSettings: { sql: { file: 'shop.db' }, files: { root: '.' } },
  },
})
const seen = await concord.result({ text: 'Look around', team: 'shop' })
await concord.close()

const withQuickjs = process.argv.includes('--quickjs')
for (const [name, observation] of Object.entries(seen))
  if (name !== 'code' || withQuickjs) assert.equal(observation.failed, undefined, JSON.stringify(observation))
assert.deepEqual(seen.sql.output.rows, [[7]])
assert.equal(seen.corpus.output.papers.length, 3)
assert.equal(seen.documents.output.papers[0].id, 'a.md')
assert.match(JSON.stringify(seen.files.output), /the needle is here/)
if (withQuickjs) assert.equal(seen.code.output.result, 42)
else assert.match(JSON.stringify(seen.code), /npm install quickjs-emscripten/)
console.log('the library works')
