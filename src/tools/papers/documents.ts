import { isConcordError } from '../../domain/errors.ts'
import { cut } from '../../domain/text/cut.ts'
import type { Logger } from '../../ports/logger.ts'
import {
  type CorpusFile,
  type CorpusLimits,
  corpusLimits,
  listCorpus,
  type Skipped,
  unreadable,
} from './corpus-files.ts'
import { type DocumentReader, documentReader, type ReadFile, Unreadable } from './document-reader.ts'
import { dedupePapers, oneLine, type Paper } from './paper.ts'

export type { CorpusLimits, Skipped } from './corpus-files.ts'

export type LoadCorpusOptions = {
  signal?: AbortSignal
  /** Called after each file. */
  onProgress?: (progress: { done: number; total: number; path: string }) => void
  logger?: Logger
  limits?: Partial<CorpusLimits>
}

export type LoadedCorpus = { papers: Paper[]; skipped: Skipped[] }

/**
 * Papers from a file or from all readable files of a folder (PDF, HTML, Markdown, text, docx, JSONL), in the order of their
 * paths, without doubles. What cannot be read is skipped with its reason; every size and number is bounded.
 *
 * @throws ConcordError `corpus.unreadable` when the path cannot be read or nothing readable is in it; `package.missing` when a kind
 *   of file that is there needs a package that is not; the signal's reason when aborted.
 */
export const loadCorpus = async (
  path: string,
  { signal, onProgress, logger, limits: given }: LoadCorpusOptions = {},
): Promise<LoadedCorpus> => {
  const limits = { ...corpusLimits, ...given }
  const { files, skipped } = await listCorpus(path, { limits, ...(signal ? { signal } : {}) })
  const loaded: Paper[] = []
  const reader = documentReader(limits)
  let characters = 0
  let killed = 0
  try {
    for (const [index, file] of files.entries()) {
      signal?.throwIfAborted()
      const full = fullBy(characters, killed, limits)
      if (full !== undefined) {
        skipped.push({ path: file.path, reason: `${full}: the rest of the corpus is left out` })
        break
      }
      const read = await readFile(reader, file, limits, signal)
      characters += charactersOf(read.papers)
      if (read.killed) killed += 1
      // One by one: spreading 200,000 records into push would overflow the stack.
      if (characters <= limits.charactersMax) for (const paper of read.papers) loaded.push(paper)
      for (const reason of read.skipped) skipped.push(reason)
      onProgress?.({ done: index + 1, total: files.length, path: file.path })
    }
  } finally {
    reader.close()
  }
  if (characters > limits.charactersMax && loaded.length === 0)
    throw unreadable(path, `it has at most ${limits.charactersMax} characters of text`, 'it has more')
  const papers = dedupePapers(loaded)
  const kept = new Set(papers)
  for (const paper of loaded)
    if (!kept.has(paper))
      skipped.push({ path: paper.source, reason: `the same as an earlier paper: ${paper.title}` })
  if (papers.length === 0) throw unreadable(path, 'something in it must be readable', nothingRead(skipped))
  for (const { path: at, reason } of skipped.slice(0, 20))
    logger?.warn({ path: at, reason }, 'corpus: skipped')
  return { papers, skipped: bounded(skipped, limits.skippedMax) }
}

/** Why no more files are read. */
const fullBy = (characters: number, killed: number, limits: CorpusLimits): string | undefined =>
  characters > limits.charactersMax
    ? `more than ${limits.charactersMax} characters of text`
    : killed >= limits.killedMax
      ? `${killed} documents had to be given up as they took too much time or memory`
      : undefined

const nothingRead = (skipped: readonly Skipped[]): string =>
  skipped.length === 0
    ? 'it is empty'
    : `all ${skipped.length} entries were skipped, ${skipped
        .slice(0, 3)
        .map(({ path, reason }) => `${path}: ${reason}`)
        .join('; ')}`.replaceAll(';', ',')

const bounded = (skipped: Skipped[], max: number): Skipped[] =>
  skipped.length <= max
    ? skipped
    : [...skipped.slice(0, max), { path: '', reason: `${skipped.length - max} more were skipped` }]

type Read = ReadFile & { killed?: boolean }

const readFile = async (
  reader: DocumentReader,
  file: CorpusFile,
  limits: CorpusLimits,
  signal?: AbortSignal,
): Promise<Read> => {
  try {
    return await reader.file(file, limits, signal)
  } catch (error) {
    signal?.throwIfAborted()
    // The user can fix a missing package, and a corpus without half of its files would be a silent loss.
    if (isConcordError(error) && error.code === 'package.missing') throw error
    const reason = cut(oneLine(error instanceof Error ? error.message : String(error)), 200)
    const skipped = [{ path: file.path, reason: `unreadable ${file.kind}: ${reason}` }]
    return { papers: [], skipped, killed: error instanceof Unreadable && error.killed }
  }
}

const charactersOf = (papers: readonly Paper[]): number =>
  papers.reduce((sum, { title, abstract, fullText = '' }) => {
    return sum + title.length + abstract.length + fullText.length
  }, 0)
