import { isConcordError } from '../../domain/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { closedError } from '../closed.ts'
import type { Connection } from './connection.ts'
import { codeOf, storeError } from './errors.ts'

type Job = {
  bytes: number
  /** Its rows may wait in memory until the end of the transaction. */
  defers: boolean
  work: () => unknown
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
  value?: unknown
  error?: unknown
  refused?: boolean
}

export type CommitterHooks = {
  /** Inside the transaction, before the first job: what other processes committed is visible from here on. */
  begun(): void
  /** Before a job that may look at what those before it deferred, and before the commit. */
  flush?(): void
  /** Right before the commit. */
  ending?(): void
  /** The transaction is durable; its jobs are answered next. */
  committed?(): void
  /** Nothing of the transaction remains; anything cached from it is wrong. */
  rolledBack(): void
  /** After the jobs of a transaction were answered, whether it was committed or not. */
  settled(): void
}

const batchMost = 1024
/** Of data in one transaction: more would hold the lock, and the event loop, for long. */
const batchBytesMost = 8 * 1024 * 1024
const retryMs = 5

/**
 * Group commit. 1. Everything submitted in one turn of the event loop is written in one transaction, in the order of submission. 2. A job
 * that throws a ConcordError has written nothing and is refused alone. 3. Anything else thrown rolls the transaction back;
 * its jobs are then tried one by one, so that one that cannot be written does not take the others with it.
 * 4. A job is answered only after its commit.
 */
export type Committer = {
  /** `bytes` says how much the job is going to write, where that may be a lot; `defers` that it leaves rows to `flush`, and sees those of others. */
  submit<T>(work: () => T, bytes?: number, defers?: boolean): Promise<T>
  /** Waits for what was submitted, then refuses what comes later. */
  close(): Promise<void>
}

export const committer = (
  connection: Connection,
  options: { clock: Clock; busyTimeoutMs: number },
  hooks: CommitterHooks,
): Committer => {
  const { db, file, guard } = connection
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  let queue: Job[] = []
  let scheduled = false
  let closed = false
  let waitingSince: number | undefined

  const perform = (jobs: readonly Job[]): void => {
    begin.run()
    hooks.begun()
    for (const job of jobs) {
      job.refused = false
      if (!job.defers) hooks.flush?.()
      try {
        job.value = job.work()
      } catch (error) {
        if (!isConcordError(error)) throw error
        job.refused = true
        job.error = error
      }
    }
    hooks.flush?.()
    hooks.ending?.()
    commit.run()
    // Committed to a file that nobody will find again is not committed.
    guard?.checkSoon()
    hooks.committed?.()
  }

  const undo = (): void => {
    hooks.rolledBack()
    // After some errors (a full disk) SQLite has rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
  }

  const answer = (jobs: readonly Job[]): void => {
    for (const job of jobs) {
      if (job.refused) job.reject(job.error)
      else job.resolve(job.value)
    }
  }

  const fail = (jobs: readonly Job[], error: unknown): void => {
    for (const job of jobs) job.reject(guard?.lost ?? storeError(error, 'commit', file))
  }

  /** What SQLite finds wrong may be that its file is gone. */
  const isLost = (): boolean => {
    try {
      guard?.check()
      return false
    } catch {
      return true
    }
  }

  /** False when another process holds the lock: nothing was done. */
  const attempt = (jobs: Job[]): boolean => {
    try {
      guard?.checkKnown()
      perform(jobs)
    } catch (error) {
      undo()
      if (isLost()) {
        fail(jobs, error)
        return true
      }
      if (codeOf(error) === 'store.busy') {
        waitingSince ??= options.clock.monotonic()
        if (options.clock.monotonic() - waitingSince < options.busyTimeoutMs) return false
        waitingSince = undefined
        fail(jobs, error)
        return true
      }
      const hopeless = codeOf(error) === 'store.read-only' || codeOf(error) === 'store.corrupt'
      if (jobs.length === 1 || hopeless) fail(jobs, error)
      else queue = [...jobs.filter((job) => !attempt([job])), ...queue]
      return true
    }
    waitingSince = undefined
    answer(jobs)
    return true
  }

  const flush = (): void => {
    scheduled = false
    const jobs = queue
    queue = jobs.splice(batchLength(jobs))
    const done = attempt(jobs)
    hooks.settled()
    if (!done) {
      queue = [...jobs, ...queue]
      scheduled = true
      options.clock.schedule(retryMs, flush)
    } else if (queue.length > 0) schedule()
  }

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  const submit = <T>(work: () => T, bytes = 0, defers = false): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (closed) return reject(closedError('write', file))
      queue.push({ bytes, defers, work, resolve: resolve as (value: unknown) => void, reject })
      schedule()
    })

  return {
    submit,
    async close() {
      if (closed) return
      const last = submit(() => undefined)
      closed = true
      await last.catch(() => undefined)
    },
  }
}

/** How many of the jobs in front go into one transaction; at least one. */
const batchLength = (jobs: readonly Job[]): number => {
  const most = Math.min(jobs.length, batchMost)
  let bytes = 0
  for (let i = 0; i < most; i++) {
    bytes += jobs[i]?.bytes ?? 0
    if (bytes > batchBytesMost) return Math.max(i, 1)
  }
  return most
}
