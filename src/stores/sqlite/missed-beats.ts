/**
 * Counts how many beats of this process others have let pass without one of their own. So no clock of another process is believed, nor
 * how long a machine slept: a process that stood still itself has counted nothing in that time.
 */
export type MissedBeats = {
  /** After a committed beat of this process: the members as they stood then, and the elapsed time. */
  saw(members: readonly { id: string; beatAt: number }[], at: number): void
  /** Beats that a member has missed; 0 when it has beaten since, undefined when it has not been watched yet. */
  of(id: string, beatAt: number): number | undefined
  atLeast(missed: number): string[]
}

/** Beats that came late come together, and say nothing of the time between them. */
const intervalsBetween = 0.9

export const missedBeats = (beatMs: number): MissedBeats => {
  let watched = new Map<string, { beatAt: number; missed: number }>()
  let countedAt: number | undefined
  return {
    saw(members, at) {
      const counts = countedAt === undefined || at - countedAt >= intervalsBetween * beatMs
      if (counts) countedAt = at
      const next: typeof watched = new Map()
      for (const { id, beatAt } of members) {
        const before = watched.get(id)
        const missed = before?.beatAt === beatAt ? before.missed + (counts ? 1 : 0) : 0
        next.set(id, { beatAt, missed })
      }
      watched = next
    },
    of(id, beatAt) {
      const before = watched.get(id)
      return before === undefined ? undefined : before.beatAt === beatAt ? before.missed : 0
    },
    atLeast: (missed) => [...watched].flatMap(([id, member]) => (member.missed >= missed ? [id] : [])),
  }
}
