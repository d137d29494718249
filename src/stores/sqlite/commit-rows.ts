import { type CommitRun, commitDigest, commitList, type Digest, genesis, toDigest } from '../chain.ts'
import type { Connection } from './connection.ts'

const sql = {
  last: 'SELECT digest FROM commits ORDER BY position DESC LIMIT 1',
  insert: 'INSERT INTO commits VALUES (?, ?, ?, ?)',
  incarnation: 'SELECT id FROM incarnation',
}

/** The rows that say in which order the streams of each commit grew, each chained to the last. */
export type CommitRows = {
  /** Notes what the transaction under way appended to a stream. */
  add(stream: string, from: number, to: number, head: Digest): void
  /** Writes the transaction's row, if it appended anything; `position` is its last event's. */
  write(position: number): void
  /** Forgets what was noted, and the last row: it was rolled back, or others committed. */
  forget(): void
}

export const commitRows = (connection: Connection): CommitRows => {
  const insert = connection.statement(sql.insert)
  let runs: CommitRun[] = []
  let previous: Digest | undefined
  let incarnation: string | undefined

  const lastDigest = (): Digest => {
    const row = connection.get(sql.last)
    return row ? toDigest(row[0] as Uint8Array) : genesis
  }

  return {
    add(stream, from, to, head) {
      const last = runs.at(-1)
      if (last?.stream === stream) {
        last.to = to
        last.head = head
      } else runs.push({ stream, from, to, head })
    },
    write(position) {
      if (runs.length === 0) return
      const list = commitList(runs)
      runs = []
      incarnation ??= String(connection.get(sql.incarnation)?.[0])
      previous = commitDigest(previous ?? lastDigest(), position, incarnation, list)
      insert.run(position, list, incarnation, Buffer.from(previous, 'latin1'))
    },
    forget() {
      runs = []
      previous = undefined
    },
  }
}
