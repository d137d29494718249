import type { Clock } from '../../ports/clock.ts'
import type { Member, Membership } from '../../ports/membership.ts'

/** Members of one process's memory: alive from join to leave. */
export const volatileMembership = (self: string, clock: Clock, table: Map<string, Member>): Membership => ({
  self,
  lapses: 0,
  beat: async () => {},
  async join(role, url) {
    const member = { id: self, host: 'memory', pid: process.pid, role, beatAt: clock.now() }
    table.set(self, url === undefined ? member : { ...member, url })
  },
  async leave() {
    table.delete(self)
  },
  members: async () => [...table.values()].map((member) => ({ ...member, beatAt: clock.now() })),
  isAlive: async (member) => member === self || table.has(member),
})
