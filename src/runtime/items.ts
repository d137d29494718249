import { journalKey } from '../domain/advance-steps.ts'
import { type Amount, costOf } from '../domain/budget.ts'
import type { Failure } from '../domain/errors.ts'
import { isConcordError } from '../domain/errors.ts'
import type { Draft, Event, EventData, Read, Signal, Wait } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import { inboxStream, itemRun, runOfStream, runStream } from '../domain/names.ts'
import { isFinal, type Run, type Work } from '../domain/run.ts'
import { finalStatuses, isForAnyProcess, type RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'
import type { Cancellation } from './cancellation.ts'
import { foldEvents } from './fold.ts'
import type { ItemTaker } from './item-taker.ts'
import { storeQueued } from './store-queued.ts'

/*
 * What the owner of a parent has to do with the items of its spread steps. Invariants, each with its guard:
 * 1. An item has one run for each execution that is wanted: its id follows from that    (itemRun)
 * 2. How items ended is read from their logs, many in one turn of the parent's log      (#look)
 * 3. A notice that was lost is made up for by looking at what is awaited                (#lookAgain)
 * 4. An answer is passed on once: to an item that waits for it and has not read it      (#passOn)
 * 5. An item that is no longer wanted is cancelled                                      (dropped)
 */

export type ItemEnd =
  | { status: 'waiting'; wait: Wait }
  | ({ cost: Required<Amount>; labels: readonly Label[]; attempt: number; reads?: Read[] } & (
      | { status: 'succeeded'; output: Json; writes?: Json }
      | { status: 'failed'; failure: Failure }
    ))

export type RunnersItems = Pick<Items, 'begin' | 'ended'> & {
  /** The item waits for a run below it until the function returned is called; its place is free then. */
  away(id: string): () => void
  /** An item's parent at this version or later, as far as it is committed. */
  parent(id: string, version?: number): Promise<Run>
}

export type ItemsParts = {
  log: EventLog
  clock: Clock
  logger: Logger
  membership: Pick<Membership, 'self'>
  taker: ItemTaker
  send(run: string, signal: Signal): Promise<void>
  /** Claims a run that no process advances, so that it reads its inbox. */
  wake(run: string): Promise<unknown>
}

type Awaited = {
  work: Work
  resolve(end: ItemEnd): void
  reject(error: unknown): void
}

const lookEveryMs = 1_000
const unwanted = 'the step that it is an item of is over'

export class Items {
  readonly #parts: ItemsParts
  readonly #awaited = new Map<string, Awaited>()
  /** Runs of items that are not over, by parent. */
  readonly #open = new Map<string, Set<string>>()
  readonly #moved = new Set<string>()
  #looking = false
  #cancelTimer: (() => void) | undefined

  constructor(parts: ItemsParts) {
    this.#parts = parts
  }

  /** Stores the item's run unless it exists. */
  async begin(id: string, queued: EventData['run.queued']): Promise<void> {
    const { log, clock, logger, membership, taker } = this.#parts
    const parent = queued.parent?.run ?? ''
    const open = this.#open.get(parent) ?? new Set()
    this.#open.set(parent, open.add(id))
    const draft: Draft = { type: 'run.queued', at: clock.now(), data: queued }
    try {
      await storeQueued({ log, clock, logger, membership }, id, draft, undefined)
    } catch (error) {
      if (!isConcordError(error) || error.code !== 'version.conflict') throw error
    }
    taker.offer(id)
  }

  /** How the item's run ended, or what it waits for. Rejects when the parent's execution is cancelled. */
  async ended(id: string, work: Work, cancellation: Cancellation): Promise<ItemEnd> {
    const { promise, resolve, reject } = Promise.withResolvers<ItemEnd>()
    const mine: Awaited = { work, resolve, reject }
    this.#awaited.set(id, mine)
    const stop = cancellation.onCancel(reject)
    this.#look(id)
    this.#lookAgain()
    try {
      const end = await promise
      if (end.status !== 'waiting') this.#forget(id)
      return end
    } finally {
      stop()
      if (this.#awaited.get(id) === mine) this.#awaited.delete(id)
      if (this.#awaited.size === 0) this.#cancelTimer?.()
      if (this.#awaited.size === 0) this.#cancelTimer = undefined
    }
  }

  heard(streams: readonly string[]): void {
    if (this.#awaited.size === 0) return
    for (const stream of streams) {
      const run = runOfStream(stream)
      if (run !== undefined && this.#awaited.has(run)) this.#look(run)
    }
  }

  /** Notices may have been missed. */
  lookAtAll(): void {
    for (const id of this.#awaited.keys()) this.#look(id)
  }

  /** This process owns the parent: its items under way are open. */
  claimed(parent: Run): void {
    for (const work of parent.works.values()) {
      if (work.step.spread !== true || !(parent.underWay.has(work.id) || parent.idle.has(work.id))) continue
      const open = this.#open.get(parent.id) ?? new Set()
      this.#open.set(parent.id, open.add(itemRun(parent.id, work.plan, work.redo, work.id)))
    }
  }

  released(parent: string): void {
    this.#open.delete(parent)
  }

  /** The parent has ended, or executions of it are no longer wanted. */
  dropped(parent: Run): void {
    const open = this.#open.get(parent.id)
    if (open === undefined) return
    const wanted = new Set<string>()
    if (!isFinal(parent))
      for (const id of [...parent.underWay, ...parent.idle]) {
        const work = parent.works.get(id)
        if (work !== undefined) wanted.add(itemRun(parent.id, work.plan, work.redo, work.id))
      }
    for (const id of open)
      if (!wanted.has(id)) {
        open.delete(id)
        this.#cancel(id)
      }
  }

  #cancel(id: string): void {
    const { send, wake, logger } = this.#parts
    send(id, { kind: 'cancel', value: unwanted })
      .then(() => wake(id))
      .catch((error: unknown) => {
        if (isConcordError(error) && ['run.finished', 'run.unknown'].includes(error.code)) return
        logger.warn({ error, run: id }, 'an item that is no longer wanted could not be cancelled')
      })
  }

  #forget(id: string): void {
    for (const open of this.#open.values()) open.delete(id)
  }

  #look(id: string): void {
    this.#moved.add(id)
    if (this.#looking) return
    this.#looking = true
    // After this turn: what is committed together is looked at together.
    this.#parts.clock.schedule(0, () => void this.#lookAtMoved())
  }

  async #lookAtMoved(): Promise<void> {
    try {
      while (this.#moved.size > 0) {
        const moved = [...this.#moved]
        this.#moved.clear()
        const found = await Promise.all(moved.map((id) => this.#stateOf(id)))
        // At once, so that the parent records all of them in one commit.
        for (const [i, end] of found.entries())
          if (end !== undefined) this.#awaited.get(moved[i] ?? '')?.resolve(end)
      }
    } finally {
      this.#looking = false
    }
  }

  /** While items are awaited; it also keeps the process alive. */
  #lookAgain(): void {
    this.#cancelTimer ??= this.#parts.clock.schedule(lookEveryMs, () => {
      this.#cancelTimer = undefined
      if (this.#awaited.size === 0) return
      for (const id of this.#awaited.keys()) {
        this.#look(id)
        this.#parts.taker.offer(id)
      }
      this.#lookAgain()
    })
  }

  async #stateOf(id: string): Promise<ItemEnd | undefined> {
    const { log, logger } = this.#parts
    try {
      const summary = await log.run(id)
      if (summary === undefined) return undefined
      if (finalStatuses.has(summary.status)) return endIn(id, await log.read(runStream(id)))
      if (summary.status === 'waiting' || summary.status === 'suspended') return await this.#atRest(summary)
      return undefined
    } catch (error) {
      logger.warn({ error, run: id }, 'an item could not be looked at')
      return undefined
    }
  }

  async #atRest(summary: RunSummary): Promise<ItemEnd | undefined> {
    const { log, taker, wake } = this.#parts
    const { run: id, inbox = 0 } = summary
    if (isForAnyProcess(summary)) {
      taker.offer(id)
      return undefined
    }
    if ((await log.version(inboxStream(id))) > inbox) {
      await wake(id)
      return undefined
    }
    const asChild: Wait = { for: 'child', name: `child:${id}`, run: id }
    if (summary.status === 'suspended') return { status: 'waiting', wait: asChild }
    const run = foldEvents(id, await log.read(runStream(id)))
    const wait = run.works.get(run.item?.id ?? '')?.wait
    if (run.status !== 'waiting' || wait === undefined) return undefined
    if (wait.for === 'child') return { status: 'waiting', wait: asChild }
    return (await this.#passOn(id, wait)) ? undefined : { status: 'waiting', wait: unnamed(wait) }
  }

  /** Whether what the item waits for came to its parent, or will have come in a moment. */
  async #passOn(id: string, wait: Wait): Promise<boolean> {
    const { clock, send, wake } = this.#parts
    const entry = this.#awaited.get(id)?.work.journal?.get(journalKey(wait))
    if (entry?.type !== 'signal.received') return false
    if (wait.for === 'timer') {
      const inMs = Math.max(0, (wait.until ?? 0) - clock.now())
      clock.schedule(inMs, () => void wake(id), { unref: true })
      return true
    }
    await send(id, entry.data)
    await wake(id)
    return true
  }
}

/** As its agent named it: the parent seals and names it itself, which gives the same hash. */
const unnamed = ({ hash, ...wait }: Wait): Wait =>
  hash === undefined ? wait : { ...wait, name: wait.name.replace(/@[0-9a-f]+$/, '') }

/** How a run of an item ended, by its events. */
const endIn = (id: string, events: readonly Event[]): ItemEnd => {
  const run = foldEvents(id, events)
  const step = run.item?.id
  const closing = events.findLast(
    (event): event is Extract<Event, { type: 'step.succeeded' | 'step.failed' }> =>
      event.step === step && (event.type === 'step.succeeded' || event.type === 'step.failed'),
  )
  const work = run.works.get(step ?? '')
  const { reads } = closing?.data ?? {}
  const common = {
    cost: costOf(run.book),
    labels: run.labels,
    attempt: work?.attempt ?? 1,
    ...(reads === undefined ? {} : { reads }),
  }
  if (run.status === 'succeeded' && closing?.type === 'step.succeeded') {
    const { output, writes } = closing.data
    return { status: 'succeeded', output, ...(writes === undefined ? {} : { writes }), ...common }
  }
  const failure: Failure = run.failure ?? { code: 'agent.failed', message: `run ${id} is ${run.status}` }
  return { status: 'failed', failure, ...common }
}
