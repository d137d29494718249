import { hostname } from 'node:os'
import type { Clock } from '../../ports/clock.ts'
import type { Member, Membership } from '../../ports/membership.ts'
import type { Random } from '../../ports/random.ts'
import type { Committer } from './committer.ts'
import type { Connection, Row } from './connection.ts'
import { processLives, processStart } from './process-identity.ts'

const sql = {
  join: 'INSERT OR REPLACE INTO members(id, host, pid, started, role, url, beat_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
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

/** Beats that may be missing before a member of another machine counts as gone. */
const beatsMissed = 3

export const sqliteMembership = ({
  connection,
  committer,
  clock,
  random,
  beatMs,
}: MembershipParts): Membership => {
  const host = hostname()
  const self = `${host}-${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`
  let stop: (() => void) | undefined
  let joined = false

  const alive = (row: Row): boolean => {
    const [id, where, pid, , , beatAt, started] = row
    if (id === self) return true
    if (where === host) return processLives(Number(pid), started === null ? undefined : String(started))
    return clock.now() - Number(beatAt) < beatsMissed * beatMs
  }

  const beat = () => {
    if (!joined) return
    stop = clock.schedule(beatMs, beat, { unref: true })
    // A beat that fails is made up for by the next one; the log's own writes report what is wrong with the store.
    committer.submit(() => connection.run(sql.beat, clock.now(), self)).catch(() => undefined)
  }

  return {
    self,
    async join(role, url) {
      const started = processStart(process.pid) ?? null
      await committer.submit(() => {
        for (const row of connection.all(sql.all)) if (!alive(row)) connection.run(sql.leave, String(row[0]))
        connection.run(sql.join, self, host, process.pid, started, role, url ?? null, clock.now())
      })
      stop?.()
      joined = true
      stop = clock.schedule(beatMs, beat, { unref: true })
    },
    async leave() {
      stop?.()
      if (!joined) return
      joined = false
      await committer.submit(() => connection.run(sql.leave, self))
    },
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
