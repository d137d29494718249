import { hostname } from 'node:os'
import type { Clock } from '../../ports/clock.ts'
import type { Member, Membership } from '../../ports/membership.ts'
import type { Random } from '../../ports/random.ts'
import type { Committer } from './committer.ts'
import type { Connection, Row } from './connection.ts'
import { missedBeats } from './missed-beats.ts'
import { type ProcessState, processStart, processState } from './process-identity.ts'

const sql = {
  list: 'INSERT OR REPLACE INTO members(id, host, pid, started, role, url, beat_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  beat: 'UPDATE members SET beat_at = ? WHERE id = ?',
  leave: 'DELETE FROM members WHERE id = ?',
  all: 'SELECT id, host, pid, role, url, beat_at, started FROM members ORDER BY id',
  one: 'SELECT id, host, pid, role, url, beat_at, started FROM members WHERE id = ?',
}

export type MembershipParts = {
  connection: Connection
  committer: Committer
  clock: Clock
  random: Random
  beatMs: number
}

/** Beats without one of its own after which a member counts as gone. */
const beatsMissedMost = 3
/** Of a member of another machine that is gone, after which it is no longer listed. */
const beatsListedMost = 100
/**
 * The same for a process of this machine that lives and is not stopped: its event loop may be blocked by long computing. 40 s at 2 s
 * a beat.
 */
const beatsBlockedMost = 20
/** A beat later than this many intervals is a lapse. Fewer than others wait: so it is known here before anyone acts on it. */
const intervalsToLapse = 2

export const sqliteMembership = (parts: MembershipParts): Membership => {
  const { connection, committer, clock, random, beatMs } = parts
  const host = hostname()
  const self = `${host}-${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`
  const missed = missedBeats(beatMs)
  const started = processStart(process.pid) ?? null
  let listedAs: { role: Member['role']; url: string | null } | undefined
  let stop: (() => void) | undefined
  let lapses = 0
  /** When the last beat that was committed began, on both clocks: only the wall clock goes on while a machine sleeps. */
  let last = { monotonic: 0, wall: 0 }
  let lapsed = false

  /** Undefined for a process of another machine. */
  const stateOf = ([, where, pid, , , , started]: Row): ProcessState | undefined =>
    where === host ? processState(Number(pid), started === null ? undefined : String(started)) : undefined

  const alive = (row: Row): boolean => {
    const id = String(row[0])
    if (id === self) return true
    const beatAt = Number(row[5])
    const state = stateOf(row)
    if (state === 'dead') return false
    const beats = missed.of(id, beatAt)
    if (beats !== undefined) return beats < (state === 'running' ? beatsBlockedMost : beatsMissedMost)
    // Not watched yet. What one machine's clock says of another's beat is all there is; on this machine, the process exists.
    return state !== undefined || clock.now() - beatAt < beatsMissedMost * beatMs
  }

  const noticeLapse = (): void => {
    if (listedAs === undefined || lapsed) return
    const late = intervalsToLapse * beatMs
    if (clock.monotonic() - last.monotonic <= late && clock.now() - last.wall <= late) return
    lapsed = true
    lapses++
  }

  const list = (beatAt: number): void => {
    if (listedAs !== undefined)
      connection.run(sql.list, self, host, process.pid, started, listedAs.role, listedAs.url, beatAt)
  }

  const beat = async (): Promise<void> => {
    const began = { monotonic: clock.monotonic(), wall: clock.now() }
    const rows = await committer.submit(() => {
      for (const id of missed.atLeast(beatsListedMost)) {
        const row = connection.get(sql.one, id)
        if (row !== undefined && stateOf(row) === undefined && !alive(row)) connection.run(sql.leave, id)
      }
      // Another process may have taken this one for gone.
      if (connection.run(sql.beat, began.wall, self).changes === 0) list(began.wall)
      return connection.all(sql.all)
    })
    noticeLapse()
    lapsed = false
    last = began
    const members = rows.map((row) => ({ id: String(row[0]), beatAt: Number(row[5]) }))
    missed.saw(members, clock.monotonic())
  }

  const beatAgain = (): void => {
    stop = clock.schedule(
      beatMs,
      () => {
        if (listedAs === undefined) return
        beatAgain()
        // A beat that fails is made up for by the next one; the log's own writes report what is wrong with the store.
        beat().catch(() => undefined)
      },
      { unref: true },
    )
  }

  return {
    self,
    get lapses() {
      noticeLapse()
      return lapses
    },
    async join(role, url) {
      const began = { monotonic: clock.monotonic(), wall: clock.now() }
      listedAs = { role, url: url ?? null }
      await committer.submit(() => {
        for (const row of connection.all(sql.all)) if (!alive(row)) connection.run(sql.leave, String(row[0]))
        list(began.wall)
      })
      stop?.()
      last = began
      beatAgain()
    },
    async leave() {
      stop?.()
      if (listedAs === undefined) return
      listedAs = undefined
      await committer
        .submit(() => connection.run(sql.leave, self))
        .catch((error) => {
          // Where the store is gone there is no place to leave.
          if (connection.guard?.lost === undefined) throw error
        })
    },
    beat,
    members: async () => connection.read('list members', () => connection.all(sql.all)).map(memberOf),
    async isAlive(member) {
      if (member === self) return true
      const row = connection.read('look for a member', () => connection.get(sql.one, member))
      return row !== undefined && alive(row)
    },
  }
}

const memberOf = ([id, host, pid, role, url, beatAt]: Row): Member => ({
  id: String(id),
  host: String(host),
  pid: Number(pid),
  role: role === 'server' ? 'server' : 'runner',
  ...(url === null ? undefined : { url: String(url) }),
  beatAt: Number(beatAt),
})
