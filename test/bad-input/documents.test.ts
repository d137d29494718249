import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { documentReader } from '../../src/tools/papers/document-reader.ts'
import { loadCorpus } from '../../src/tools/papers/documents.ts'
import { hostileDocuments } from './hostile-documents.ts'
import { searchedWhileHealthy } from './hostile-server.ts'

const folderOf = (files: { [name: string]: string | Buffer }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-hostile-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Reading processes of this one. */
const children = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
        return parent === `${process.pid}` && state !== 'Z'
      } catch {
        return false
      }
    })
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('document-process'))

describe('hostile documents', () => {
  it('neither block nor kill a server that is asked to search them', { timeout: 120_000 }, async () => {
    // One of each way to harm; npm run soak has them all.
    const names = ['disguised.docx', 'flate.pdf', 'brackets.md', 'long-line.jsonl', 'good.md']
    await searchedWhileHealthy(names)
  })

  it('are named with the reason when their parser was killed, and those after them are read', async () => {
    const folder = folderOf({
      'a.md': '# First\n\nA document before the others, with some words in it.',
      'bomb.docx': hostileDocuments['disguised.docx']!(),
      'slow.md': hostileDocuments['brackets.md']!(),
      'z.md': '# Last\n\nA document after the others, with some words in it.',
    })
    const limits = { documentMsMax: 2000, parserBytesMax: 300_000_000 }
    const { papers, skipped } = await loadCorpus(folder, { limits })
    assert.deepEqual(
      papers.map(({ id }) => id),
      ['a.md', 'z.md'],
    )
    assert.deepEqual(
      skipped.map(({ path }) => path),
      ['bomb.docx', 'slow.md'],
    )
    assert.match(skipped[0]!.reason, /more than 300000000 bytes of memory|longer than 2000 ms/)
    assert.match(skipped[1]!.reason, /longer than 2000 ms/)
  })

  it('end the reading of a corpus that has too many of them, which is said', async () => {
    const folder = folderOf({
      'a.md': hostileDocuments['brackets.md']!(),
      'b.md': hostileDocuments['brackets.md']!(),
      'c.md': '# Third\n\nA document after the others, with some words in it.',
    })
    const limits = { documentMsMax: 300, killedMax: 2 }
    await assert.rejects(loadCorpus(folder, { limits }), {
      code: 'corpus.unreadable',
      message: /2 documents had to be given up/,
    })
  })

  it('leaves no reading process behind, whether it ended, failed or was aborted', {
    skip: process.platform !== 'linux' && 'processes are listed in /proc',
  }, async () => {
    const folder = folderOf({ 'a.md': hostileDocuments['brackets.md']!() })
    await assert.rejects(loadCorpus(folder, { signal: AbortSignal.timeout(400) }), { name: 'TimeoutError' })
    await assert.rejects(loadCorpus(folder, { limits: { documentMsMax: 200 } }), {
      code: 'corpus.unreadable',
    })
    for (let tries = 0; tries < 1000 && children().length > 0; tries += 1) await setImmediate()
    assert.deepEqual(children(), [])
  })

  it('have their time of a processor: a harmless one may wait longer for it', {
    skip: process.platform !== 'linux' && 'processes are listed in /proc',
  }, async () => {
    const folder = folderOf({ 'a.md': '# First\n\nA document with some words in it.' })
    const file = { absolute: join(folder, 'a.md'), path: 'a.md', kind: 'markdown' as const }
    const reader = documentReader({ documentMsMax: 1000 })
    after(() => reader.close())
    const read = () => reader.file({ ...file, bytes: 1, modifiedMs: 0 }, { pagesMax: 1, recordsMax: 1 })
    await read()
    const [child] = children()
    const again = read()
    process.kill(child!, 'SIGSTOP')
    setTimeout(() => process.kill(child!, 'SIGCONT'), 1500)
    assert.equal((await again).papers.length, 1)
    assert.deepEqual(children(), [child])
  })
})
