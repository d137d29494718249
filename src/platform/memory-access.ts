import type { Attempt } from '../domain/attempt.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import { isItemRun, runNamespace, subjectNamespace } from '../domain/names.ts'
import type { Recalled } from '../domain/recall.ts'
import { finalStatuses, type RunSummary } from '../domain/summary.ts'
import { subjectMeant } from '../memory/agent-memory.ts'
import { checkOwner } from '../memory/fence.ts'
import { scopedState } from '../memory/scoped-state.ts'
import { type SubjectMemory, subjectMemory } from '../memory/subject.ts'
import { eventsIn, type MemoryTeam, memoryReach, recalledIn } from '../policy/memory.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Provenance, StateStore } from '../ports/state-store.ts'
import { type AttemptWatch, attemptWatch } from './attempt-watch.ts'
import { handsOutTokens } from './memory-issuers.ts'
import type { Grant, MemoryTokens } from './memory-token.ts'

/** What the holder of a token may do; everything in it follows from the token and the log. */
export type Scope = {
  readonly grant: Grant
  readonly provenance: Provenance
  /** Goes with every write, which is refused once it is over. */
  readonly attempt: Attempt
  /** Throws `attempt.stale` or `epoch.stale` when the attempt is over: for what is no write of the state. */
  current(): Promise<void>
  /** As `current`, for reads: asked of the store only after the run has moved. */
  reading(): Promise<void>
  /** Facts about a subject, default the run's, written in the caller's name; `operation` tells one request from another. */
  subject(subject: string | undefined, access: 'read' | 'write', operation: string): SubjectMemory
  /** Of what the run began with, what is in reach; nothing for planners and judges of plans, whose input has it. */
  recalled(all: Recalled): Recalled
  /** Events of a run that may be read, without what of them is out of reach. */
  events(all: Event[]): Event[]
  /** Calls back once when the attempt is over; the function returned ends that. */
  over(listener: () => void): () => void
  /** Throws `policy.denied` where threads are out of reach. */
  checkThread(): void
  /** The namespace that is meant where none is named: the run's. */
  readonly home: string
  /** Throws `policy.denied`, and `run.finished` for a write after the end of the run. */
  check(namespace: string, access: 'read' | 'write'): void
  /** Whether a message of a channel may be heard: as what is in its namespace. */
  hears(channel: string): boolean
  /** Whether knowledge about somebody may be used: its run's subject's, and what is about nobody. */
  knows(subject: string | undefined): boolean
  /** Throws `policy.denied` for knowledge about somebody else. */
  checkKnown(subject: string | undefined): void
}

/** The memory for who comes from outside the process. */
export type Memory = {
  /** Behind `beforeStore`. */
  readonly store: StateStore
  /** Which history the store holds. */
  readonly incarnation: string
  readonly tokens: MemoryTokens
  /** Throws `auth.required` when the run is gone. */
  scope(grant: Grant): Promise<Scope>
  /** Where this process's server can be reached, once it can: agents elsewhere are told of it. */
  reachableAt(url: string | undefined): void
  /** What a call of an agent elsewhere carries; nothing while no server runs. */
  headers(grant: Grant): Record<string, string>
}

export type MemoryParts = {
  incarnation: string
  clock: Clock
  store: StateStore
  log: EventLog
  tokens: MemoryTokens
  url: string | undefined
  team(name: string): MemoryTeam
}

const scopeOf = (
  grant: Grant,
  summary: RunSummary,
  team: MemoryTeam,
  { store, clock, watch }: { store: StateStore; clock: Clock; watch: AttemptWatch },
): Scope => {
  const { run, step, agent, epoch, attempt: number, since } = grant
  // The agent of an item of a spread step has the memory of the item's parent.
  const isItem = summary.parent !== undefined && isItemRun(run)
  const known = isItem ? (summary.parent ?? run) : run
  const provenance: Provenance = { run: known, step, agent, epoch, ...(isItem ? { holder: run } : {}) }
  const attempt: Attempt = { run, step, attempt: number, since }
  const home = runNamespace(known)
  const reach = memoryReach({ run: known, goal: summary.goal }, team)
  const check: Scope['check'] = (namespace, wanted) => {
    reach.check(namespace, wanted)
    if (wanted === 'write' && finalStatuses.has(summary.status))
      throw new ConcordError(
        'run.finished',
        `Cannot write for run ${run} as it is over: ${summary.status}; stop the work that belongs to it`,
      )
  }
  return {
    grant,
    provenance,
    attempt,
    current: () => checkOwner(store, provenance, attempt),
    reading: () => watch.check(grant),
    home,
    check,
    recalled: (all) => (step === '$plan' || step === '$feasible' ? {} : recalledIn(all, reach.sees)),
    events: (all) => eventsIn(all, reach.sees),
    over: (listener) => watch.over(grant, listener),
    checkThread: reach.checkThread,
    subject(named, access, operation) {
      const subject = subjectMeant(named, summary.goal.subject)
      check(subjectNamespace(subject), access)
      const fenced: StateStore = {
        ...store,
        write: (writes) => store.write(writes.map((write) => ({ ...write, attempt }))),
      }
      const operationPrefix = `${grant.key}/${operation}`
      const state = scopedState({
        store: fenced,
        namespace: home,
        provenance,
        operationPrefix,
        repeatable: true,
        failures: number - 1,
        clock,
      })
      return subjectMemory({ subject, state, source: { run: known, step, agent }, now: () => clock.now() })
    },
    hears: reach.hears,
    knows: reach.knows,
    checkKnown: reach.checkKnown,
  }
}

export const memoryAccess = ({ store, incarnation, log, tokens, clock, url, team }: MemoryParts): Memory => {
  let reachable = url
  const watch = attemptWatch(log, ({ run, step, epoch, agent, attempt: number, since }) =>
    checkOwner(store, { run, step, agent, epoch }, { run, step, attempt: number, since }),
  )
  let end: (() => void) | undefined
  return {
    store,
    incarnation,
    tokens,
    reachableAt(at) {
      reachable = at
      if (at !== undefined) return
      end?.()
      end = undefined
    },
    headers(grant): Record<string, string> {
      if (reachable === undefined) return {}
      const at = `${reachable.replace(/\/+$/, '')}/memory`
      end ??= handsOutTokens(tokens)
      return { 'concord-memory': at, 'concord-token': tokens.issue({ ...grant, at }) }
    },
    async scope(grant) {
      const summary = await log.run(grant.run)
      if (summary === undefined)
        throw new ConcordError(
          'auth.required',
          `Cannot accept the concord-token as its run must be in this store: there is no run ${grant.run}; ask the server that handed it out`,
        )
      return scopeOf(grant, summary, team(summary.goal.team), { store, clock, watch })
    },
  }
}
