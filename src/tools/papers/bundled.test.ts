import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

/** The module where a build would put it: dist/tools/papers beside the package's data. */
const packed = async () => {
  const root = await mkdtemp(join(tmpdir(), 'concord-packed-'))
  const source = new URL('../..', import.meta.url)
  for (const file of ['tools/papers/bundled.ts', 'tools/papers/paper.ts', 'domain'])
    await cp(new URL(file, source), join(root, 'dist', file), { recursive: true })
  const load = async () => {
    const { bundledCorpus } = await import(pathToFileURL(join(root, 'dist/tools/papers/bundled.ts')).href)
    return bundledCorpus()
  }
  return { root, load, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}

test('finds its corpus from a built package, and says what is missing until it is there', async () => {
  await using it = await packed()
  await assert.rejects(it.load(), { code: 'corpus.unreadable', message: /install the package again/ })
  await mkdir(join(it.root, 'data/corpus'), { recursive: true })
  const row = {
    id: '2501.00001',
    title: 'T',
    abstract: 'A',
    authors: [],
    categories: [],
    published: '2025-01-01',
  }
  await writeFile(join(it.root, 'data/corpus/multimodal-llm.jsonl'), `${JSON.stringify(row)}\n`)
  assert.deepEqual(await it.load(), [
    {
      ...row,
      url: 'https://arxiv.org/abs/2501.00001',
      pdfUrl: 'https://arxiv.org/pdf/2501.00001',
      source: 'bundled',
    },
  ])
})
