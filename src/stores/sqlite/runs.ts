import { isItemRun, itemMark } from '../../domain/names.ts'
import { finalStatuses, type RunSummary } from '../../domain/summary.ts'
import type { RunPlace, RunsQuery } from '../../ports/event-log.ts'
import { toText } from '../drafts.ts'
import { folded, searchedTags, searchedText } from '../runs-query.ts'
import type { Connection, Value } from './connection.ts'

const sql = {
  // Most summaries leave the status as it was: then no index is touched.
  refresh: 'UPDATE runs SET summary = ? WHERE run = ? AND status = ?',
  keep: `INSERT INTO runs(run, status, created_at, team, thread, parent, principal, summary)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(run) DO UPDATE SET status = excluded.status, summary = excluded.summary`,
  text: 'INSERT OR IGNORE INTO run_texts(created_at, run, text) VALUES (?, ?, ?)',
  tag: 'INSERT OR IGNORE INTO run_tags(tag, created_at, run) VALUES (?, ?, ?)',
  one: 'SELECT summary FROM runs WHERE run = ?',
}

export type PreparedSummary = { summary: RunSummary; text: string }

export const prepareSummary = (summary: RunSummary): PreparedSummary => ({
  summary: { ...summary },
  text: toText('keep a run summary', summary),
})

/** `created`: the run's first commit. There, and at its end, the status is another than in the table. */
export const keepSummary = (
  connection: Connection,
  { summary, text }: PreparedSummary,
  created: boolean,
): void => {
  const { run, status, createdAt, goal, parent, principal } = summary
  const isAnother = created || finalStatuses.has(status)
  if (!isAnother && connection.run(sql.refresh, text, run, status).changes === 1) return
  const { team, thread = null } = goal
  connection.run(sql.keep, run, status, createdAt, team, thread, parent ?? null, principal?.id ?? null, text)
  // Whoever looks for a goal looks for its run, not for each of its items.
  if (!created || isItemRun(run)) return
  connection.run(sql.text, createdAt, run, searchedText(goal))
  for (const tag of searchedTags(goal)) connection.run(sql.tag, tag, createdAt, run)
}

export const readRun = (connection: Connection, id: string): RunSummary | undefined => {
  const row = connection.get(sql.one, id)
  return row && JSON.parse(String(row[0]))
}

/**
 * What a query reads. Of a tag or a text the table that knows it is read first, in the list's order,
 * and each run is looked up in `runs`.
 */
const selectOf = (query: RunsQuery): { from: string; values: Value[]; place: [string, string] } => {
  const { status, team, thread, parent, isChild, items, tag, principal, text, before, after } = query
  const first = tag !== undefined ? 'tagged' : text !== undefined ? 'texts' : 'runs'
  const place: [string, string] = [`${first}.created_at`, `${first}.run`]
  const tables: string[] = []
  const conditions: string[] = []
  const values: Value[] = []
  const add = (condition: string, ...more: Value[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  if (tag !== undefined) {
    tables.push('run_tags AS tagged')
    add('tagged.tag = ?', tag)
  }
  if (text !== undefined) {
    tables.push('run_texts AS texts')
    if (tag !== undefined) add('texts.created_at = tagged.created_at AND texts.run = tagged.run')
    add('instr(texts.text, ?) > 0', folded(text))
  }
  tables.push('runs')
  if (first !== 'runs') add(`runs.run = ${place[1]}`)
  if (status) add(`status IN (${status.map(() => '?').join()})`, ...status)
  if (team !== undefined) add('team = ?', team)
  if (thread !== undefined) add('thread = ?', thread)
  if (parent !== undefined) add('parent = ?', parent)
  if (principal !== undefined) add('principal = ?', principal)
  if (isChild !== undefined) add(isChild ? 'parent IS NOT NULL' : 'parent IS NULL')
  if (items === false) add('instr(runs.run, ?) = 0', itemMark)
  const limited = (way: '<' | '>', at: number | RunPlace | undefined) => {
    if (typeof at === 'number') add(`${place[0]} ${way} ?`, at)
    else if (at !== undefined) add(`(${place.join()}) ${way} (?, ?)`, at.createdAt, at.run)
  }
  limited('<', before)
  limited('>', after)
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
  return { from: `FROM ${tables.join(' CROSS JOIN ')}${where}`, values, place }
}

/** The statement that reads a page of runs. */
export const runsStatement = (query: RunsQuery): { sql: string; values: Value[] } => {
  const { limit = 100, order } = query
  const { from, values, place } = selectOf(query)
  const way = order === 'oldest' ? 'ASC' : 'DESC'
  const sorted = place.map((column) => `${column} ${way}`).join()
  return { sql: `SELECT runs.summary ${from} ORDER BY ${sorted} LIMIT ?`, values: [...values, limit] }
}

export const readRuns = (connection: Connection, query: RunsQuery): RunSummary[] => {
  const { sql: select, values } = runsStatement(query)
  return [...connection.iterate(select, ...values)].map(([summary]) => JSON.parse(String(summary)))
}

export const countRuns = (connection: Connection, query: RunsQuery): number => {
  const { from, values } = selectOf(query)
  return Number(connection.get(`SELECT count(*) ${from}`, ...values)?.[0] ?? 0)
}
