import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, sleep } from '../../ports/clock.ts'

/** Turns at a site that are shared by every process of a user on this machine. */
export type Turns = {
  /** Waits until it is this caller's turn: at least `intervalMs` after the turn before, whoever had that. */
  take(intervalMs: number, signal?: AbortSignal): Promise<void>
  /** Nobody gets a turn before so many milliseconds have passed: the site asked for it. */
  hold(delayMs: number): Promise<void>
}

/** A holder that died leaves its lock behind; reading and writing one number takes far less. */
const LOCK_STALE_MS = 5000
const LOCK_TRIES_MAX = 400
const LOCK_WAIT_MS = 15
/** A clock that was set back must not make everybody wait for it. */
const AHEAD_MAX_MS = 120_000

/**
 * Turns kept in a small file: the next free moment by the wall clock, the only clock that processes share. Taken by reserving it under a lock,
 * then waiting for it. A folder that cannot be written to leaves the turns to each process alone.
 */
export const sharedTurns = (path: string, clock: Clock): Turns => {
  const reserve = async (change: (free: number, now: number) => number): Promise<number> => {
    const lock = await locked(path, clock)
    try {
      const now = clock.now()
      const written = Number(await readFile(path, 'utf8').catch(() => '0'))
      const free = Number.isFinite(written) && written - now < AHEAD_MAX_MS ? written : now
      const next = change(free, now)
      await writeFile(`${path}.new`, String(next))
      await rename(`${path}.new`, path)
      return Math.max(0, free - now)
    } finally {
      await lock.release()
    }
  }
  return {
    take: async (intervalMs, signal) => {
      const waitMs = await reserve((free, now) => Math.max(free, now) + intervalMs).catch(() => 0)
      if (waitMs > 0) await sleep(clock, waitMs, signal)
    },
    hold: async (delayMs) => {
      await reserve((free, now) => Math.max(free, now + delayMs)).catch(() => 0)
    },
  }
}

const locked = async (path: string, clock: Clock): Promise<{ release(): Promise<void> }> => {
  const lock = `${path}.lock`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  for (let tries = 0; tries < LOCK_TRIES_MAX; tries += 1) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return { release: () => rm(lock, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const held = await stat(lock).catch(() => undefined)
      if (held !== undefined && Date.now() - held.mtimeMs > LOCK_STALE_MS) await rm(lock, { force: true })
      else await sleep(clock, LOCK_WAIT_MS)
    }
  }
  throw new Error('the lock of the turns could not be had')
}
