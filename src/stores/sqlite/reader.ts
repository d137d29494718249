import type { Event, EventType } from '../../domain/event.ts'
import { runStream } from '../../domain/names.ts'
import type { EventQuery } from '../../ports/event-log.ts'
import { toEvent } from '../drafts.ts'
import type { Connection, Row, Value } from './connection.ts'

const columns = 'e.version, e.position, e.at, e.type, e.run, e.step, e.agent, e.epoch, e.cause, e.data'

const sql = {
  read: `SELECT ${columns} FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?) AND e.version > ?
    ORDER BY e.version LIMIT ?`,
  version: `SELECT coalesce((SELECT max(version) FROM events WHERE stream = s.id), s.dropped_version) FROM streams s WHERE name = ?`,
  streams: 'SELECT name FROM streams ORDER BY name',
}

const text = (value: Row[number] | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

const eventOf = (row: Row, stream: string): Event =>
  toEvent({
    stream,
    version: Number(row[0]),
    position: Number(row[1]),
    at: Number(row[2]),
    type: String(row[3]) as EventType,
    run: text(row[4]),
    step: text(row[5]),
    agent: text(row[6]),
    epoch: Number(row[7]),
    cause: text(row[8]),
    operation: null,
    data: text(row[9]),
  })

export const readStream = (
  connection: Connection,
  stream: string,
  { afterVersion = 0, limit = -1 }: { afterVersion?: number; limit?: number },
): Event[] => connection.all(sql.read, stream, afterVersion, limit).map((row) => eventOf(row, stream))

export const readVersion = (connection: Connection, stream: string): number =>
  Number(connection.get(sql.version, stream)?.[0] ?? 0)

export const readStreams = (connection: Connection): string[] =>
  connection.all(sql.streams).map(([name]) => String(name))

/** Walks positions in order; with a run, two indexes (its own stream, and what names it elsewhere) give the positions. */
export const queryEvents = (connection: Connection, query: EventQuery): Event[] => {
  const { run, agent, types, afterPosition = 0, from, to, limit = 1000 } = query
  const conditions: string[] = []
  const values: Value[] = []
  const add = (condition: string, ...more: Value[]) => {
    conditions.push(condition)
    values.push(...more)
  }
  if (run !== undefined)
    add(
      `e.position IN (SELECT position FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?) AND run IS NULL
        UNION ALL SELECT position FROM events WHERE run = ?)`,
      runStream(run),
      run,
    )
  add('e.position > ?', afterPosition)
  if (types) add(`e.type IN (${types.map(() => '?').join()})`, ...types)
  if (agent !== undefined) add('e.agent = ?', agent)
  if (from !== undefined) add('e.at >= ?', from)
  if (to !== undefined) add('e.at <= ?', to)
  const select = `SELECT ${columns}, s.name FROM events e JOIN streams s ON s.id = e.stream
    WHERE ${conditions.join(' AND ')} ORDER BY e.position LIMIT ?`
  return connection.all(select, ...values, limit).map((row) => eventOf(row, String(row[10])))
}
