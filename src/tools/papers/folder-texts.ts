import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { type CorpusFile, corpusKinds, corpusLimits, type Kinds, listCorpus } from './corpus-files.ts'
import { decodeText } from './decode.ts'
import { type DocumentReader, documentReader } from './document-reader.ts'
import { oneLine } from './paper.ts'

/** A file's text, or why it has none; `path` leads to the file from where the given path does. */
export type FolderText = { path: string } & ({ text: string; title?: string } | { skipped: string })

const textKinds = ['.md', '.markdown', '.mdx', '.txt', '.text', '.rst', '']
const parsed = ['.pdf', '.html', '.htm', '.xhtml', '.docx']

/** Text is taken as it is written; PDF, HTML and docx are parsed. */
const kinds: Kinds = {
  ...Object.fromEntries(parsed.map((extension) => [extension, corpusKinds[extension]!])),
  ...Object.fromEntries(textKinds.map((extension) => [extension, 'text' as const])),
}

/**
 * The texts of a file or of all files of a folder, in the order of their paths: UTF-8, UTF-16 with
 * a byte order mark, else Windows-1252; PDF, HTML and docx by their parsers. What has no text comes
 * with its reason, links that lead nowhere, in a circle or out of the folder too; hidden files and
 * `node_modules` are passed over. A file that is named is taken for text whatever its ending.
 * Throws `corpus.unreadable` when the path itself leads nowhere.
 */
export async function* folderTexts(path: string): AsyncGenerator<FolderText> {
  const ending = extname(path).toLowerCase()
  const own = Object.hasOwn(kinds, ending) ? kinds : { ...kinds, [ending]: 'text' as const }
  const { files, skipped } = await listCorpus(path, { kinds: own })
  const isFile = files.length === 1 && files[0]?.path === basename(path)
  const base = isFile && skipped.length === 0 ? dirname(path) : path
  const isNamed = base !== path
  const found: (CorpusFile | { path: string; reason: string })[] = [...files, ...skipped]
  const reader = documentReader()
  try {
    for (const file of found.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      const at = { path: join(base, file.path) }
      if ('reason' in file) yield { ...at, skipped: file.reason }
      else if (!isNamed && !Object.hasOwn(kinds, extname(file.path).toLowerCase()))
        yield { ...at, skipped: `files of kind ${extname(file.path)} are not read` }
      else yield { ...at, ...(await textOf(reader, file)) }
    }
  } finally {
    reader.close()
  }
}

const textOf = async (
  reader: DocumentReader,
  file: CorpusFile,
): Promise<{ text: string; title?: string } | { skipped: string }> => {
  try {
    if (file.kind === 'text') {
      const text = decodeText(await readFile(file.absolute))
      if (text === undefined) return { skipped: 'not text: binary content' }
      return text.trim() === '' ? { skipped: 'blank' } : { text }
    }
    const { papers, skipped } = await reader.file(file, corpusLimits)
    const [paper] = papers
    if (paper?.fullText === undefined) return { skipped: skipped[0]?.reason ?? 'no text in it' }
    return { text: paper.fullText, title: paper.title }
  } catch (error) {
    return { skipped: oneLine(error instanceof Error ? error.message : String(error)).slice(0, 300) }
  }
}
