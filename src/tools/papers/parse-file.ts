import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FileKind, Skipped } from './corpus-files.ts'
import { decodeText } from './decode.ts'
import { abstractIn, type Draft, guessTitle, opening } from './document-text.ts'
import { arxivPage, arxivPdf, oneLine, type Paper, parseArxivId } from './paper.ts'
import { readDocx } from './read-docx.ts'
import { readHtml } from './read-html.ts'
import { readJsonl } from './read-jsonl.ts'
import { readMarkdown, readText } from './read-markdown.ts'
import { readPdf } from './read-pdf.ts'

type ParsedFile = { papers: Paper[]; skipped: Skipped[] }
type DocumentFile = { absolute: string; path: string; kind: FileKind }
type ParseLimits = { pagesMax: number; recordsMax: number }

/**
 * The papers of one file. Hostile files take any time and memory here, and no signal stops them: only the
 * process that `document-reader.ts` starts and kills may call this. Throws when the file cannot be read.
 */
export const parseFile = async (file: DocumentFile, limits: ParseLimits): Promise<ParsedFile> => {
  const bytes = await readFile(file.absolute)
  if (file.kind === 'jsonl') return readJsonl(textOf(bytes), file.path, limits.recordsMax)
  return { papers: [paperOf(file, await draftOf(file.kind, bytes, limits))], skipped: [] }
}

const textOf = (bytes: Buffer): string => {
  const text = decodeText(bytes)
  if (text === undefined) throw new Error('not text: binary content')
  return text
}

const draftOf = async (kind: FileKind, bytes: Buffer, { pagesMax }: ParseLimits): Promise<Draft> => {
  if (kind === 'pdf') return readPdf(bytes, { pagesMax })
  if (kind === 'docx') return readDocx(bytes)
  const text = textOf(bytes)
  if (kind === 'html') return readHtml(text)
  return kind === 'markdown' ? readMarkdown(text) : readText(text)
}

const paperOf = (file: DocumentFile, draft: Draft): Paper => {
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
