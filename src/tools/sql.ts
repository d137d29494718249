import { type ChildProcess, fork } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ConcordError } from '../domain/errors.ts'
import { type Tool, tool } from '../ports/tool.ts'
import { withDeadline } from './deadline.ts'
import { moduleBeside, slots } from './isolate.ts'
import type { SqlAnswer, SqlJob, SqlParameters } from './sql/protocol.ts'

export type SqlToolOptions = {
  /** A SQLite database. */
  file: string
  /** Default 1,000. */
  rowsMax?: number
  /** Of the rows as JSON, default 256 kB. */
  bytesMax?: number
  /** For one statement, starting the reading process (about 0.1 s) included; default 5,000. */
  timeoutMs?: number
  /** By how much the reading process may grow for one statement, default 256 MiB. */
  memoryBytesMax?: number
}

export type SqlInput = { sql?: string | undefined; parameters?: SqlParameters | undefined }
export type SqlOutput = Extract<SqlAnswer, { kind: 'rows' | 'schema' }>

const startGraceMs = 5000
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const enter = slots()

/**
 * Read-only SQL over a SQLite database: one statement at a time, denied by SQLite itself whatever is not reading, in a
 * process of its own that is killed when its time is up. Without `sql` it returns the tables. Throws `tool.forbidden`
 * for what would not only read, `tool.input-invalid` for SQL that is wrong, `tool.timeout`, and `tool.failed` when the
 * database cannot be opened.
 */
export const sqlTool = (options: SqlToolOptions): Tool<SqlInput, SqlOutput> => {
  const { rowsMax = 1000, bytesMax = 256_000, timeoutMs = 5000, memoryBytesMax = 256 * 1024 * 1024 } = options
  const limits = { file: resolve(options.file), rowsMax, bytesMax, memoryBytesMax }
  return tool({
    name: 'sql',
    description:
      'Reads a SQLite database with one SELECT. Call it without sql first: it returns the tables and their columns. ' +
      'Use parameters for values. Integers beyond 2^53 come back as strings, blobs as base64.',
    permission: 'read',
    timeoutMs: timeoutMs + 2 * startGraceMs,
    input: z.object({
      sql: z.string().min(1).max(100_000).optional().describe('One SELECT; leave out to get the schema'),
      parameters: z
        .union([z.array(scalar).max(1000), z.record(z.string(), scalar)])
        .optional()
        .describe('Values for ?, or by name for :name'),
    }),
    execute: async ({ sql, parameters }, context) => {
      if (sql?.includes('\0')) throw wrong('it holds a NUL character')
      const leave = await enter(context.signal)
      try {
        return settled(
          await withDeadline(context, timeoutMs, 'finish the statement', (signal) =>
            answered({ ...limits, sql, parameters }, signal),
          ),
          limits.file,
        )
      } finally {
        leave()
      }
    },
  })
}

const wrong = (message: string): ConcordError =>
  new ConcordError(
    'tool.input-invalid',
    `Cannot run the statement as it must be valid and within bounds: ${message}; correct it, or call without sql for the schema`,
  )

/** Runs one job in a new process without environment or output; the process is dead when this settles. */
const answered = (job: SqlJob, signal: AbortSignal): Promise<SqlAnswer> => {
  const child = fork(fileURLToPath(moduleBeside('./sql/reader-process', import.meta.url)), [], {
    env: {},
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  child.send(job, () => {})
  return firstMessage(child).finally(kill)
}

const firstMessage = (child: ChildProcess): Promise<SqlAnswer> =>
  new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as SqlAnswer))
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      resolve({ kind: 'failed', message: `its process ended with ${signal ?? code}` }),
    )
  })

const settled = (answer: SqlAnswer, file: string): SqlOutput => {
  switch (answer.kind) {
    case 'rows':
    case 'schema':
      return answer
    case 'refused':
      throw new ConcordError(
        'tool.forbidden',
        `Cannot run the statement as ${answer.rule}: ${answer.now}; ${answer.wayOut}`,
      )
    case 'wrong':
      throw wrong(answer.message)
    case 'failed':
      throw new ConcordError(
        'tool.failed',
        `Cannot read the database as it must open: ${answer.message}; check the file`,
        { details: { file } },
      )
  }
}
