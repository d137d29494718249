import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Json } from '../../domain/json.ts'
import { authorize } from './authorizer.ts'
import type { SqlAnswer, SqlJob, SqlParameters, SqlTable } from './protocol.ts'

const tablesMax = 500
const authorizationCode = 23

/** A database that can only be read, by statements of bounded size. */
const opened = (job: SqlJob): DatabaseSync => {
  const database = new DatabaseSync(job.file, {
    readOnly: true,
    allowExtension: false,
    defensive: true,
    limits: {
      length: Math.max(1_000_000, job.bytesMax),
      sqlLength: 100_000,
      exprDepth: 100,
      compoundSelect: 50,
      functionArg: 100,
      attach: 0,
      likePatternLength: 1000,
      variableNumber: 1000,
    },
  })
  // Sorting and grouping stay in memory, which the process watches, instead of filling the disk with temporary files.
  // (hard_heap_limit would do it in SQLite, but Node builds it without memory statistics, so it has no effect.)
  database.exec(
    'PRAGMA temp_store = 2; PRAGMA trusted_schema = 0; PRAGMA query_only = 1; PRAGMA busy_timeout = 1000',
  )
  database.setAuthorizer(authorize)
  return database
}

/** Whole numbers are bound as INTEGER: as REAL, `5 / ?` with 2 would be 2.5. */
const bound = (value: string | number | boolean | null): SQLInputValue =>
  typeof value === 'boolean'
    ? value
      ? 1n
      : 0n
    : Number.isSafeInteger(value)
      ? BigInt(value as number)
      : value

/** Integers beyond 2^53 become decimal strings, blobs base64, infinities text: JSON has no better. */
const shown = (value: SQLOutputValue): Json => {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  if (value instanceof Uint8Array)
    return { bytes: value.byteLength, base64: Buffer.from(value).toString('base64') }
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

const iterated = (statement: StatementSync, parameters: SqlParameters | undefined) => {
  if (parameters === undefined) return statement.iterate()
  if (Array.isArray(parameters)) return statement.iterate(...parameters.map(bound))
  return statement.iterate(
    Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, bound(value)])),
  )
}

const queried = (database: DatabaseSync, sql: string, job: SqlJob): SqlAnswer => {
  const statement = database.prepare(sql)
  // SQLite compiles the first statement and ignores the rest; a model should learn that the rest was not run.
  const rest = sql.slice(statement.sourceSQL.length)
  if (!/^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/.test(rest))
    return {
      kind: 'refused',
      rule: 'one statement is run at a time',
      now: 'there are more',
      wayOut: 'send one',
    }
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const columns = statement.columns().map(({ name }) => name)
  const rows: Json[][] = []
  let size = 0
  for (const row of iterated(statement, job.parameters)) {
    // Rows are arrays here (setReturnArrays), so that columns of one name are all kept; their type still says objects.
    const values = Object.values(row).map(shown)
    size += JSON.stringify(values).length
    if (rows.length >= job.rowsMax || size > job.bytesMax)
      return { kind: 'rows', columns, rows, truncated: true }
    rows.push(values)
  }
  return { kind: 'rows', columns, rows, truncated: false }
}

const described = (database: DatabaseSync): SqlAnswer => {
  const found = database
    .prepare(
      `SELECT name, type, coalesce(sql, '') AS sql FROM sqlite_schema
       WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT ${tablesMax + 1}`,
    )
    .all()
  const columnsOf = database.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)')
  const keysOf = database.prepare(
    'SELECT id, "from", "table", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
  )
  const tables = found.slice(0, tablesMax).map(({ name, type, sql }): SqlTable => {
    const keys = new Map<unknown, SqlTable['foreignKeys'][number]>()
    for (const row of keysOf.all(name!)) {
      const key = keys.get(row.id) ?? { columns: [], table: String(row.table), references: [] }
      key.columns.push(String(row.from))
      if (row.to !== null) key.references.push(String(row.to))
      keys.set(row.id, key)
    }
    const columns = columnsOf.all(name!).map((column) => ({
      name: String(column.name),
      type: String(column.type),
      notNull: column.notnull === 1,
      primaryKey: column.pk !== 0,
    }))
    return {
      name: String(name),
      type: String(type),
      columns,
      foreignKeys: [...keys.values()],
      sql: String(sql),
    }
  })
  return { kind: 'schema', tables, truncated: found.length > tablesMax }
}

const answered = (job: SqlJob): SqlAnswer => {
  let database: DatabaseSync
  try {
    database = opened(job)
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
  try {
    return job.sql === undefined ? described(database) : queried(database, job.sql, job)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof Error && 'errcode' in error && error.errcode === authorizationCode)
      return { kind: 'refused', rule: 'the database is only read', now: message, wayOut: 'use SELECT' }
    return { kind: 'wrong', message }
  } finally {
    database.close()
  }
}

;(parentPort as MessagePort).postMessage(answered(workerData as SqlJob))
