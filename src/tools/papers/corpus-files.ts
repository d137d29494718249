import type { Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, extname, join, relative, sep } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'

export type FileKind = 'pdf' | 'html' | 'markdown' | 'text' | 'docx' | 'jsonl'

export type CorpusFile = {
  absolute: string
  /** Within the corpus, with `/`; the file's name when the corpus is one file. */
  path: string
  kind: FileKind
  bytes: number
  modifiedMs: number
}

export type Skipped = { path: string; reason: string }

export type DocumentLimits = {
  /** Of a processor, for one document; its process is killed then, or after four times as long where it waits. */
  documentMsMax: number
  /** Of the process that parses, which is killed beyond. */
  parserBytesMax: number
}

export type CorpusLimits = {
  /** Entries looked at, folders and files of whatever kind. */
  filesMax: number
  depthMax: number
  /** PDF and JSONL. */
  fileBytesMax: number
  /** Markdown, HTML, text and docx, which are taken apart as a whole. */
  textBytesMax: number
  /** Records of one JSONL file. */
  recordsMax: number
  pagesMax: number
  /** Reasons kept; later ones are only counted. */
  skippedMax: number
  /** Of all papers together, which stay in memory. */
  charactersMax: number
  /** Documents whose parser was killed, after which the rest of the corpus is left out. */
  killedMax: number
} & DocumentLimits

export const corpusLimits: CorpusLimits = {
  filesMax: 10_000,
  depthMax: 16,
  fileBytesMax: 64_000_000,
  textBytesMax: 10_000_000,
  recordsMax: 200_000,
  pagesMax: 500,
  skippedMax: 1000,
  charactersMax: 200_000_000,
  killedMax: 10,
  documentMsMax: 30_000,
  parserBytesMax: 1_000_000_000,
}

/** By the extension, in lower case. */
export type Kinds = { readonly [extension: string]: FileKind }

export const corpusKinds: Kinds = {
  '.pdf': 'pdf',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.mdx': 'markdown',
  '.txt': 'text',
  '.text': 'text',
  '.docx': 'docx',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

const WAY_OUT = 'give a file or folder of PDF, HTML, Markdown, text, docx or JSONL that this user may read'

export const unreadable = (path: string, rule: string, now: string, cause?: unknown): ConcordError =>
  new ConcordError('corpus.unreadable', `Cannot read the corpus ${path} as ${rule}: ${now}; ${WAY_OUT}`, {
    details: { path },
    cause,
  })

/**
 * The readable files of a corpus in a fixed order. Hidden files and `node_modules` are passed over; links are followed within
 * the corpus only, each target once, so that no link can loop or lead out of it.
 *
 * @throws ConcordError `corpus.unreadable` when the path itself cannot be read.
 */
export const listCorpus = async (
  path: string,
  { limits = corpusLimits, kinds = corpusKinds, signal }: ListOptions = {},
): Promise<{ files: CorpusFile[]; skipped: Skipped[] }> => {
  const root = await rootOf(path)
  if (!root.stats.isDirectory()) {
    const name = basename(path)
    const judged = judge(root.real, name, root.stats, { limits, kinds })
    if ('reason' in judged) throw unreadable(path, 'it is one file of a kind that can be read', judged.reason)
    return { files: [judged], skipped: [] }
  }
  const walk: Walk = {
    root: root.real,
    limits,
    kinds,
    seen: new Set([root.real]),
    looked: 0,
    full: false,
    files: [],
    skipped: [],
  }
  await visit(walk, root.real, 0, signal)
  return { files: walk.files, skipped: walk.skipped }
}

export type ListOptions = { limits?: CorpusLimits; kinds?: Kinds; signal?: AbortSignal }

type Walk = {
  root: string
  limits: CorpusLimits
  kinds: Kinds
  seen: Set<string>
  looked: number
  full: boolean
  files: CorpusFile[]
  skipped: Skipped[]
}

const rootOf = async (path: string): Promise<{ real: string; stats: Stats }> => {
  try {
    const real = await realpath(path)
    return { real, stats: await stat(real) }
  } catch (error) {
    const code = codeOf(error)
    const now = code === 'ENOENT' ? 'there is none' : code === 'EACCES' ? 'permission is denied' : code
    throw unreadable(path, 'its path must lead to something readable', now, error)
  }
}

const visit = async (walk: Walk, folder: string, depth: number, signal?: AbortSignal): Promise<void> => {
  const here = relative(walk.root, folder).split(sep).join('/')
  if (depth > walk.limits.depthMax) {
    walk.skipped.push({ path: here, reason: `deeper than ${walk.limits.depthMax} folders` })
    return
  }
  let names: string[]
  try {
    names = (await readdir(folder)).sort()
  } catch (error) {
    if (depth === 0) throw unreadable(folder, 'the folder must be readable', codeOf(error), error)
    walk.skipped.push({ path: here, reason: `unreadable folder (${codeOf(error)})` })
    return
  }
  for (const name of names) {
    signal?.throwIfAborted()
    if (name.startsWith('.') || name === 'node_modules') continue
    if (walk.looked >= walk.limits.filesMax) {
      const reason = `more than ${walk.limits.filesMax} entries: the rest of the corpus is left out`
      if (!walk.full) walk.skipped.push({ path: here || '.', reason })
      walk.full = true
      return
    }
    walk.looked += 1
    await look(walk, join(folder, name), depth, signal)
  }
}

const look = async (walk: Walk, absolute: string, depth: number, signal?: AbortSignal): Promise<void> => {
  const path = relative(walk.root, absolute).split(sep).join('/')
  try {
    let target = absolute
    if ((await lstat(absolute)).isSymbolicLink()) {
      target = await realpath(absolute)
      if (target !== walk.root && !target.startsWith(walk.root + sep)) {
        walk.skipped.push({ path, reason: 'a link that leads out of the corpus' })
        return
      }
    }
    if (walk.seen.has(target)) return
    walk.seen.add(target)
    const stats = await stat(target)
    if (stats.isDirectory()) return await visit(walk, target, depth + 1, signal)
    const judged = judge(target, path, stats, walk)
    if ('reason' in judged) walk.skipped.push({ path, reason: judged.reason })
    else walk.files.push(judged)
  } catch (error) {
    signal?.throwIfAborted()
    const code = codeOf(error)
    walk.skipped.push({
      path,
      reason: linkProblems[code] ?? `unreadable (${code})`,
    })
  }
}

const judge = (
  absolute: string,
  path: string,
  stats: Stats,
  { limits, kinds }: Pick<Walk, 'limits' | 'kinds'>,
): CorpusFile | { reason: string } => {
  if (!stats.isFile()) return { reason: 'not a regular file' }
  const extension = extname(absolute).toLowerCase()
  const kind = Object.hasOwn(kinds, extension) ? kinds[extension] : undefined
  if (!kind)
    return { reason: extension ? `files of kind ${extension} are not read` : 'a file without an extension' }
  if (stats.size === 0) return { reason: 'empty' }
  const bytesMax = kind === 'pdf' || kind === 'jsonl' ? limits.fileBytesMax : limits.textBytesMax
  if (stats.size > bytesMax) return { reason: `${stats.size} bytes, more than the ${bytesMax} allowed` }
  return { absolute, path, kind, bytes: stats.size, modifiedMs: stats.mtimeMs }
}

const linkProblems: { [code: string]: string } = {
  ELOOP: 'a link that leads to itself',
  ENOENT: 'a link that leads nowhere',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
