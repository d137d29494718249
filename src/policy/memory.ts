import { ConcordError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import {
  globalNamespace,
  isAtHome,
  namespaceOfChannel,
  refuseReserved,
  runNamespace,
  subjectNamespace,
  teamNamespace,
  threadNamespace,
} from '../domain/names.ts'
import type { Recalled } from '../domain/recall.ts'

export type MemoryAccess = 'write' | 'read' | 'none'

/** What the agents of a team may do, wherever they run, in memory that is not their run's own; what is not mentioned is `write`. */
export type MemoryPolicy = { [S in SharedMemory]?: MemoryAccess }

export type SharedMemory = 'thread' | 'subject' | 'team' | 'global'

export const accessTo = (policy: MemoryPolicy | undefined, shared: SharedMemory): MemoryAccess =>
  policy?.[shared] ?? 'write'

export type MemoryReach = {
  /** Throws `policy.denied`. */
  check(namespace: string, wanted: 'read' | 'write'): void
  /** Throws `policy.denied` for a channel that may not be written to. */
  checkChannel(channel: string): void
  /** Throws `policy.denied` where threads are out of reach. */
  checkThread(): void
  /** Whether a message of a channel may be heard: as what is in its namespace. */
  hears(channel: string): boolean
  /** Whether knowledge about somebody may be used: the run's subject's, and what is about nobody. */
  knows(subject: string | undefined): boolean
  /** Throws `policy.denied` for knowledge about somebody else. */
  checkKnown(subject: string | undefined): void
  /** Whether what is kept of this is in reach. */
  sees(shared: SharedMemory): boolean
}

/** Of what a run began with, what is in reach. */
export const recalledIn = (
  { thread, facts }: Recalled,
  sees: (shared: SharedMemory) => boolean,
): Recalled => ({
  ...(thread !== undefined && sees('thread') ? { thread } : {}),
  ...(facts !== undefined && sees('subject') ? { facts } : {}),
})

/** Events of a run, without what it began with that is out of reach. */
export const eventsIn = (events: Event[], sees: (shared: SharedMemory) => boolean): Event[] =>
  events.map((event) => {
    // Erased events have no data.
    if (event.type !== 'run.queued' || event.data?.recalled === undefined) return event
    const { recalled, ...data } = event.data
    const seen = recalledIn(recalled, sees)
    return { ...event, data: { ...data, ...(Object.keys(seen).length === 0 ? {} : { recalled: seen }) } }
  })

const kinds: readonly SharedMemory[] = ['thread', 'subject', 'team', 'global']

const sharedOf = (goal: Goal, team: string): { [S in SharedMemory]: string | undefined } => ({
  thread: goal.thread === undefined ? undefined : threadNamespace(goal.thread),
  subject: goal.subject === undefined ? undefined : subjectNamespace(goal.subject),
  team: teamNamespace(team),
  global: globalNamespace,
})

/** A team as its memory is concerned. */
export type MemoryTeam = {
  policy?: { memory?: MemoryPolicy }
  /** Of a team that is one agent of another, that other: its memory is theirs. */
  memberOf?: string
}

/** What the agents of a run reach: its own memory, and that of its thread, subject, team and of all as its team's policy says. */
export const memoryReach = (
  { run, goal }: { run: string; goal: Goal },
  { policy: { memory: policy } = {}, memberOf }: MemoryTeam,
): MemoryReach => {
  const home = runNamespace(run)
  const shared = sharedOf(goal, memberOf ?? goal.team)
  const accessOf = (namespace: string): MemoryAccess => {
    // What follows the run's id is the run's too (forks of its state); ids of threads and subjects may themselves have slashes.
    if (isAtHome(namespace, home)) return 'write'
    const kind = kinds.find((each) => shared[each] === namespace)
    return kind === undefined ? 'none' : accessTo(policy, kind)
  }
  const check: MemoryReach['check'] = (namespace, wanted) => {
    const access = accessOf(namespace)
    if (access === 'write' || (wanted === 'read' && access === 'read')) return
    refuseReserved(namespace)
    const reached = [home, ...kinds.map((kind) => shared[kind])].filter(
      (each) => each !== undefined && accessOf(each) !== 'none',
    )
    throw new ConcordError(
      'policy.denied',
      `Cannot ${wanted} ${JSON.stringify(namespace.slice(0, 200))} as an agent of run ${run} reaches ${reached.join(', ')}: ${access === 'read' ? 'this one is for reading' : 'this is none of them'}; use one of them, or change the team's policy ("memory")`,
    )
  }
  const knows = (subject: string | undefined) => subject === undefined || subject === goal.subject
  return {
    check,
    checkChannel: (channel) => check(namespaceOfChannel(channel), 'write'),
    checkThread() {
      // A child run has no thread of its own and works on its parent's.
      if (accessTo(policy, 'thread') === 'none') check(shared.thread ?? threadNamespace(''), 'read')
    },
    hears: (channel) => accessOf(namespaceOfChannel(channel)) !== 'none',
    knows,
    checkKnown(subject) {
      if (!knows(subject))
        throw new ConcordError(
          'policy.denied',
          `Cannot use knowledge about ${JSON.stringify(subject)} as a run reaches that of its own subject: this is another; leave it out`,
        )
    },
    sees: (kind) => accessTo(policy, kind) !== 'none',
  }
}
