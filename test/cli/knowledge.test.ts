import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
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
    const skippedFiles = [
      { path: 'notes/empty.md', reason: 'blank' },
      { path: 'notes/image.png', reason: 'files of kind .png are not read' },
    ]
    const counts = { created: 2, embedded: 0, skippedFiles }
    assert.deepEqual([added.code, JSON.parse(added.stdout)], [0, counts])
    const again = await concord('knowledge', 'add', 'notes', '--subject', 'p17')
    assert.match(again.stdout, /^1 unchanged, 2 skipped/)
    assert.match(again.stderr, /^skipped notes\/empty\.md: blank$/m)
    const found = await concord('knowledge', 'search', 'monitor', 'warfarin')
    assert.match(found.stdout, /^drugs {2}[\d.]+\n.*Warfarin needs monitoring/)
    assert.match(found.stdout, /notes\/drugs\.md, characters 0 to 45; lexical 1\.00/)
    const [hit] = JSON.parse((await concord('knowledge', 'search', 'warfarin', '--json')).stdout)
    assert.deepEqual([hit.document.subject, hit.document.source], ['p17', 'notes/drugs.md'])
    assert.match((await concord('knowledge', 'stats')).stdout, /^2 documents, 2 parts/)
    assert.match((await concord('knowledge', 'forget', '--subject', 'p17')).stdout, /Forgot 2/)
    assert.match((await concord('knowledge', 'search', 'warfarin')).stderr, /Nothing found/)
  })

  it('adds all of a folder that has text, and names what it skips', async () => {
    const { folder, concord } = project(wordsOnly)
    const at = (name: string) => join(folder, 'notes', name)
    mkdirSync(at('deeper/deep'), { recursive: true })
    writeFileSync(at('plain.md'), 'Apricots are plain.')
    writeFileSync(
      at('deeper/deep/page.html'),
      '<!doctype html><html><head><title>Page</title></head><body><p>Bananas are on the page.</p></body></html>',
    )
    writeFileSync(at('utf16le.txt'), Buffer.from('\ufeffCherries für alle.', 'utf16le'))
    writeFileSync(at('utf16be.txt'), Buffer.from('\ufeffDamsons für alle.', 'utf16le').swap16())
    writeFileSync(at('latin1.txt'), Buffer.from('Elderberries für alle.', 'latin1'))
    writeFileSync(at('binary.txt'), Buffer.from([1, 0, 2, 0, 3]))
    writeFileSync(at('broken.pdf'), '%PDF-1.4 nothing')
    writeFileSync(at('table.csv'), 'a,b')
    symlinkSync(at('nowhere.md'), at('dangling.md'))
    symlinkSync(at('deeper'), at('deeper/deep/circle'))
    symlinkSync(at('self.md'), at('self.md'))
    symlinkSync(folder, at('out'))
    const added = await concord('knowledge', 'add', 'notes', '--json')
    assert.equal(added.code, 0, added.stderr)
    const { skippedFiles, created } = JSON.parse(added.stdout)
    assert.equal(created, 5, added.stdout)
    const reasons = Object.fromEntries(
      skippedFiles.map(({ path, reason }: { path: string; reason: string }) => [path, reason]),
    )
    assert.match(reasons['notes/broken.pdf'], /./)
    delete reasons['notes/broken.pdf']
    assert.deepEqual(reasons, {
      'notes/binary.txt': 'not text: binary content',
      'notes/dangling.md': 'a link that leads nowhere',
      'notes/out': 'a link that leads out of the corpus',
      'notes/self.md': 'a link that leads to itself',
      'notes/table.csv': 'files of kind .csv are not read',
    })
    for (const [word, text] of [
      ['apricots', 'Apricots are plain.'],
      ['bananas', 'Bananas are on the page.'],
      ['cherries', 'Cherries für alle.'],
      ['damsons', 'Damsons für alle.'],
      ['elderberries', 'Elderberries für alle.'],
    ] as const) {
      const [hit] = JSON.parse((await concord('knowledge', 'search', word, '--json')).stdout)
      assert.ok(hit?.text.includes(text), `${word}: ${hit?.text}`)
    }
    const named = await concord('knowledge', 'add', 'notes/binary.txt')
    assert.equal(named.code, 2)
    assert.match(named.stderr, /must hold text: not text: binary content/)
    assert.equal((await concord('knowledge', 'add', 'notes/table.csv')).code, 0)
    const missing = await concord('knowledge', 'add', 'notes/nowhere.md')
    assert.match(missing.stderr, /there is none/)
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
