import { constants, existsSync } from 'node:fs'
import { access, chmod, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { ConcordError } from '../../domain/errors.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import { closedError } from '../closed.ts'
import { searchedInSummary } from '../runs-query.ts'
import { codeOf, isCannotOpen, storeError } from './errors.ts'
import { type FileGuard, fileGuard } from './file-guard.ts'
import { refuseNetworkFileSystem } from './file-system.ts'
import { folderMode, makePrivate, tighten, type Warn } from './permissions.ts'
import { applicationId, migrations } from './schema.ts'

export type Value = SQLInputValue
export type Row = readonly (null | number | bigint | string | Uint8Array)[]

/** A database with its statements prepared once; rows come as arrays in the order of the columns. */
export type Connection = {
  readonly db: DatabaseSync
  readonly file: string
  /** Of a database that is written to. */
  readonly guard?: FileGuard
  run(sql: string, ...values: Value[]): { changes: number | bigint }
  get(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
  iterate(sql: string, ...values: Value[]): Iterable<Row>
  statement(sql: string): StatementSync
  /** Runs a read; what SQLite throws becomes a ConcordError. */
  read<T>(action: string, fn: () => T): T
}

export type OpenOptions = {
  file: string
  durability: 'process' | 'power'
  clock: Clock
  busyTimeoutMs: number
  allowNetworkFileSystem: boolean
  bytesMax: number | undefined
  warn?: Warn | undefined
  /** Between two looks whether the file is in its place. Default 2,000. */
  beatMs?: number | undefined
  /** Of a database other than concord.db. */
  schema?: Schema
}

export type Schema = { applicationId: number; migrations: readonly string[] }

// Blocks the whole process, so it is short; longer waits are the committer's, between turns of the event loop.
const lockWaitMs = 50
// A checkpoint writes a page once however often it changed since the last: a longer log means fewer writes (measured: a commit alone took half).
const walPagesBeforeCheckpoint = 4000
const walBytesKept = 64 * 1024 * 1024

// The types of node:sqlite do not know that setReturnArrays makes arrays of rows.
const asRow = (row: unknown) => row as Row | undefined
const asRows = (rows: unknown) => rows as Row[]
const asIterable = (rows: unknown) => rows as Iterable<Row>

export const connectionOf = (db: DatabaseSync, file: string, guard?: FileGuard): Connection => {
  const statements = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    let known = statements.get(sql)
    if (!known) {
      known = db.prepare(sql)
      known.setReturnArrays(true)
      statements.set(sql, known)
    }
    return known
  }
  return {
    db,
    file,
    ...(guard === undefined ? undefined : { guard }),
    statement,
    run: (sql, ...values) => statement(sql).run(...values),
    get: (sql, ...values) => asRow(statement(sql).get(...values)),
    all: (sql, ...values) => asRows(statement(sql).all(...values)),
    iterate: (sql, ...values) => asIterable(statement(sql).iterate(...values)),
    read(action, fn) {
      if (!db.isOpen) throw closedError(action, file)
      guard?.checkSoon()
      try {
        return fn()
      } catch (error) {
        guard?.check()
        throw storeError(error, action, file)
      }
    },
  }
}

/** Several reads of one moment; inside a transaction they are that anyway. */
export const ofOneMoment = <T>({ db }: Connection, fn: () => T): T => {
  if (db.isTransaction) return fn()
  db.exec('BEGIN')
  try {
    return fn()
  } finally {
    db.exec('COMMIT')
  }
}

const notAFile = (file: string, now: string): ConcordError =>
  new ConcordError(
    'config.invalid',
    `Cannot open the store ${file} as it must be a file in a folder: ${now}; choose another path`,
    {
      details: { file },
    },
  )

const makeFolder = async (file: string): Promise<void> => {
  const directory = dirname(file)
  try {
    const made = await mkdir(directory, { recursive: true, mode: folderMode })
    if (made !== undefined) await chmod(directory, folderMode)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST' || code === 'ENOTDIR') throw notAFile(file, `${directory} is a file or under one`)
    // On a read-only file system Node's recursive mkdir says ENOENT: the nearest folder that is there tells the reason.
    let existing = dirname(directory)
    while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing)
    await access(existing, constants.W_OK)
    throw error
  }
}

const prepareFolder = async (file: string): Promise<void> => {
  await makeFolder(file)
  const found = await stat(file).catch(() => undefined)
  if (found && !found.isFile()) throw notAFile(file, 'it is something else')
  // SQLite would open what it may not write for reading only, and fail at the first commit.
  await access(dirname(file), constants.W_OK)
  if (found) await access(file, constants.W_OK)
}

const number = (row: Row | undefined): number => Number(row?.[0] ?? 0)

const unsupported = (file: string, rule: string, now: string, way: string): ConcordError =>
  new ConcordError('store.unsupported', `Cannot open the store ${file} as ${rule}: ${now}; ${way}`, {
    details: { file },
  })

const concordSchema: Schema = { applicationId, migrations }

const checkIdentity = (connection: Connection, { applicationId, migrations }: Schema): number => {
  const { file } = connection
  // One moment: another process may be making the tables between one look and the next.
  const [schema, identity, tables] = ofOneMoment(
    connection,
    () =>
      [
        number(connection.get('PRAGMA user_version')),
        number(connection.get('PRAGMA application_id')),
        number(connection.get('SELECT count(*) FROM sqlite_schema')),
      ] as const,
  )
  if (identity !== applicationId && (identity !== 0 || tables > 0))
    throw unsupported(
      file,
      'it must be a Concord database or a new file',
      `it belongs to another program (application_id ${identity})`,
      'choose another path',
    )
  if (schema > migrations.length)
    throw unsupported(
      file,
      `this version knows schemas up to ${migrations.length}`,
      `it has schema ${schema}, written by a newer Concord`,
      'update Concord, or choose another folder',
    )
  return schema
}

const migrate = (connection: Connection, wanted: Schema): void => {
  const { applicationId, migrations } = wanted
  if (checkIdentity(connection, wanted) === migrations.length) return
  const { db } = connection
  db.exec('BEGIN IMMEDIATE')
  try {
    // Asked again under the lock: another process may have been first.
    const schema = checkIdentity(connection, wanted)
    db.function('searched_text', { deterministic: true }, searchedInSummary)
    for (const step of migrations.slice(schema)) db.exec(step)
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const configure = (
  connection: Connection,
  { durability, bytesMax, schema = concordSchema }: OpenOptions,
): void => {
  const { db } = connection
  db.exec(`PRAGMA busy_timeout = ${lockWaitMs}`)
  checkIdentity(connection, schema)
  const mode = connection.get('PRAGMA journal_mode = WAL')?.[0]
  if (mode !== 'wal')
    throw unsupported(
      connection.file,
      'it needs a write-ahead log',
      `journal mode is ${mode}`,
      'choose a folder on a local disk',
    )
  db.exec(`
    PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};
    PRAGMA fullfsync = ${durability === 'power' ? 1 : 0};
    PRAGMA checkpoint_fullfsync = ${durability === 'power' ? 1 : 0};
    PRAGMA foreign_keys = OFF;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = ${walPagesBeforeCheckpoint};
    PRAGMA journal_size_limit = ${walBytesKept};
    PRAGMA cache_size = -16384;
  `)
  migrate(connection, schema)
  if (bytesMax !== undefined)
    db.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / number(connection.get('PRAGMA page_size')))}`)
}

const openOnce = async (options: OpenOptions): Promise<Connection> => {
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(options.file, { enableForeignKeyConstraints: false })
  try {
    const connection = connectionOf(db, options.file)
    configure(connection, options)
    const { beatMs = 2000 } = options
    const pageBytes = number(connection.get('PRAGMA page_size'))
    const holds = () => number(connection.get('PRAGMA page_count')) * pageBytes
    return connectionOf(db, options.file, fileGuard(options.file, { beatMs, holds }))
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens or creates the database, waiting up to `busyTimeoutMs` while others create it at the same moment. */
export const openConnection = async (options: OpenOptions): Promise<Connection> => {
  const { file, clock, busyTimeoutMs } = options
  const action = `open the store ${file}`
  const started = clock.monotonic()
  try {
    await prepareFolder(file)
    if (!options.allowNetworkFileSystem) await refuseNetworkFileSystem(dirname(file))
    makePrivate(file)
    await tighten(file)
  } catch (error) {
    throw storeError(error, action, file)
  }
  for (;;) {
    try {
      const connection = await openOnce(options)
      await tighten(file, options.warn)
      return connection
    } catch (error) {
      if (isCannotOpen(error))
        throw storeError(Object.assign(new Error(String(error)), { code: 'EACCES' }), action, file)
      if (codeOf(error) !== 'store.busy' || clock.monotonic() - started > busyTimeoutMs)
        throw storeError(error, action, file)
      await sleep(clock, 20)
    }
  }
}
