import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'

const script = `
const { openConcord } = await import(process.argv[1])
const concord = await openConcord({ config: { stores: { directory: process.argv[2] }, embedder: 'none' } })
let text = ''
for (let i = 0; text.length < 900_000; i++)
  text += \`Sentence \${i} says that lamp \${i % 97} of the \${['cellar', 'attic'][i % 2]} is \${(i * 7) % 13} metres from the door. \`
await concord.knowledge().add({ text })
const question = 'which lamp of the cellar is near the door'
const search = () => concord.knowledge().search(question, { limit: 200, neighbours: 3, diversity: 1 })
const all = await Promise.all(Array.from({ length: 6 }, search))
console.log(JSON.stringify(all.map((hits) => [hits.length, hits.every(({ context }) => context.text.length > 0)])))
await concord.close()
`

it('six searches of 200 hits in a document of 900 KB fit into 192 MB of heap', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-large-'))
  try {
    const entry = join(import.meta.dirname, '../../index.ts')
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--max-old-space-size=192', '--input-type=module', '-e', script, entry, folder],
      { encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr.slice(0, 2000))
    assert.deepEqual(JSON.parse(stdout), Array(6).fill([200, true]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
