import type { Channels } from '../state-channels.ts'
import type { Feed } from '../state-feed.ts'
import type { Change } from '../state-plan.ts'
import type { Connection } from './connection.ts'
import type { Cells } from './state-cells.ts'
import type { StateTable } from './state-table.ts'

const foreignMost = 2000
const sql = {
  foreign: `SELECT s.name, e.type, json_extract(e.data, '$.key') FROM events e JOIN streams s ON s.id = e.stream
    WHERE e.position > ? AND e.type IN ('state.changed', 'state.expired', 'state.forked', 'audit.dropped') LIMIT ?`,
}

/** Keeps this process's copies and watchers true to what is committed, here and elsewhere. */
export type Live = {
  /** Others committed after this position: their keys' copies are dropped at once, their watchers told later. */
  foreign(after: number): void
  committed(): void
  rolledBack(): void
  /** Outside a transaction: tells the watchers. */
  tell(): void
}

export const stateLive = (
  connection: Connection,
  parts: { cells: Cells; table: StateTable; feed: Feed; channels: Channels },
): Live => {
  const { cells, table, feed } = parts
  let changes: Change[] = []
  const touched = new Set<string>()
  let all = false

  const forget = () => {
    cells.clear()
    table.forget()
    all = true
  }

  return {
    foreign(after) {
      if (cells.size() === 0 && feed.size() === 0) return table.forget()
      const rows = connection.all(sql.foreign, after, foreignMost + 1)
      if (rows.length > foreignMost) return forget()
      for (const [stream, type, key] of rows) {
        const namespace = String(stream).slice('state/'.length)
        // Of an erased change nobody knows the key any more.
        if (type === 'audit.dropped' || type === 'state.forked' || key === null) return forget()
        cells.drop(namespace, String(key))
        touched.add(namespace)
      }
    },
    committed() {
      const made = table.changes()
      if (feed.size() === 0) return
      changes = changes.length === 0 ? made : [...changes, ...made]
    },
    rolledBack() {
      table.changes()
      table.forget()
      cells.clear()
    },
    tell() {
      cells.trim()
      // What others committed first: whoever was not told yet reads on from the log, what was committed here included.
      if (all) feed.pokeAll()
      else for (const namespace of touched) feed.poke(namespace)
      all = false
      touched.clear()
      if (changes.length === 0) return
      const made = changes
      changes = []
      feed.push(made)
    },
  }
}
