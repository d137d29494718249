import { resolve } from 'node:path'
import { z } from 'zod'
import { ConcordError } from '../domain/errors.ts'
import { type AnyTool, type Tool, type ToolContext, tool } from '../ports/tool.ts'
import { withDeadline } from './deadline.ts'
import { checkedPath, inside, realRootOf } from './files/confine.ts'
import { type FileList, listed } from './files/list.ts'
import { type FileText, readRange } from './files/read.ts'
import type { FileMatches, SearchJob } from './files/search-protocol.ts'
import { type FileWritten, writeWhole } from './files/write.ts'
import { death, isolatedWorker, moduleBeside, slots } from './isolate.ts'

export type FileToolsOptions = {
  /** The folder that nothing leaves. */
  root: string
  /** Adds `write_file`; default false. */
  write?: boolean
  /** Of one read, default 64 kB. */
  readBytesMax?: number
  /** Of one write, default 1 MB. */
  writeBytesMax?: number
  entriesMax?: number
  matchesMax?: number
  /** Files looked into by one search, default 10,000. */
  filesMax?: number
  /** Larger files are not searched, default 5 MB. */
  fileBytesMax?: number
  timeoutMs?: number
  /**
   * Paths below the root that are used although their names are protected: `package.json`, `config/.env`.
   * Protected are files with secrets (`.env`, `*.key`, `.ssh`, ...) and, for writing, what is executed
   * (`concord.config.*`, `package.json`, `.git`, `.github`, shell profiles, ...).
   */
  allowProtected?: readonly string[]
}

type Limits = Required<FileToolsOptions>
const enter = slots()

/**
 * Files under a root: `list_files`, `read_file`, `search_files` and, where allowed, `write_file`. Paths are relative to
 * the root with forward slashes; whatever would leave it, or is no regular file, is refused as `tool.forbidden`.
 */
export const fileTools = (options: FileToolsOptions): AnyTool[] => {
  const limits: Limits = {
    write: false,
    readBytesMax: 64_000,
    writeBytesMax: 1_000_000,
    entriesMax: 1000,
    matchesMax: 200,
    filesMax: 10_000,
    fileBytesMax: 5_000_000,
    timeoutMs: 10_000,
    allowProtected: [],
    ...options,
    root: resolve(options.root),
  }
  const reading: AnyTool[] = [listFilesTool(limits), readFileTool(limits), searchFilesTool(limits)]
  return limits.write ? [...reading, writeFileTool(limits)] : reading
}

const path = z.string().max(4096).describe('Relative to the root, with /')

type ListInput = { path?: string | undefined; recursive?: boolean | undefined }
const listFilesTool = ({ root, entriesMax, timeoutMs }: Limits): Tool<ListInput, FileList> =>
  tool({
    name: 'list_files',
    description: 'Lists a folder: path, kind and size of each entry. Links are named, not followed.',
    permission: 'read',
    timeoutMs,
    input: z.object({ path: path.optional(), recursive: z.boolean().optional() }),
    execute: ({ path = '', recursive = false }, context) =>
      withDeadline(context, timeoutMs, 'list the folder', (signal) =>
        listed(root, path, recursive, entriesMax, signal),
      ),
  })

type ReadInput = { path: string; offset?: number | undefined; bytes?: number | undefined }
const readFileTool = ({ root, readBytesMax, timeoutMs, allowProtected }: Limits): Tool<ReadInput, FileText> =>
  tool({
    name: 'read_file',
    description: `Reads UTF-8 text of a file, at most ${readBytesMax} bytes at a time; continue at nextOffset.`,
    permission: 'read',
    timeoutMs,
    input: z.object({
      path,
      offset: z.int().min(0).optional().describe('In bytes, default 0'),
      bytes: z.int().min(4).max(readBytesMax).optional(),
    }),
    execute: ({ path, offset = 0, bytes = readBytesMax }, context) =>
      withDeadline(context, timeoutMs, 'read the file', () =>
        readRange(root, path, offset, bytes, allowProtected),
      ),
  })

type WriteInput = { path: string; text: string; replace?: boolean | undefined }
const writeFileTool = ({
  root,
  writeBytesMax,
  timeoutMs,
  allowProtected,
}: Limits): Tool<WriteInput, FileWritten> =>
  tool({
    name: 'write_file',
    description:
      'Writes a whole text file, creating its folders. An existing one is kept unless replace is true.',
    permission: 'write',
    timeoutMs,
    input: z.object({ path, text: z.string(), replace: z.boolean().optional() }),
    execute: ({ path, text, replace = false }, context) => {
      const bytes = Buffer.byteLength(text)
      if (bytes > writeBytesMax)
        throw new ConcordError(
          'tool.input-invalid',
          `Cannot write the file as files are bounded to ${writeBytesMax} bytes: it has ${bytes}; split it`,
        )
      // Not raced against a deadline: a write that is under way ends as written or not, never as unknown.
      context.signal.throwIfAborted()
      return writeWhole(root, path, text, { replace, allowProtected })
    },
  })

type SearchInput = {
  pattern: string
  regex?: boolean | undefined
  ignoreCase?: boolean | undefined
  path?: string | undefined
}
const searchFilesTool = (limits: Limits): Tool<SearchInput, FileMatches> =>
  tool({
    name: 'search_files',
    description:
      'Finds lines with a text, or a JavaScript regular expression, in the files of a folder or in one file.',
    permission: 'read',
    timeoutMs: limits.timeoutMs + 1000,
    input: z.object({
      pattern: z.string().min(1).max(1000),
      regex: z.boolean().optional().describe('Default false: the pattern is the text itself'),
      ignoreCase: z.boolean().optional(),
      path: path.optional(),
    }),
    execute: (input, context) => searched(input, limits, context),
  })

const searched = async (
  { pattern, regex = false, ignoreCase = false, path = '' }: SearchInput,
  { root, matchesMax, filesMax, fileBytesMax, timeoutMs, allowProtected }: Limits,
  context: ToolContext,
): Promise<FileMatches> => {
  if (regex) refuseInvalid(pattern)
  const start = await inside(root, path)
  const job: SearchJob = {
    root: await realRootOf(root),
    start,
    shown: checkedPath(path).join('/'),
    allowProtected,
    ...{ pattern, regex, ignoreCase, matchesMax, filesMax, fileBytesMax },
  }
  const leave = await enter(context.signal)
  const worker = isolatedWorker(moduleBeside('./files/search-worker', import.meta.url), job)
  try {
    const answer = new Promise<FileMatches>((resolve) => worker.once('message', resolve))
    return await withDeadline(context, timeoutMs, 'finish the search', () =>
      Promise.race([answer, death(worker)]),
    )
  } finally {
    await worker.terminate()
    leave()
  }
}

const refuseInvalid = (pattern: string): void => {
  try {
    new RegExp(pattern)
  } catch (error) {
    throw new ConcordError(
      'tool.input-invalid',
      `Cannot search as the regular expression must be valid: ${error instanceof Error ? error.message : error}; correct it or leave out regex`,
    )
  }
}
