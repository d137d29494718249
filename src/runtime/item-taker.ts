import { isItemRun, runOfStream } from '../domain/names.ts'
import { isForAnyProcess, type RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Membership } from '../ports/membership.ts'

/*
 * Which items of spread steps this process executes. Invariants, each with its guard:
 * 1. Items have places of their own, so that none waits behind a queued goal             (isFull)
 * 2. An item that waits for a run below it holds no place: that run's items need one     (away)
 * 3. Candidates are hints: the claim in the item's log decides who executes it           (#claim)
 * 4. Few claims are under way at once: a process that is busy leaves the rest to others  (claimsAtOnce)
 */

export type ItemTakerParts = {
  log: Pick<EventLog, 'run'>
  clock: Clock
  logger: Logger
  membership: Pick<Membership, 'self' | 'isAlive'>
  /** Items that this process executes at once. */
  itemsMax: number
  owns(id: string): boolean
  /** Whether items of any run are taken, not only those of runs that this process advances. */
  takesAll(): boolean
  claim(id: string): Promise<boolean>
}

/** Each reads an item and waits for one commit. */
const claimsAtOnce = 4
/** Candidates from other processes; more are found by the reconciler. */
const candidatesMost = 10_000
/** What others left is taken a moment after them: most of it is theirs, and is being claimed. */
const headStartMs = 2

export class ItemTaker {
  readonly #parts: ItemTakerParts
  /** Of runs that this process advances, first come first. */
  readonly #own = new Set<string>()
  /** Of other processes' runs, last come first: they begin at the other end. */
  readonly #others = new Set<string>()
  readonly #held = new Set<string>()
  readonly #away = new Map<string, number>()
  #claiming = 0
  #later = false
  #closed = false

  constructor(parts: ItemTakerParts) {
    this.#parts = parts
  }

  /** Whether every place for items is taken. */
  get isFull(): boolean {
    return this.#held.size - this.#away.size + this.#claiming >= this.#parts.itemsMax
  }

  /** An item of a run that this process advances may be claimed. */
  offer(id: string): void {
    this.#own.add(id)
    this.#take()
  }

  /** What other processes committed may be an item that no process executes. */
  heard(streams: readonly string[]): void {
    if (this.#closed || !this.#parts.takesAll()) return
    for (const stream of streams) {
      const run = runOfStream(stream)
      if (run !== undefined && isItemRun(run)) this.consider(run)
    }
  }

  /** An item that may have no process. */
  consider(id: string): void {
    if (this.#parts.owns(id) || this.#own.has(id) || this.#others.size >= candidatesMost) return
    this.#others.add(id)
    if (this.#later) return
    this.#later = true
    const take = () => {
      this.#later = false
      this.#take()
    }
    this.#parts.clock.schedule(headStartMs, take, { unref: true })
  }

  /** This process executes the item. */
  entered(id: string): void {
    this.#held.add(id)
  }

  left(id: string): void {
    if (!this.#held.delete(id)) return
    this.#away.delete(id)
    this.#take()
  }

  /** The item waits for a run below it until the function returned is called. */
  away(id: string): () => void {
    if (!this.#held.has(id)) return () => {}
    this.#away.set(id, (this.#away.get(id) ?? 0) + 1)
    this.#take()
    return () => {
      const more = (this.#away.get(id) ?? 0) - 1
      if (more > 0) this.#away.set(id, more)
      else this.#away.delete(id)
    }
  }

  close(): void {
    this.#closed = true
    this.#own.clear()
    this.#others.clear()
  }

  #next(): string | undefined {
    for (const id of this.#own) {
      this.#own.delete(id)
      return id
    }
    const id = [...this.#others].at(-1)
    if (id !== undefined) this.#others.delete(id)
    return id
  }

  #take(): void {
    while (!this.#closed && this.#claiming < claimsAtOnce && !this.isFull) {
      const id = this.#next()
      if (id === undefined) return
      this.#claiming++
      this.#claim(id)
        .catch((error) => this.#parts.logger.error({ error, run: id }, 'an item could not be claimed'))
        .finally(() => {
          this.#claiming--
          this.#take()
        })
    }
  }

  async #claim(id: string): Promise<void> {
    const { log, owns, claim } = this.#parts
    if (owns(id)) return
    const summary = await log.run(id)
    if (summary !== undefined && (await this.#isFree(summary))) await claim(id)
  }

  async #isFree(summary: RunSummary): Promise<boolean> {
    const { status, owner } = summary
    if (status === 'suspended') return isForAnyProcess(summary)
    if (status !== 'queued' && status !== 'running') return false
    const { membership } = this.#parts
    return owner === undefined || owner === membership.self || !(await membership.isAlive(owner))
  }
}
