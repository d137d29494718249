import type { Entry } from '../../ports/state-store.ts'
import { byCodePoint } from '../order.ts'
import { type Held, provenanceOf } from '../state-change.ts'
import type { Change } from '../state-plan.ts'
import type { Connection, Row, Value } from './connection.ts'

const columns = 'key, value, version, at, expires_at, run, step, agent, cause, epoch, sequence'
const fields = [...columns.split(', ')]
const get = `SELECT ${columns} FROM state WHERE namespace = ? AND key = ?`
const getBase = `SELECT ${columns} FROM state_bases WHERE namespace = ? AND key = ?`
// One bound, the tighter: with both SQLite seeks to the first and walks over every key up to the second.
const page = (table: string, condition: string) => {
  const where = (from: '>' | '>=') =>
    `SELECT ${columns} FROM ${table} WHERE namespace = ? AND key ${from} ? ${condition} ORDER BY key LIMIT ?`
  return { from: where('>='), after: where('>') }
}
const pages = {
  all: page('state', ''),
  living: page('state', 'AND value IS NOT NULL'),
  inherited: page('state_bases', 'AND sequence <= 0'),
}

/** Rows a statement; one statement for many rows costs less than one for each. */
const rowsAtOnce = 8
const put = (rows: number) => `INSERT INTO state(namespace, ${columns})
  VALUES ${Array(rows)
    .fill(`(?, ${fields.map(() => '?').join(', ')})`)
    .join(', ')}
  ON CONFLICT(namespace, key) DO UPDATE SET ${fields
    .slice(1)
    .map((field) => `${field} = excluded.${field}`)
    .join(', ')}`
const putOne = put(1)
const putMany = put(rowsAtOnce)

export type CachedCell = Held & { entry?: Entry }

const cellOf = (row: Row): CachedCell => {
  const [key, value, version, at, expiresAt, run, step, agent, cause, epoch, sequence] = row
  const text = (field: Row[number] | undefined) => (field === null ? null : String(field))
  const by = { run: text(run), step: text(step), agent: text(agent), cause: text(cause) }
  return {
    key: String(key),
    text: text(value),
    version: Number(version),
    at: Number(at),
    expiresAt: expiresAt === null ? null : Number(expiresAt),
    sequence: Number(sequence),
    provenance: provenanceOf(by, Number(epoch)),
  }
}

/**
 * The state table and this process's copy of its rows. 1. A copy is what the last transaction this process knows of left: own writes change it, those of
 * others drop it (`drop`), a rollback empties it. So inside a transaction, after the look at what others committed, it is the truth.
 * 2. A row written in a transaction is put into the table once, at its end or before anybody else looks (`flush`), however often it changed.
 */
export type Cells = {
  /** A key's own row, from the copy or the table. */
  held(namespace: string, key: string): CachedCell | undefined
  /** Always from the table. */
  read(namespace: string, key: string): CachedCell | undefined
  /** From before what is kept of the namespace, or what a detached fork inherited (sequence 0 or less). */
  base(namespace: string, key: string): CachedCell | undefined
  /** Rows in order of key from the table; `all`: ended ones, too; `inherited`: of a detached fork. */
  page(
    rows: 'all' | 'living' | 'inherited',
    at: { namespace: string; prefix: string; after: string },
    limit: number,
  ): CachedCell[]
  put(change: Change): void
  flush(): void
  drop(namespace: string, key: string): void
  /** Forgets everything that is not in the table. */
  clear(): void
  /** Lets go of the oldest copies beyond the bounds; not inside a transaction. */
  trim(): void
  size(): number
}

const copiesMost = 100_000
const charactersMost = 64 * 1024 * 1024

export const stateCells = (connection: Connection): Cells => {
  const copies = new Map<string, Map<string, CachedCell | undefined>>()
  const pending = new Map<CachedCell, string>()
  let size = 0
  let characters = 0

  const of = (namespace: string): Map<string, CachedCell | undefined> => {
    let cells = copies.get(namespace)
    if (cells === undefined) {
      cells = new Map()
      copies.set(namespace, cells)
    }
    return cells
  }
  const read = (namespace: string, key: string): CachedCell | undefined => {
    const row = connection.get(get, namespace, key)
    return row && cellOf(row)
  }
  const letGo = (cells: Map<string, CachedCell | undefined>, key: string) => {
    characters -= cells.get(key)?.text?.length ?? 0
    if (cells.delete(key)) size--
  }
  const bind = (values: Value[], namespace: string, cell: CachedCell) => {
    const { run = null, step = null, agent = null, cause = null, epoch = 0 } = cell.provenance
    values.push(
      namespace,
      cell.key,
      cell.text,
      cell.version,
      cell.at,
      cell.expiresAt,
      run,
      step,
      agent,
      cause,
      epoch,
      cell.sequence,
    )
  }

  return {
    held(namespace, key) {
      const cells = of(namespace)
      const known = cells.get(key)
      if (known !== undefined) return known
      if (cells.has(key)) return undefined
      const found = read(namespace, key)
      cells.set(key, found)
      size++
      characters += found?.text?.length ?? 0
      return found
    },
    read,
    base(namespace, key) {
      const row = connection.get(getBase, namespace, key)
      return row && cellOf(row)
    },
    page(rows, { namespace, prefix, after }, limit) {
      const begun = after !== '' && byCodePoint(after, prefix) >= 0
      const sql = begun ? pages[rows].after : pages[rows].from
      return connection.all(sql, namespace, begun ? after : prefix, limit).map(cellOf)
    },
    put(change) {
      const { namespace, key, text, version, expiresAt, sequence, event, epoch } = change
      const cells = of(namespace)
      const before = cells.get(key)
      const provenance = provenanceOf(event, epoch)
      characters += (text?.length ?? 0) - (before?.text?.length ?? 0)
      if (before !== undefined && pending.has(before)) {
        // In place: the row waiting to be written is this one. Nobody was shown it, for it is not committed.
        Object.assign(before, {
          text,
          version,
          at: event.at,
          expiresAt,
          sequence,
          provenance,
          entry: undefined,
        })
        return
      }
      const cell: CachedCell = { key, text, version, at: event.at, expiresAt, sequence, provenance }
      if (before === undefined && !cells.has(key)) size++
      cells.set(key, cell)
      pending.set(cell, namespace)
    },
    flush() {
      if (pending.size === 0) return
      let values: Value[] = []
      const whole = pending.size - (pending.size % rowsAtOnce)
      let i = 0
      for (const [cell, namespace] of pending) {
        bind(values, namespace, cell)
        i++
        if (i <= whole && i % rowsAtOnce !== 0) continue
        connection.statement(i <= whole ? putMany : putOne).run(...values)
        values = []
      }
      pending.clear()
    },
    drop(namespace, key) {
      const cells = copies.get(namespace)
      if (cells?.has(key)) letGo(cells, key)
    },
    clear() {
      copies.clear()
      pending.clear()
      size = 0
      characters = 0
    },
    trim() {
      if (size <= copiesMost && characters <= charactersMost) return
      for (const [namespace, cells] of copies) {
        for (const key of cells.keys()) {
          if (size <= copiesMost && characters <= charactersMost) return
          letGo(cells, key)
        }
        copies.delete(namespace)
      }
    },
    size: () => size,
  }
}
