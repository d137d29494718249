import { namespaceOfStream } from '../../domain/names.ts'
import type { KeyedRow } from '../state-change.ts'
import type { Feed } from '../state-feed.ts'
import type { Change } from '../state-plan.ts'
import type { Cells } from './state-cells.ts'
import type { StateTable } from './state-table.ts'
import type { Foreign } from './writer.ts'

/** Keeps this process's copies and watchers true to what is committed, here and elsewhere. */
export type Live = Foreign & {
  /** Takes the changes of the commit just made. */
  committed(changes: readonly Change[]): void
  rolledBack(): void
  /** What another process says it committed: nothing of it has to be looked for. */
  told(rows: readonly KeyedRow[]): void
  /** Outside a transaction: tells the watchers. */
  tell(): void
}

export const stateLive = (parts: { cells: Cells; table: StateTable; feed: Feed }): Live => {
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
    wanted: () => cells.size() > 0 || feed.size() > 0,
    event(stream, type, key) {
      if (type === 'audit.dropped' || type === 'state.forked') return forget()
      if (type !== 'state.changed' && type !== 'state.expired') return
      // Of an erased change nobody knows the key any more.
      if (key === null) return forget()
      const namespace = namespaceOfStream(stream)
      if (namespace === undefined) return
      cells.drop(namespace, key)
      if (feed.watching(namespace)) touched.add(namespace)
    },
    all: forget,
    committed(made) {
      if (feed.size() === 0) return
      changes = changes.length === 0 ? [...made] : [...changes, ...made]
    },
    rolledBack() {
      table.changes()
      table.forget()
      cells.clear()
    },
    told(rows) {
      for (const { namespace, key } of rows) cells.drop(namespace, key)
      feed.push(rows)
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
