import { ConcordError } from '../domain/errors.ts'
import type { Draft, Event } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import { asJson, type JsonObject, sameJson } from '../domain/json.ts'
import { runNamespace, runStream, stateStream } from '../domain/names.ts'
import { isObject } from '../domain/reference.ts'
import type { Run } from '../domain/run.ts'
import type { EventLog } from '../ports/event-log.ts'
import { foldEvents, unknownRun } from './fold.ts'
import type { Start } from './runner.ts'

export type ForkOptions = {
  /** Version of the last event that both share. Default: the last one. */
  at?: number
  /** Merged into the goal's params. */
  params?: JsonObject
  goal?: string
  /** What the new run's tools may read, where the origin's start named nothing. */
  readable?: readonly string[]
}

/** Ends, ownerships and requests to stop belong to the run they happened to. */
const own = new Set<Event['type']>([
  'run.queued',
  'run.claimed',
  'run.waiting',
  'run.resumed',
  'run.suspended',
  'run.succeeded',
  'run.failed',
  'run.cancelled',
  'budget.asked',
])

/** The end of a child, and what was said to the run as a whole, belong to the run it was said to. */
const ownSignals = new Set(['cancel', 'pause', 'resume', 'child'])

const inherits = (event: Event, settled: ReadonlySet<string>): boolean => {
  if (own.has(event.type)) return false
  // What its parent allowed, the origin had; what it was asked for concerns the origin's children.
  if (event.type === 'signal.received' && event.data.signal.kind === 'budget')
    return isObject(event.data.signal.value) && event.data.signal.value.allows !== undefined
  if (event.type === 'signal.received') return !ownSignals.has(event.data.signal.kind)
  // A step that waits for a child starts one of its own: the origin's tells the origin only.
  if (event.type === 'step.waiting') return event.data.wait.for !== 'child'
  // What was reserved and never settled is the origin's: here it would be kept back for ever.
  return event.type !== 'budget.reserved' || settled.has(event.data.key)
}

/** Where the work began that was not settled at the fork, by step: what it recorded since then is the origin's. */
const unsettledIn = (run: Run, shared: readonly Event[]): Map<string, number> => {
  const began = new Map<string, number>()
  for (const [id, work] of run.works) {
    const isSkipped = run.plan?.steps.get(work.step.id)?.status === 'skipped'
    if (work.status === 'succeeded' || isSkipped) continue
    const at = shared.findIndex(
      (event) =>
        event.step === id &&
        (event.type === 'step.started' || event.type === 'step.waiting') &&
        event.data.plan === work.plan &&
        event.data.redo === work.redo,
    )
    if (at >= 0) began.set(id, at)
  }
  for (const [id, at] of approvedIn(run, shared)) {
    const { items } = run.plan?.steps.get(id) ?? {}
    began.set(id, at)
    for (let i = 0; i < (items?.count ?? 0); i++) began.set(`${id}/${i}`, at)
  }
  return began
}

/** Fan-outs under way that a person approved as a whole, where they were asked about: they are asked about again. */
const approvedIn = (run: Run, shared: readonly Event[]): [string, number][] => {
  const { plan } = run
  if (plan === undefined) return []
  return plan.order.flatMap(({ id, requireApproval }) => {
    const state = plan.steps.get(id)
    if (requireApproval !== true || state?.items === undefined || state.status === 'succeeded') return []
    const at = shared.findIndex(
      (event) =>
        event.step === id &&
        event.type === 'step.waiting' &&
        event.data.plan === plan.version &&
        event.data.redo === state.redo,
    )
    return at < 0 ? [] : [[id, at] as [string, number]]
  })
}

/**
 * Events that still hold where the goal is another: all but what unsettled work did and waited for, and named signals,
 * which were sent for it. Decisions name what they decided, so that they fit nothing that is asked now.
 */
const stillHolding = (run: Run, shared: readonly Event[]): Event[] => {
  const began = unsettledIn(run, shared)
  return shared.filter((event, i) => {
    if (event.type === 'signal.received') {
      const { kind, step = '' } = event.data.signal
      return kind !== 'signal' && !(kind === 'message' && began.has(step))
    }
    return i < (began.get(event.step ?? '') ?? shared.length) || event.type === 'step.redone'
  })
}

const settledIn = (events: readonly Event[]): Set<string> =>
  new Set(events.flatMap((event) => (event.type === 'budget.settled' ? [event.data.key] : [])))

/** The time that the origin's budget had spent at `forkedAt` is spent; what passed since then is not. */
const startOf = (event: Event, forkedAt: number, now: number): number =>
  event.type === 'run.started' ? now - Math.max(0, forkedAt - event.at) : event.at

const asDraft = (event: Event, at: number): Draft => {
  const { type, step, agent } = event
  const data = event.type === 'signal.received' ? { ...event.data, inbox: 0 } : event.data
  return {
    type,
    data,
    at,
    cause: event.id,
    ...(step === undefined ? {} : { step }),
    ...(agent === undefined ? {} : { agent }),
  } as Draft
}

/** What a new run needs to go on from another's event: its events up to there, and the moment of its state that the new one's is an overlay of. Throws `run.unknown`, `input.invalid`. */
export const forkOf = async (
  log: EventLog,
  id: string,
  newId: string,
  options: ForkOptions & { now: number },
): Promise<Start> => {
  const all = await log.read(runStream(id))
  const first = all[0]
  if (first?.type !== 'run.queued') throw unknownRun(id)
  const at = options.at ?? all.length
  const last = all[at - 1]
  if (last === undefined || at < 1)
    throw new ConcordError(
      'input.invalid',
      `Cannot fork run "${id}" at event ${at} as it has events 1 to ${all.length}; choose one of them (concord trace ${id})`,
    )
  const goal: Goal = { ...first.data.goal }
  if (options.goal !== undefined) goal.text = options.goal
  if (options.params !== undefined) goal.params = { ...goal.params, ...options.params }
  const isAnother = !sameJson(asJson(goal), asJson(first.data.goal))
  const before = all.slice(0, at)
  const run = foldEvents(id, before)
  const shared = (isAnother ? stillHolding(run, before) : before).slice(1)
  const settled = settledIn(shared)
  const readable = first.data.readable ?? options.readable
  return {
    id: newId,
    goal,
    ...(first.data.recalled === undefined ? {} : { recalled: first.data.recalled }),
    ...(readable === undefined ? {} : { readable }),
    // What unsettled work had read may stand in the state, which stays.
    ...(run.labels.length === 0 ? {} : { labels: run.labels }),
    depth: first.data.depth,
    forkedFrom: { run: id, version: at },
    inherited: {
      byContent: first.data.journal === 'content',
      events: shared
        .filter((event) => inherits(event, settled))
        .map((event) => asDraft(event, startOf(event, last.at, options.now))),
      state: { from: runNamespace(id), sequence: await sequenceAt(log, id, last.position) },
    },
  }
}

/** How many changes of a run's state were made up to a position of the log. */
const sequenceAt = async (log: EventLog, id: string, position: number): Promise<number> => {
  const stream = stateStream(runNamespace(id))
  let low = 0
  let high = await log.version(stream)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [change] = await log.read(stream, { afterVersion: middle - 1, limit: 1 })
    if (change === undefined || change.position > position) high = middle - 1
    else low = middle
  }
  return low
}
