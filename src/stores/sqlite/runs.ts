import { finalStatuses, type RunSummary } from '../../domain/summary.ts'
import type { RunsQuery } from '../../ports/event-log.ts'
import { toText } from '../drafts.ts'
import type { Connection, Value } from './connection.ts'

const sql = {
  // Most summaries leave the status as it was: then no index is touched.
  refresh: 'UPDATE runs SET summary = ? WHERE run = ? AND status = ?',
  keep: `INSERT INTO runs(run, status, created_at, team, thread, parent, summary) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(run) DO UPDATE SET status = excluded.status, summary = excluded.summary`,
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
  const { run, status, createdAt, goal, parent } = summary
  const isAnother = created || finalStatuses.has(status)
  if (!isAnother && connection.run(sql.refresh, text, run, status).changes === 1) return
  connection.run(sql.keep, run, status, createdAt, goal.team, goal.thread ?? null, parent ?? null, text)
}

export const readRun = (connection: Connection, id: string): RunSummary | undefined => {
  const row = connection.get(sql.one, id)
  return row && JSON.parse(String(row[0]))
}

/** The `WHERE` of a query, and what its question marks stand for. */
const conditionsOf = (query: RunsQuery): { where: string; values: Value[] } => {
  const { status, team, thread, parent, isChild, before, after } = query
  const conditions: string[] = []
  const values: Value[] = []
  const add = (condition: string, ...more: Value[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  if (status) add(`status IN (${status.map(() => '?').join()})`, ...status)
  if (team !== undefined) add('team = ?', team)
  if (thread !== undefined) add('thread = ?', thread)
  if (parent !== undefined) add('parent = ?', parent)
  if (isChild !== undefined) add(isChild ? 'parent IS NOT NULL' : 'parent IS NULL')
  if (before !== undefined) add('created_at < ?', before)
  if (after !== undefined) add('created_at > ?', after)
  return { where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values }
}

/**
 * A page ends between two instants, never within one: continuing with `before` or `after` skips
 * nothing.
 */
export const readRuns = (connection: Connection, query: RunsQuery): RunSummary[] => {
  const { limit = 100, order } = query
  const { where, values } = conditionsOf(query)
  const way = order === 'oldest' ? 'ASC' : 'DESC'
  const select = `SELECT summary, created_at FROM runs ${where} ORDER BY created_at ${way}, run ${way}`
  const found: RunSummary[] = []
  let last: Value = null
  for (const [summary, createdAt] of connection.iterate(select, ...values)) {
    if (found.length >= limit && createdAt !== last) break
    found.push(JSON.parse(String(summary)))
    last = createdAt ?? null
  }
  return found
}

export const countRuns = (connection: Connection, query: RunsQuery): number => {
  const { where, values } = conditionsOf(query)
  return Number(connection.get(`SELECT count(*) FROM runs ${where}`, ...values)?.[0] ?? 0)
}
