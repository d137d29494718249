import { costOf, depthMaxDefault, type Limits } from '../domain/budget.ts'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { Draft, Parent, Signal } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import type { Label } from '../domain/labels.ts'
import { inboxStream, runNamespace, runOfInbox, runStream } from '../domain/names.ts'
import type { Principal } from '../domain/principal.ts'
import type { Recalled } from '../domain/recall.ts'
import { emptyRun, hasSuspects, isFinal, type Run } from '../domain/run.ts'
import type { RunStrategy } from '../domain/strategy.ts'
import { closedBy, finalStatuses, isForAnyProcess, type RunSummary } from '../domain/summary.ts'
import { type TraceParent, traceOfRun } from '../domain/trace-context.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Ids } from '../ports/ids.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { StateStore, StateWrite } from '../ports/state-store.ts'
import { Admission, type AdmissionLimits, fromLine, isCounted, itemsMaxOf } from './admission.ts'
import { appendSignal } from './append-signal.ts'
import { createAppointments } from './appointments.ts'
import { type BlockedRun, blockedError, createBlocked } from './blocked.ts'
import { onlyCancel } from './cancelled.ts'
import { createFamily } from './family.ts'
import { loadRun, unknownRun } from './fold.ts'
import { boundedGoal, dataOf } from './goal-data.ts'
import { isPaused, unreadSignals } from './inbox.ts'
import { ItemTaker } from './item-taker.ts'
import { Items, type RunnersItems } from './items.ts'
import { createLane } from './lane.ts'
import { Owner } from './owner.ts'
import { Parents } from './parents.ts'
import { isTransient } from './patient-append.ts'
import type { Perform } from './perform.ts'
import { createReconciler } from './reconciler.ts'
import { createSettling, endOf } from './settling.ts'
import { slots } from './slots.ts'
import { storeQueued } from './store-queued.ts'
import { createTimeline } from './timeline.ts'

export type RunnerPorts = {
  log: EventLog
  state: StateStore
  membership: Membership
  clock: Clock
  ids: Ids
  logger: Logger
}

export type RunnerOptions = {
  strategyFor: (goal: Goal) => RunStrategy
  /** Of a run that executes an item of a spread step. */
  itemStrategyFor: (goal: Goal) => RunStrategy
  perform: Perform
  /** What this process lacks of what the run needs now: `agent "a" of team "t"`. */
  lacks(run: Run): string | undefined
  /** Of what the goal's team can do here. */
  digestOf(goal: Goal): string
}

export type Start = {
  goal: Goal
  /** Given by a caller that may ask twice: the second time the first run is returned. */
  id?: string
  parent?: Parent
  depth?: number
  forkedFrom?: { run: string; version: number }
  /** Of its thread and its subject: what the run begins with beside its goal. */
  recalled?: Recalled
  /** Folders and files that its tools may read beside those of the configuration. */
  readable?: readonly string[]
  /** What it begins with. */
  labels?: readonly Label[]
  /** No person can answer what its tools ask by default. */
  unattended?: true
  /** Who asks for it. Absent: unknown. */
  principal?: Principal
  /** The trace that it continues. Default: it begins one. */
  trace?: TraceParent
  /** Digest of the request that an Idempotency-Key came with: the same key needs the same one. */
  requested?: string
  /** Accepted however many runs wait to begin: what starts it cannot ask again. */
  accepted?: true
  /** State written in the commit that creates the run; unconditional. */
  writes?: StateWrite[]
  /** Events of another run to go on from, and the moment of its state that goes with them. */
  inherited?: { events: Draft[]; state: { from: string; sequence: number }; byContent: boolean }
}

export type Runner = {
  /**
   * Creates a run and begins to advance it; resolves when it is committed. Where no place is free the run begins later.
   * Throws `admission.full` when too many wait already.
   */
  start(start: Start): Promise<string>
  /** `start`, then `settled`. */
  run(start: Start, signal?: AbortSignal): Promise<Run>
  /**
   * Claims a run that no process advances, as soon as a place is free for it. `run.owned` when a
   * living process does, `run.finished` when there is nothing to do, `run.blocked` when this
   * process lacks what it needs.
   */
  resume(id: string, by: string): Promise<void>
  /** Resolves when the run is final, waits or is suspended, whoever advances it. */
  settled(id: string, signal?: AbortSignal): Promise<Run>
  /** Puts a signal in the run's inbox; whoever owns the run, or `adopt`s it, drains it. */
  send(id: string, signal: Signal): Promise<void>
  /** The run as it is in this process's memory, else as its log says. */
  load(id: string): Promise<Run>
  /** Items of spread steps: as the owner of their parent, and as a process that executes them. */
  readonly items: RunnersItems
  owns(id: string): boolean
  /** Takes over what nobody living advances: crashed runs, waits whose time or signal came. Ids of runs taken. */
  reconcile(): Promise<string[]>
  /** Whether the time has come that a waiting run waits for, where this process does not see to it by itself. */
  isDue(summary: RunSummary): boolean
  /** Runs this process found it cannot execute, and that no living process executes. */
  blocked(): Promise<BlockedRun[]>
  /** What this process lacks to execute a run that nobody advances. */
  lacks(run: Run): string | undefined
  /** From now on wake a waiting run of this store when a signal for it arrives, and reconcile every `everyMs`. */
  adopt(everyMs?: number): void
  /** Whether it does. */
  readonly adopts: boolean
  /** Whether every place of this process is taken. */
  readonly isFull: boolean
  /** Whether this process stops. */
  readonly closed: boolean
  /** Suspends every run of this process and stops listening. */
  close(reason: string): Promise<void>
}

const reconcileEveryMs = 5_000
const claimAgainMsFirst = 5_000
const claimAgainMsMax = 60_000

/** Runs of one process: their owners, how they are found again after a crash, and how signals reach them. */
export const createRunner = (
  ports: RunnerPorts,
  options: RunnerOptions & {
    /** The operator's: no run has more, whoever starts it. */
    limits?: Limits | undefined
    /** How many runs this process advances at once. */
    admission?: AdmissionLimits | undefined
  },
): Runner => {
  const { log, membership, clock, ids, logger } = ports
  const owners = slots<Owner>()
  const suspects = createLane()
  const timeline = createTimeline(clock)
  const blocked = createBlocked({ log, logger, membership })
  const claiming = new Map<string, Promise<boolean>>()
  const starting = new Map<string, Promise<string>>()
  let adopting = false
  let closed = false

  const unlisten = log.onCommit(({ streams, gap }) => {
    if (gap === true) caughtUp()
    items.heard(streams)
    taker.heard(streams)
    for (const stream of streams) {
      const run = runOfInbox(stream)
      if (run !== undefined) void inboxChanged(run)
    }
  })

  /** Commits may have been missed: every inbox is read again, and every run looked for. */
  const caughtUp = (): void => {
    for (const owner of owners.values()) void inboxChanged(owner.run.id)
    if (adopting) reconciler.look()
    items.lookAtAll()
  }

  const inboxChanged = async (id: string): Promise<void> => {
    try {
      const owner = owners.get(id)
      if (owner !== undefined) await owner.drain()
      else if (adopting) await tryResume(id, 'signal')
    } catch (error) {
      logger.error({ error, run: id }, 'the inbox could not be read')
    }
  }

  const family = createFamily({
    log,
    clock,
    logger,
    send: (id, signal) => send(id, signal),
    wake: async (id) => {
      if (!owners.has(id)) await tryResume(id, 'parent')
    },
  })

  const taker = new ItemTaker({
    log,
    clock,
    logger,
    membership,
    itemsMax: itemsMaxOf(options.admission),
    owns: (id) => owners.has(id),
    takesAll: () => adopting,
    claim: (id) => tryResume(id, 'spread'),
  })

  const items = new Items({
    log,
    clock,
    logger,
    membership,
    taker,
    send: (id, signal) => send(id, signal),
    wake: async (id) => owners.has(id) || tryResume(id, 'parent'),
  })
  const parents = new Parents(log)

  const appointments = createAppointments(clock, (id) => {
    tryResume(id, 'timer').catch((error) => logger.error({ error, run: id }, 'a run could not be woken'))
  })

  const admission = new Admission({
    limits: options.admission ?? {},
    log,
    clock,
    logger,
    owned: () => owners.size,
    claim: async (id, by) => {
      // It may have been begun elsewhere since it was listed.
      const isGone = by === fromLine && (await log.run(id))?.status !== 'queued'
      return !isGone && tryResume(id, by, true)
    },
    lookAgain: () => reconciler.look(),
  })

  const own = (
    run: Run,
    at: number,
    counted: boolean,
    goal: Goal = run.goal,
    strategy: RunStrategy = run.item === undefined
      ? options.strategyFor(goal)
      : options.itemStrategyFor(goal),
  ): Owner => {
    appointments.forget(run.id)
    blocked.forget(run.id)
    const owner = new Owner(
      run,
      goal,
      strategy,
      options.perform,
      { ...ports, suspects, at, tell: family.tell },
      () => dropped(run),
    )
    owners.set(run.id, owner)
    if (run.item !== undefined) taker.entered(run.id)
    if (counted) admission.enter()
    void owner.ended
      .then(async (end) => {
        if (end.reason === 'final') dropped(run)
        if (owners.get(run.id) === owner) {
          owners.delete(run.id)
          family.released(run.id)
          items.released(run.id)
          taker.left(run.id)
          reconciler.roomMade()
        }
        if (counted) admission.leave()
        if (end.reason === 'lost') {
          const { error } = end
          // Another process was quicker: two that look after one store meet like that, and nothing is wrong.
          if (isConcordError(error) && error.code === 'version.conflict')
            logger.info({ error, run: run.id }, 'another process has the run')
          else logger.warn({ error, run: run.id }, 'ownership lost')
          if (isTransient(end.error)) claimLater(run.id, claimAgainMsFirst)
        } else if (end.reason === 'final') {
          // An item that never rested is awaited by its parent's owner, who reads how it ended.
          if (run.parent !== undefined && !(run.item !== undefined && run.epoch === 1))
            await tellParent(run, run.parent)
        } else {
          if (run.blocked !== undefined) await blocked.add(run.id, run.blocked)
          if (!closed) await letGo(owner, end.reason)
        }
      })
      .catch((error) => logger.error({ error, run: run.id }, 'a run could not be let go'))
    return owner
  }

  const dropped = (run: Run): void => {
    family.dropped(run)
    items.dropped(run)
  }

  /** A signal may have come between the last look and letting go. */
  const letGo = async (owner: Owner, reason: 'waiting' | 'suspended'): Promise<void> => {
    const { run } = owner
    if ((await log.version(inboxStream(run.id))) > run.inbox) await tryResume(run.id, 'signal')
    // Its time is read now: the look may have taken long.
    else if (reason === 'waiting') appointments.keep(run, owner.now)
  }

  const tellParent = (run: Run, parent: Parent): Promise<void> =>
    send(parent.run, {
      kind: 'child',
      run: run.id,
      step: parent.step,
      name: `child:${run.id}`,
      value: costOf(run.book),
    })

  const start = async (request: Start): Promise<string> => {
    const { id, parent } = request
    if (closed)
      throw new ConcordError(
        'cancelled',
        'Cannot start a run as this process is stopping: start it in another',
      )
    if (parent !== undefined) family.add(parent.run)
    if (id === undefined) return (await create(ids.run(), request)).id
    const before = starting.get(id)
    if (before !== undefined) return before
    const first = startOnce(id, request).finally(() => starting.delete(id))
    starting.set(id, first)
    return first
  }

  /**
   * Asked for again, a run keeps the owner it has: a second one, though refused by the log, would take its place among the owners. One
   * that lost its owner is claimed: whoever asks would wait for nobody.
   */
  const startOnce = async (id: string, request: Start): Promise<string> => {
    if (owners.has(id)) return id
    if ((await log.version(runStream(id))) === 0) return (await create(id, request)).id
    await claimAbandoned(id)
    return id
  }

  const claimAbandoned = async (id: string): Promise<void> => {
    const summary = await log.run(id)
    if (summary?.status === 'queued' || summary?.status === 'running') await tryResume(id, 'caller')
  }

  /** The store failed for longer than its owner could wait; no other process may claim what this one, which lives, has. */
  const claimLater = (id: string, afterMs: number): void => {
    const again = () => claimLater(id, Math.min(claimAgainMsMax, afterMs * 2))
    const claim = () => (closed || owners.has(id) ? undefined : claimAbandoned(id).catch(again))
    clock.schedule(afterMs, () => void claim(), { unref: true })
  }

  const create = async (id: string, request: Start): Promise<{ id: string; owner?: Owner }> => {
    const depth = request.depth ?? 0
    const goal = boundedGoal(request.goal, options.limits)
    const depthMax = goal.budget?.depth ?? depthMaxDefault
    if (depth > depthMax)
      throw new ConcordError(
        'bound.reached',
        `Cannot start a child run as the budget allows depth ${depthMax}: this would be ${depth}; raise "budget" in the config`,
      )
    const strategy = options.strategyFor(goal)
    const run = emptyRun(id)
    const at = clock.now()
    const { parent, forkedFrom, inherited, recalled, readable, requested, writes = [] } = request
    const { labels = [], unattended, principal, trace } = request
    const queued: Draft = {
      type: 'run.queued',
      at,
      data: {
        goal,
        strategy: strategy.name,
        teamDigest: options.digestOf(request.goal),
        depth,
        ...(parent === undefined ? {} : { parent }),
        ...(forkedFrom === undefined ? {} : { forkedFrom }),
        ...(recalled === undefined ? {} : { recalled }),
        ...(readable === undefined ? {} : { readable: [...readable] }),
        ...(labels.length === 0 ? {} : { labels: [...labels] }),
        ...(unattended === undefined ? {} : { unattended }),
        // What a run of 0.1 recorded is known by its order, in a fork of it too.
        ...(inherited?.byContent === false ? {} : { journal: 'content' }),
        ...(requested === undefined ? {} : { requested }),
        ...(principal === undefined ? {} : { principal }),
        trace: traceOfRun(id, trace),
      },
    }
    const counted = isCounted(parent, depth)
    if (counted && inherited === undefined && admission.isQueueing) {
      await queue(id, request, queued)
      return { id }
    }
    const claimed: Draft = { type: 'run.claimed', at, data: { owner: membership.self, epoch: 1 } }
    run.epoch = 1
    // First, so that the run never is without it; asked for again after a crash it does nothing.
    if (inherited !== undefined) {
      const { from, sequence } = inherited.state
      await ports.state.fork(runNamespace(id), { from, at: { sequence }, provenance: { run: id } })
    }
    const owner = own(run, at, counted, goal)
    try {
      await owner.begin([queued, claimed, ...(inherited?.events ?? [])], writes)
    } catch (error) {
      if (isThere(request, error)) return { id }
      throw error
    }
    if (inherited !== undefined) owner.relaunch()
    return { id, owner }
  }

  /** Another process was quicker with the same id. */
  const isThere = ({ id }: Start, error: unknown): boolean =>
    id !== undefined && isConcordError(error) && error.code === 'version.conflict'

  /** Stores a run that has no place yet: nothing of it is kept here. */
  const queue = async (id: string, request: Start, draft: Draft): Promise<void> => {
    try {
      await admission.queue(request.accepted === true, () => storeQueued(ports, id, draft, request.writes))
    } catch (error) {
      if (!isThere(request, error)) throw error
    }
  }

  const resume = async (id: string, by: string): Promise<void> => {
    await claim(id, by, false)
  }

  /** Whether this process now advances the run; `isTurn` when a place is kept for it. */
  const claim = async (id: string, by: string, isTurn: boolean): Promise<boolean> => {
    if (owners.has(id)) return false
    const before = claiming.get(id)
    if (before !== undefined) return before
    const claimed = claimOnce(id, by, isTurn).finally(() => claiming.delete(id))
    claiming.set(id, claimed)
    return claimed
  }

  const claimOnce = async (id: string, by: string, isTurn: boolean): Promise<boolean> => {
    const run = await loadRun(log, id)
    if (isFinal(run))
      throw new ConcordError(
        'run.finished',
        `Cannot resume run "${id}" as it is ${run.status}; see it with "concord trace ${id}" or go on from an event with "concord fork ${id}"`,
      )
    if (run.owner !== undefined && run.owner !== membership.self && (await membership.isAlive(run.owner)))
      throw new ConcordError(
        'run.owned',
        `Cannot resume run "${id}" as process ${run.owner} advances it; wait for it or stop that process`,
      )
    const elapsed = timeline.elapsedSince(run.updatedAt)
    const at = elapsed === undefined ? clock.now() : run.updatedAt + Math.round(elapsed)
    // With the claim, not after it: a run cancelled while nobody owned it must not start another step first.
    const unread = await unreadSignals(log, run, at)
    const reason = options.lacks(run)
    const isCancelled =
      run.cancelling !== undefined || unread.some(({ data }) => data.signal.kind === 'cancel')
    if (reason !== undefined && !isCancelled) {
      await blocked.add(id, reason)
      throw blockedError(id, reason)
    }
    const counted = isCounted(run.parent, run.depth)
    const isNew = run.epoch === 0
    // What ends or rests at once needs no place.
    const isBrief = isCancelled || (isNew && isPaused(unread))
    if (counted && !isTurn && !isBrief && (isNew ? admission.isQueueing : admission.isFull)) {
      if (isNew) admission.fillIfFree()
      else admission.keep(id, by)
      return false
    }
    const drafts: Draft[] = [
      { type: 'run.claimed', at, data: { owner: membership.self, epoch: run.epoch + 1 } },
    ]
    if (run.status === 'suspended') drafts.push({ type: 'run.resumed', at, data: { by } })
    const rested = run.status === 'suspended'
    drafts.push(...unread)
    // Fence first: the claim itself is appended under the new epoch.
    run.epoch += 1
    items.claimed(run)
    const owner = own(run, at, counted, run.goal, reason === undefined ? undefined : onlyCancel(run.strategy))
    await owner.begin(drafts)
    owner.relaunch(hasSuspects(run) ? await family.delegating(id) : undefined)
    await owner.drain()
    // Nobody owned it before: it has started no child run.
    if (!isNew) family.takenOver(run, rested)
    return true
  }

  const tryResume = async (id: string, by: string, isTurn = false): Promise<boolean> => {
    if (closed) return false
    try {
      const summary = await log.run(id)
      if (summary === undefined || finalStatuses.has(summary.status)) return false
      if (summary.status === 'suspended' && !isForAnyProcess(summary) && !(await hasResume(id))) return false
      if (await blocked.isKnown(id)) return false
      return await claim(id, by, isTurn)
    } catch (error) {
      if (
        isConcordError(error) &&
        ['run.owned', 'run.finished', 'version.conflict', 'run.blocked'].includes(error.code)
      )
        return false
      throw error
    }
  }

  const hasResume = async (id: string): Promise<boolean> => {
    const run = await loadRun(log, id)
    const unread = await log.read(inboxStream(id), { afterVersion: run.inbox })
    return unread.some(
      (event) =>
        event.type === 'signal.received' &&
        (event.data.signal.kind === 'resume' || event.data.signal.kind === 'cancel'),
    )
  }

  const send = async (id: string, signal: Signal, key = ids.run()): Promise<void> => {
    const said = dataOf('send this signal', signal)
    const summary = await log.run(id)
    if (summary === undefined) throw unknownRun(id)
    if (finalStatuses.has(summary.status)) {
      if (signal.kind === 'child' || signal.kind === 'budget') return
      throw new ConcordError(
        'run.finished',
        `Cannot ${signal.kind} run "${id}" as it is ${summary.status}; see it with "concord trace ${id}"`,
      )
    }
    const told = { run: id, signal: said, key, read: summary.inbox ?? 0 }
    await appendSignal({ log, clock, logger }, told)
    if (signal.kind === 'pause' || signal.kind === 'resume') await family.pass(id, signal)
  }

  const settling = createSettling({ log, owner: (id) => owners.get(id), closed: () => closed })
  const { settled } = settling

  const run = async (request: Start, signal?: AbortSignal): Promise<Run> => {
    if (request.id !== undefined) return settled(await start(request), signal)
    const { id, owner } = await create(ids.run(), request)
    // A short run may have ended by now: its owner still knows it, and nothing need be read.
    return owner === undefined ? settled(id, signal) : endOf(owner, signal)
  }

  /** Never earlier than the time it waits for has passed, whatever the wall clock says meanwhile. */
  const isDue = ({ run, wakeAt, updatedAt }: RunSummary): boolean => {
    if (wakeAt === undefined || appointments.has(run)) return false
    return (timeline.elapsedSince(updatedAt) ?? timeline.watchedMs()) >= wakeAt - updatedAt
  }

  const reconciler = createReconciler({
    log,
    membership,
    clock,
    logger,
    family,
    owns: (id) => owners.has(id),
    owned: () => owners.size,
    isDue,
    admission,
    taker,
    tryResume,
  })

  return {
    start,
    run,
    resume,
    settled,
    send,
    items: {
      begin: (id, queued) => items.begin(id, queued),
      ended: (id, work, cancellation) => items.ended(id, work, cancellation),
      away: (id) => taker.away(id),
      parent: (id, version) => parents.at(id, version),
    },
    owns: (id) => owners.has(id),
    load: async (id) => owners.get(id)?.run ?? loadRun(log, id),
    reconcile: reconciler.reconcile,
    blocked: blocked.list,
    isDue,
    lacks: options.lacks,
    get adopts() {
      return adopting
    },
    adopt(everyMs = reconcileEveryMs) {
      adopting = true
      reconciler.adopt(everyMs)
    },
    get isFull() {
      return admission.isFull
    },
    get closed() {
      return closed
    },
    async close(reason) {
      closed = true
      admission.close()
      taker.close()
      reconciler.close()
      unlisten()
      appointments.close()
      await Promise.all(
        owners.values().map((owner) => owner.suspend(reason, closedBy).then(() => owner.ended)),
      )
      settling.close()
    },
  }
}
