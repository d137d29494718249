import type { Attempt } from '../domain/attempt.ts'
import { namespaceOfChannel } from '../domain/channel.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Recalled } from '../domain/recall.ts'
import { finalStatuses, type RunSummary } from '../domain/summary.ts'
import { subjectMeant } from '../memory/agent-memory.ts'
import { scopedState } from '../memory/scoped-state.ts'
import { type SubjectMemory, subjectMemory, subjectNamespace } from '../memory/subject.ts'
import { accessTo, type MemoryAccess, type MemoryPolicy, type SharedMemory } from '../policy/memory.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Provenance, StateStore } from '../ports/state-store.ts'
import type { Grant, MemoryTokens } from './memory-token.ts'

/** What the holder of a token may do; everything in it follows from the token and the log. */
export type Scope = {
  readonly grant: Grant
  readonly provenance: Provenance
  /** Goes with every write, which is refused once it is over. */
  readonly attempt: Attempt
  /** Throws `attempt.stale` or `epoch.stale` when the attempt is over: for what is no write of the state. */
  current(): Promise<void>
  /** Facts about a subject, default the run's, written in the caller's name; `operation` tells one request from another. */
  subject(subject: string | undefined, access: 'read' | 'write', operation: string): SubjectMemory
  /** Of what the run began with, what is in reach; nothing for planners and judges of plans, whose input has it. */
  recalled(all: Recalled): Recalled
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
}

/** The memory for who comes from outside the process. */
export type Memory = {
  /** Behind `beforeStore`. */
  readonly store: StateStore
  readonly tokens: MemoryTokens
  /** Throws `auth.required` when the run is gone. */
  scope(grant: Grant): Promise<Scope>
  /** Where this process's server can be reached, once it can: agents elsewhere are told of it. */
  reachableAt(url: string | undefined): void
  /** What a call of an agent elsewhere carries; nothing while no server runs. */
  headers(grant: Grant): Record<string, string>
}

export type MemoryParts = {
  store: StateStore
  log: EventLog
  tokens: MemoryTokens
  url: string | undefined
  policy(team: string): MemoryPolicy | undefined
}

const kinds: readonly SharedMemory[] = ['thread', 'subject', 'team', 'global']

const sharedOf = ({ goal }: RunSummary): { [S in SharedMemory]: string | undefined } => ({
  thread: goal.thread === undefined ? undefined : `thread/${goal.thread}`,
  subject: goal.subject === undefined ? undefined : `subject/${goal.subject}`,
  team: `team/${goal.team}`,
  global: 'global',
})

const scopeOf = (
  grant: Grant,
  summary: RunSummary,
  policy: MemoryPolicy | undefined,
  store: StateStore,
  now: () => number,
): Scope => {
  const { run, step, agent, epoch, attempt: number, since } = grant
  const provenance: Provenance = { run, step, agent, epoch }
  const attempt: Attempt = { run, step, attempt: number, since }
  const home = `run/${run}`
  const shared = sharedOf(summary)
  const accessOf = (namespace: string): MemoryAccess => {
    // What follows the run's id is the run's too (forks of its state); ids of threads and subjects may themselves have slashes.
    if (namespace === home || namespace.startsWith(`${home}/`)) return 'write'
    const kind = kinds.find((each) => shared[each] === namespace)
    return kind === undefined ? 'none' : accessTo(policy, kind)
  }
  const check: Scope['check'] = (namespace, wanted) => {
    const access = accessOf(namespace)
    if (access === 'none' || (wanted === 'write' && access !== 'write')) {
      const reached = [home, ...kinds.map((kind) => shared[kind])].filter(
        (each) => each !== undefined && accessOf(each) !== 'none',
      )
      throw new ConcordError(
        'policy.denied',
        `Cannot ${wanted} ${JSON.stringify(namespace.slice(0, 200))} as a call of run ${run} reaches ${reached.join(', ')}: ${access === 'read' ? 'this one is for reading' : 'this is none of them'}; use one of them, or change the team's policy ("memory")`,
      )
    }
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
    async current() {
      // A condition of a key nobody has: only the fences in front of it count.
      await store.write([
        { namespace: home, key: '$attempt', check: true, ifAbsent: true, provenance, attempt },
      ])
    },
    home,
    check,
    recalled({ thread, facts }) {
      if (step === '$plan' || step === '$feasible') return {}
      const sees = (kind: SharedMemory) => accessTo(policy, kind) !== 'none'
      return {
        ...(thread !== undefined && sees('thread') ? { thread } : {}),
        ...(facts !== undefined && sees('subject') ? { facts } : {}),
      }
    },
    checkThread() {
      // A child run has no thread of its own and works on its parent's.
      if (accessTo(policy, 'thread') === 'none') check(shared.thread ?? 'thread/', 'read')
    },
    subject(named, access, operation) {
      const subject = subjectMeant(named, summary.goal.subject)
      check(subjectNamespace(subject), access)
      const fenced: StateStore = {
        ...store,
        write: (writes) => store.write(writes.map((write) => ({ ...write, attempt }))),
      }
      const operationPrefix = `${grant.key}/${operation}`
      const state = scopedState({ store: fenced, namespace: home, provenance, operationPrefix })
      return subjectMemory({ subject, state, source: { run, step, agent }, now })
    },
    hears: (channel) => accessOf(namespaceOfChannel(channel)) !== 'none',
    knows: (subject) => subject === undefined || subject === summary.goal.subject,
  }
}

export const memoryAccess = ({ store, log, tokens, url, policy }: MemoryParts): Memory => {
  let reachable = url
  return {
    store,
    tokens,
    reachableAt(at) {
      reachable = at
    },
    headers(grant): Record<string, string> {
      if (reachable === undefined) return {}
      const at = `${reachable.replace(/\/+$/, '')}/memory`
      return { 'concord-memory': at, 'concord-token': tokens.issue(grant) }
    },
    async scope(grant) {
      const summary = await log.run(grant.run)
      if (summary === undefined)
        throw new ConcordError(
          'auth.required',
          `Cannot accept the concord-token as its run must be in this store: there is no run ${grant.run}; ask the server that handed it out`,
        )
      return scopeOf(grant, summary, policy(summary.goal.team), store, tokens.now)
    },
  }
}
