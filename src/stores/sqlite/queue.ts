import type { ErrorCode } from '../../domain/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  deadLettersMax,
  type EntryState,
  type Lease,
  type Queue,
  type QueuedEntry,
  retryDelayMs,
} from '../../ports/queue.ts'
import type { Random } from '../../ports/random.ts'
import { checkDelay, checkVisibility, prepareEntry } from '../queue-entry.ts'
import type { Committer } from './committer.ts'
import type { Connection, Row } from './connection.ts'

const states: readonly EntryState[] = ['ready', 'delayed', 'leased', 'dead']
const [ready, delayed, leased, dead] = [0, 1, 2, 3] as const

const sql = {
  find: 'SELECT entry, state, due, priority FROM queue WHERE queue = ? AND key = ?',
  add: `INSERT INTO queue(queue, key, id, priority, state, due, attempts, attempts_max, enqueued_at, lease, again, code)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, NULL, 0, NULL)`,
  forward: 'UPDATE queue SET state = ?, due = ?, priority = ? WHERE entry = ?',
  again: 'UPDATE queue SET again = 1 WHERE entry = ?',
  // What was taken too often is dead; what is due or was left by its taker is ready, at its old place.
  expireDead:
    'UPDATE queue SET state = 3, lease = NULL WHERE queue = ? AND state IN (1, 2) AND due <= ? AND attempts >= attempts_max',
  expire: 'UPDATE queue SET state = 0, lease = NULL WHERE queue = ? AND state IN (1, 2) AND due <= ?',
  next: 'SELECT entry, key, id, attempts FROM queue WHERE queue = ? AND state = 0 ORDER BY priority DESC, entry LIMIT 1',
  lease: 'UPDATE queue SET state = 2, due = ?, attempts = ?, lease = ?, again = 0 WHERE entry = ?',
  held: 'SELECT entry, due, attempts, attempts_max, again FROM queue WHERE queue = ? AND key = ? AND state = 2 AND lease = ?',
  extend: 'UPDATE queue SET due = ? WHERE entry = ?',
  remove: 'DELETE FROM queue WHERE entry = ?',
  // At the back: one that is asked for again and again must not keep the others waiting.
  renew: `UPDATE queue SET entry = (SELECT max(entry) + 1 FROM queue), state = 0, attempts = 0, lease = NULL, again = 0, code = NULL WHERE entry = ?`,
  giveBack: 'UPDATE queue SET state = ?, due = ?, lease = NULL, again = 0, code = ? WHERE entry = ?',
  list: `SELECT queue, id, key, state, priority, attempts, attempts_max, enqueued_at, due, code FROM queue
    WHERE queue = ? AND (?2 IS NULL OR state = ?2) ORDER BY entry LIMIT ?3`,
  stats: 'SELECT state, count(*), min(due) FROM queue WHERE queue = ? GROUP BY state',
  forget: `DELETE FROM queue WHERE state = 3 AND queue = ?1 AND entry <=
    (SELECT entry FROM queue WHERE state = 3 AND queue = ?1 ORDER BY entry DESC LIMIT 1 OFFSET ?2)`,
  queues: 'SELECT DISTINCT queue FROM queue ORDER BY queue',
  requeue: `UPDATE queue SET state = 0, attempts = 0, code = NULL WHERE queue = ? AND key = ? AND state = 3`,
  removeKey: 'DELETE FROM queue WHERE queue = ? AND key = ?',
}

export type QueueParts = {
  connection: Connection
  committer: Committer
  clock: Clock
  random: Random
  /** Dead letters a queue keeps. */
  deadMost?: number
}

type Held = { entry: number; attempts: number; attemptsMax: number; again: boolean }

/**
 * The queue as a table beside the log, written through the same committer: enqueuing, taking and acknowledging share transactions with the appends of the same
 * turn. Time-outs are looked for by whoever takes or looks; nothing runs in the background.
 */
export const sqliteQueue = ({
  connection,
  committer,
  clock,
  random,
  deadMost = deadLettersMax,
}: QueueParts): Queue => {
  const token = () => Buffer.from(random.bytes(12)).toString('base64url')

  const expire = (queue: string): void => {
    const now = clock.now()
    if (Number(connection.run(sql.expireDead, queue, now).changes) > 0)
      connection.run(sql.forget, queue, deadMost)
    connection.run(sql.expire, queue, now)
  }

  /** The entry a lease is of, while the lease is valid. */
  const held = ({ queue, key, token: lease }: Lease): Held | undefined => {
    const row = connection.get(sql.held, queue, key, lease)
    if (!row || Number(row[1]) <= clock.now()) return undefined
    return {
      entry: Number(row[0]),
      attempts: Number(row[2]),
      attemptsMax: Number(row[3]),
      again: row[4] === 1,
    }
  }

  const enqueue = (entry: ReturnType<typeof prepareEntry>) => {
    const { queue, key, id, priority, attemptsMax, delayMs } = entry
    expire(queue)
    const now = clock.now()
    const wanted = delayMs > 0 ? delayed : ready
    const found = connection.get(sql.find, queue, key)
    if (!found) {
      connection.run(sql.add, queue, key, id, priority, wanted, now + delayMs, attemptsMax, now)
      return { added: true, state: states[wanted]! }
    }
    const [number, state, due, before] = found.map(Number) as [number, number, number, number]
    if (state === leased) connection.run(sql.again, number)
    if (state === ready || state === delayed) {
      const earliest = Math.min(due, now + delayMs)
      const next = state === delayed && earliest > now ? delayed : ready
      connection.run(sql.forward, next, earliest, Math.max(before, priority), number)
      return { added: false, state: states[next]! }
    }
    return { added: false, state: states[state]! }
  }

  const take = (queue: string, visibilityMs: number): Lease | undefined => {
    expire(queue)
    const row = connection.get(sql.next, queue)
    if (!row) return undefined
    const [entry, key, id, attempts] = row
    const lease = {
      queue,
      id: String(id),
      key: String(key),
      attempt: Number(attempts) + 1,
      until: clock.now() + visibilityMs,
      token: token(),
    }
    connection.run(sql.lease, lease.until, lease.attempt, lease.token, Number(entry))
    return lease
  }

  const giveBack = (lease: Lease, delayMs: number | undefined, code: ErrorCode | undefined) => {
    const mine = held(lease)
    if (!mine) return 'lost' as const
    const over = mine.attempts >= mine.attemptsMax
    const due = clock.now() + (delayMs ?? retryDelayMs(mine.attempts))
    connection.run(sql.giveBack, over ? dead : delayed, due, code ?? null, mine.entry)
    if (over) connection.run(sql.forget, lease.queue, deadMost)
    return over ? ('dead' as const) : ('delayed' as const)
  }

  return {
    async enqueue(entry) {
      const prepared = prepareEntry(entry)
      return committer.submit(() => enqueue(prepared))
    },
    async take(queue, options) {
      const visibilityMs = checkVisibility(options.visibilityMs)
      return committer.submit(() => take(queue, visibilityMs))
    },
    async extend(lease, ms) {
      const visibilityMs = checkVisibility(ms)
      return committer.submit(() => {
        const mine = held(lease)
        if (!mine) return undefined
        const until = clock.now() + visibilityMs
        connection.run(sql.extend, until, mine.entry)
        return { ...lease, until }
      })
    },
    acknowledge: async (lease) =>
      committer.submit(() => {
        const mine = held(lease)
        if (mine) connection.run(mine.again ? sql.renew : sql.remove, mine.entry)
        return mine !== undefined
      }),
    async retry(lease, { delayMs, code } = {}) {
      const delay = delayMs === undefined ? undefined : checkDelay(delayMs)
      return committer.submit(() => giveBack(lease, delay, code))
    },
    async list(queue, { state, limit = 100 } = {}) {
      const wanted = state === undefined ? null : states.indexOf(state)
      return committer.submit(() => {
        expire(queue)
        return connection.all(sql.list, queue, wanted, limit).map(entryOf)
      })
    },
    stats: async (queue) =>
      committer.submit(() => {
        expire(queue)
        const counts = { ready: 0, delayed: 0, leased: 0, dead: 0 }
        let nextAt = Number.POSITIVE_INFINITY
        for (const [state, count, due] of connection.all(sql.stats, queue)) {
          counts[states[Number(state)]!] = Number(count)
          if (state === delayed || state === leased) nextAt = Math.min(nextAt, Number(due))
        }
        return Number.isFinite(nextAt) ? { ...counts, nextAt } : counts
      }),
    queues: async () =>
      connection.read('list queues', () => connection.all(sql.queues).map(([queue]) => String(queue))),
    requeue: async (queue, key) =>
      committer.submit(() => {
        expire(queue)
        return Number(connection.run(sql.requeue, queue, key).changes) === 1
      }),
    remove: async (queue, key) =>
      committer.submit(() => Number(connection.run(sql.removeKey, queue, key).changes) === 1),
  }
}

const entryOf = (row: Row): QueuedEntry => {
  const [queue, id, key, state, priority, attempts, attemptsMax, enqueuedAt, due, code] = row
  const timed = state === delayed || state === leased
  return {
    queue: String(queue),
    id: String(id),
    key: String(key),
    state: states[Number(state)]!,
    priority: Number(priority),
    attempts: Number(attempts),
    attemptsMax: Number(attemptsMax),
    enqueuedAt: Number(enqueuedAt),
    ...(timed ? { due: Number(due) } : {}),
    ...(code === null ? {} : { code: code as ErrorCode }),
  }
}
