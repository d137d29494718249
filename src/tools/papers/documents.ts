import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isConcordError } from '../../domain/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import {
  type CorpusFile,
  type CorpusLimits,
  corpusLimits,
  listCorpus,
  type Skipped,
  unreadable,
} from './corpus-files.ts'
import { decodeText } from './decode.ts'
import { abstractIn, type Draft, guessTitle, opening } from './document-text.ts'
import { arxivPage, arxivPdf, dedupePapers, oneLine, type Paper, parseArxivId } from './paper.ts'
import { readDocx } from './read-docx.ts'
import { readHtml } from './read-html.ts'
import { readJsonl } from './read-jsonl.ts'
import { readMarkdown, readText } from './read-markdown.ts'
import { readPdf } from './read-pdf.ts'

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
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted()
    const read = await readCorpusFile(file, limits, signal)
    // One by one: spreading 200,000 records into push would overflow the stack.
    for (const paper of read.papers) loaded.push(paper)
    for (const reason of read.skipped) skipped.push(reason)
    onProgress?.({ done: index + 1, total: files.length, path: file.path })
  }
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

const readCorpusFile = async (
  file: CorpusFile,
  limits: CorpusLimits,
  signal?: AbortSignal,
): Promise<LoadedCorpus> => {
  try {
    const bytes = await readFile(file.absolute, signal ? { signal } : {})
    if (file.kind === 'jsonl') {
      const text = decodeText(bytes)
      if (text === undefined) throw new Error('not text: binary content')
      return readJsonl(text, file.path, limits.recordsMax)
    }
    return { papers: [paperOf(file, await draftOf(file, bytes, limits, signal))], skipped: [] }
  } catch (error) {
    signal?.throwIfAborted()
    // The user can mend a missing package, and a corpus without half of its files would be a silent loss.
    if (isConcordError(error) && error.code === 'package.missing') throw error
    const reason = oneLine(error instanceof Error ? error.message : String(error)).slice(0, 200)
    return { papers: [], skipped: [{ path: file.path, reason: `unreadable ${file.kind}: ${reason}` }] }
  }
}

const draftOf = async (
  file: CorpusFile,
  bytes: Buffer,
  limits: CorpusLimits,
  signal?: AbortSignal,
): Promise<Draft> => {
  if (file.kind === 'pdf') return readPdf(bytes, { pagesMax: limits.pagesMax, ...(signal ? { signal } : {}) })
  if (file.kind === 'docx') return readDocx(bytes)
  const text = decodeText(bytes)
  if (text === undefined) throw new Error('not text: binary content')
  if (file.kind === 'html') return readHtml(text)
  return file.kind === 'markdown' ? readMarkdown(text) : readText(text)
}

const paperOf = (file: CorpusFile, draft: Draft): Paper => {
  if (!/\p{L}{2}/u.test(draft.text)) throw new Error('no words in it (a scan without a text layer?)')
  const stem = basename(file.path, extname(file.path))
  const title = draft.title ?? guessTitle(draft.text, stem)
  const arxivId = draft.arxivId ?? parseArxivId(stem)?.id
  return {
    id: arxivId ?? file.path,
    title,
    abstract: oneLine(draft.abstract ?? '') || abstractIn(draft.text) || opening(draft.text, title),
    authors: draft.authors ?? [],
    categories: [],
    published: draft.published ?? '',
    url: draft.url ?? (arxivId ? arxivPage(arxivId) : pathToFileURL(file.absolute).href),
    ...(arxivId ? { pdfUrl: arxivPdf(arxivId) } : {}),
    source: file.path,
    fullText: draft.text,
  }
}
