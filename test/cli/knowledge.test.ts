import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { project } from './project.ts'

const wordsOnly = `export default { embedder: 'none' }`

describe('concord knowledge', () => {
  it('adds files, finds the passage, says where it stands, and forgets', async () => {
    const { folder, concord } = project(wordsOnly)
    mkdirSync(join(folder, 'notes'))
    writeFileSync(join(folder, 'notes/drugs.md'), 'Aspirin is common. Warfarin needs monitoring.')
    writeFileSync(join(folder, 'notes/image.png'), 'not text')
    writeFileSync(join(folder, 'notes/empty.md'), '\n')
    writeFileSync(join(folder, 'weather.txt'), 'It rained all day.')
    const added = await concord('knowledge', 'add', 'notes', 'weather.txt', '--subject', 'p17', '--json')
    assert.deepEqual([added.code, JSON.parse(added.stdout)], [0, { blank: 1, created: 2, embedded: 0 }])
    const again = await concord('knowledge', 'add', 'notes', '--subject', 'p17')
    assert.match(again.stdout, /^1 unchanged, 1 blank/)
    const found = await concord('knowledge', 'search', 'monitor', 'warfarin')
    assert.match(found.stdout, /^drugs {2}[\d.]+\n.*Warfarin needs monitoring/)
    assert.match(found.stdout, /notes\/drugs\.md, characters 0 to 45; lexical 1\.00/)
    const [hit] = JSON.parse((await concord('knowledge', 'search', 'warfarin', '--json')).stdout)
    assert.deepEqual([hit.document.subject, hit.document.source], ['p17', 'notes/drugs.md'])
    assert.match((await concord('knowledge', 'stats')).stdout, /^2 documents, 2 parts/)
    assert.match((await concord('knowledge', 'forget', '--subject', 'p17')).stdout, /Forgot 2/)
    assert.match((await concord('knowledge', 'search', 'warfarin')).stderr, /Nothing found/)
  })

  it('makes no store by looking for one, and says what to do', async () => {
    const { folder, concord } = project(wordsOnly)
    for (const args of [['search', 'x'], ['stats'], ['forget', 'x'], ['embed']]) {
      const { code, stderr } = await concord('knowledge', ...args)
      assert.notEqual(code, 0)
      assert.match(stderr, /there is no knowledge in .*add something first/)
    }
    assert.equal(existsSync(join(folder, '.concord')), false)
  })

  it('embeds anew when asked, and says why when it cannot', async () => {
    const { folder, concord } = project(wordsOnly)
    writeFileSync(join(folder, 'a.txt'), 'The cat sleeps on the sofa all day.')
    assert.equal((await concord('knowledge', 'add', 'a.txt')).code, 0)
    assert.match((await concord('knowledge', 'embed')).stderr, /there is no embedder: it is "none"/)
    writeFileSync(join(folder, 'concord.config.ts'), `export default { embedder: 'offline' }`)
    const { stdout } = await concord('knowledge', 'embed', '--replace', '--json')
    const { embedder, ...counts } = JSON.parse(stdout)
    assert.deepEqual(counts, { embedded: 1, skipped: 0 })
    assert.match((await concord('knowledge', 'stats')).stdout, new RegExp(`1 vectors of ${embedder}`))
    assert.match((await concord('knowledge', 'search', 'napping kitten')).stdout, /cat sleeps/)
    assert.match((await concord('knowledge', 'search', 'xyzzy')).stderr, /Nothing found/)
  })

  it('says what is wrong', async () => {
    const { concord } = project(wordsOnly)
    for (const [args, message] of [
      [['serch', 'x'], /did you mean "search"/],
      [['search'], /no question is given/],
      [['search', 'x', '--limit', '0'], /--limit is a number from 1/],
      [['forget'], /neither ids nor a subject/],
      [['add', '-'], /a text says something: it is blank; give its text/],
      [['add', 'no-such-file'], /there is none; check the path/],
    ] as const) {
      const { code, stderr } = await concord('knowledge', ...args)
      assert.equal(code, 2)
      assert.match(stderr, message)
    }
  })
})
