import { type BigIntStats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'

/**
 * Whether a database is still the file its path names. SQLite continues with the file it has open, also
 * when that was deleted or another was put in its place: everything acknowledged then would be lost.
 *
 * 1. The path and the open files are compared by device and inode, and never by opening: closing a
 * descriptor of the same file would drop SQLite's locks.
 * 2. Looked at with each beat, and before a commit is acknowledged where the last look is `freshMs` old.
 * 3. Once lost it stays so, whatever the path names later.
 * 4. Files are of the machine, so it is the machine's time that beats go by, not a clock that is given.
 */
export type FileGuard = {
  /** Why the database can no longer be used; undefined while it can. */
  readonly lost: ConcordError | undefined
  /** Looks; throws `store.lost`. */
  check(): void
  /** Looks where the last look is some time ago; throws `store.lost`. */
  checkSoon(): void
  /** Throws `store.lost` where that is known already. */
  checkKnown(): void
  /** Called once, when it is lost. */
  onLost(listener: (error: ConcordError) => void): void
  stop(): void
}

const freshMs = 50

type Seen = { dev: bigint; ino: bigint; size: bigint }

const look = (path: string): BigIntStats | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })

export const lostError = (file: string, now: string): ConcordError =>
  new ConcordError(
    'store.lost',
    `Cannot continue with the store ${file} as its file must stay in its place while it is used: ${now}; stop every process that uses it, put the store or a backup there, and start again`,
    { details: { file } },
  )

/** `holds` says how many bytes the database takes by its own account. */
export const fileGuard = (
  file: string,
  { beatMs, holds }: { beatMs: number; holds(): number },
): FileGuard => {
  const paths = [file, `${file}-wal`]
  const seen = new Map<string, Seen>()
  const listeners = new Set<(error: ConcordError) => void>()
  let lost: ConcordError | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let stopped = false

  const problem = (path: string): string | undefined => {
    const now = look(path)
    const before = seen.get(path)
    if (now === undefined) return before === undefined ? undefined : `${basename(path)} was deleted`
    if (before !== undefined && (before.dev !== now.dev || before.ino !== now.ino))
      return `another ${basename(path)} is in its place`
    const shrank = path === file && before !== undefined && now.size < before.size
    if (shrank && BigInt(holds()) > now.size) return `${basename(path)} was cut to ${now.size} bytes`
    seen.set(path, { dev: now.dev, ino: now.ino, size: now.size })
    return undefined
  }
  const lose = (now: string) => {
    lost = lostError(file, now)
    clearInterval(timer)
    for (const listener of listeners) listener(lost)
  }
  const check = () => {
    if (lost !== undefined) throw lost
    if (stopped) return
    lookedAt = performance.now()
    for (const path of paths) {
      const now = problem(path)
      if (now === undefined) continue
      lose(now)
      throw lost
    }
  }
  const timer = setInterval(() => {
    try {
      check()
    } catch {
      // Whoever uses the store next is told, and the listeners were.
    }
  }, beatMs)
  timer.unref()
  check()

  return {
    get lost() {
      return lost
    },
    check,
    checkSoon() {
      if (lost !== undefined) throw lost
      if (performance.now() - lookedAt >= freshMs) check()
    },
    checkKnown() {
      if (lost !== undefined) throw lost
    },
    onLost: (listener) => void listeners.add(listener),
    stop() {
      stopped = true
      clearInterval(timer)
    },
  }
}
