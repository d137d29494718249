import { ConcordError } from '../domain/errors.ts'
import type { RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import { checkLimit } from './limit.ts'

/*
 * Which runs this process begins, and when. Invariants, each with its guard:
 * 1. A run that waits to begin is in the store and nowhere else: held here are a page of ids and a count   (#nextPage)
 * 2. Runs begin in the order in which they were created; those that have begun continue before them        (#next)
 * 3. A run takes its place when it gets its owner, and leaves it when it loses the owner                   (enter, leave)
 * 4. Child runs take no place: a parent that waits for them holds the one they would wait for              (isCounted)
 * 5. The count is a hint, counted again in the store; which process begins a run is decided by its claim   (#recount)
 */

export type AdmissionLimits = {
  /**
   * Runs that this process advances at once; more are stored and begin in order of arrival. Child runs, and runs that
   * wait or are suspended, do not count. Default: no limit.
   */
  runsMax?: number
  /**
   * Items of spread steps that this process executes at once, whichever process their run belongs to.
   * Default: `runsMax`, or 64.
   */
  itemsMax?: number
  /**
   * With `runsMax`: runs of the store that wait to begin, from which on further goals are refused with
   * `admission.full` (429). Default 100,000.
   */
  queuedMax?: number
}

export type AdmissionParts = {
  limits: AdmissionLimits
  log: Pick<EventLog, 'runs' | 'countRuns'>
  clock: Clock
  logger: Logger
  /** Runs that this process advances, child runs included. */
  owned(): number
  /** Claims a run whose turn has come unless another process has it; whether it was claimed. */
  claim(id: string, by: string): Promise<boolean>
  /** Looks for runs that were left for want of room. */
  lookAgain(): void
}

const queuedMaxDefault = 100_000
/** Claims under way at once: each reads a run and waits for one commit. */
const claimsAtOnce = 16
/** Runs that a process without a limit advances before it leaves what others left. */
export const ownedMost = 1_000
const runsAPage = 64
/** Runs that have begun and wait for a place, by id; more are found by the next look. */
const returningMost = 1_000
const recountEveryMs = 1_000
const tryAgainMs = 1_000
const retryAfterMsMin = 1_000
const retryAfterMsMax = 60_000

const itemsMaxDefault = 64

/** Throws `config.invalid` for a limit that is none. */
export const itemsMaxOf = ({ itemsMax, runsMax }: AdmissionLimits = {}): number => {
  checkLimit('admission.itemsMax', itemsMax, 1)
  return itemsMax ?? runsMax ?? itemsMaxDefault
}

/** By whom a run is claimed that waited to begin. */
export const fromLine = 'admission'
const inLine = { status: ['queued'], isChild: false } as const

/** Whether a run needs a place; one that another waits for does not. */
export const isCounted = (parent: unknown, depth: number): boolean => parent === undefined && depth === 0

export class Admission {
  readonly #parts: AdmissionParts
  readonly #runsMax: number | undefined
  readonly #queuedMax: number
  #held = 0
  #claiming = 0
  /** Runs that have begun and wait for a place, and who woke them. */
  readonly #returning = new Map<string, string>()
  #leftOut = false
  /** Runs that wait to begin, as far as known. */
  #waiting = 0
  #storing = 0
  #countedAt = Number.NEGATIVE_INFINITY
  #counting: Promise<void> | undefined
  /** Candidates, the next one last. */
  #page: string[] = []
  #readTo: RunSummary | undefined
  #reading: Promise<boolean> | undefined
  /** Something may have come since the line was last read from its front. */
  #stale = true
  #filling: Promise<string[]> | undefined
  #again = false
  #begunAt: number | undefined
  #everyMs = retryAfterMsMin
  #closed = false

  constructor(parts: AdmissionParts) {
    this.#parts = parts
    const { runsMax, queuedMax = queuedMaxDefault } = parts.limits
    checkLimit('admission.runsMax', runsMax, 1)
    checkLimit('admission.queuedMax', queuedMax, 0)
    this.#runsMax = runsMax
    this.#queuedMax = queuedMax
  }

  /** Whether every place is taken. */
  get isFull(): boolean {
    return this.#runsMax !== undefined && this.#held + this.#claiming >= this.#runsMax
  }

  /** Whether a run that is to begin waits its turn: no place is free, or others came before it. */
  get isQueueing(): boolean {
    return this.#runsMax !== undefined && (this.isFull || this.#waiting > 0)
  }

  enter(): void {
    this.#held++
  }

  leave(): void {
    this.#held--
    if (this.#closed) return
    if (this.#returning.size > 0 || this.#waiting > 0) void this.fill()
    else if (this.#leftOut) {
      this.#leftOut = false
      this.#parts.lookAgain()
    }
  }

  /**
   * Stores a run that waits for its turn, by `store`. Throws `admission.full` when too many wait already, unless it is
   * `accepted` whatever the count.
   */
  async queue(accepted: boolean, store: () => Promise<void>): Promise<void> {
    if (!accepted) await this.#recount()
    if (!accepted && this.#waiting + this.#storing >= this.#queuedMax) throw this.#full()
    this.#storing++
    try {
      await store()
      this.#waiting++
      this.#stale = true
    } finally {
      this.#storing--
    }
    this.fillIfFree()
  }

  /** A run that has begun is to continue: it does as soon as a place is free. */
  keep(id: string, by: string): void {
    if (this.#returning.size < returningMost || this.#returning.has(id)) this.#returning.set(id, by)
    else this.#leftOut = true
    this.fillIfFree()
  }

  /** A place may have become free in the meantime. */
  fillIfFree(): void {
    if (this.#runsMax === undefined || this.#held < this.#runsMax) void this.fill()
  }

  /** Looks at the whole line again: others may have put runs there. Ids of the runs that were begun. */
  refill(): Promise<string[]> {
    this.#stale = true
    this.#waiting = Math.max(1, this.#waiting)
    return this.fill()
  }

  /** Begins and continues what waits for a place while places are free. Ids of the runs that were claimed. */
  fill(): Promise<string[]> {
    if (this.#filling !== undefined) this.#again = true
    else this.#filling = this.#fill()
    return this.#filling
  }

  close(): void {
    this.#closed = true
  }

  get #free(): number {
    if (this.#runsMax === undefined) return ownedMost - this.#parts.owned() - this.#claiming
    return this.#runsMax - this.#held - this.#claiming
  }

  async #fill(): Promise<string[]> {
    const taken: string[] = []
    const work = async (): Promise<void> => {
      while (!this.#closed && this.#free > 0) {
        this.#claiming++
        try {
          const next = await this.#next()
          if (next === undefined) return
          if (await this.#parts.claim(next.id, next.by)) taken.push(next.id)
        } catch (error) {
          this.#later(error)
          return
        } finally {
          this.#claiming--
        }
      }
    }
    do {
      this.#again = false
      const workers = Math.min(claimsAtOnce, Math.max(0, this.#free))
      await Promise.all(Array.from({ length: workers }, work))
    } while (this.#again && !this.#closed && this.#free > 0)
    // In the turn of the last look at it, so that no call in between is lost.
    this.#filling = undefined
    return taken
  }

  /** The store may answer again. */
  #later(error: unknown): void {
    const { clock, logger } = this.#parts
    logger.error({ error }, 'a run that waited could not be begun')
    clock.schedule(tryAgainMs, () => void this.refill(), { unref: true })
  }

  async #next(): Promise<{ id: string; by: string } | undefined> {
    for (const [id, by] of this.#returning) {
      this.#returning.delete(id)
      return { id, by }
    }
    for (;;) {
      const id = this.#page.pop()
      if (id !== undefined) {
        this.#waiting = Math.max(0, this.#waiting - 1)
        this.#measure()
        return { id, by: fromLine }
      }
      this.#reading ??= this.#nextPage().finally(() => {
        this.#reading = undefined
      })
      if (!(await this.#reading)) return undefined
    }
  }

  /** Reads the candidates after those that were read; at the end of the line it begins at the front if more may have come. */
  async #nextPage(): Promise<boolean> {
    for (;;) {
      const after = this.#readTo
      if (after === undefined) this.#stale = false
      const from = after === undefined ? {} : { after }
      const found = await this.#parts.log.runs({ ...inLine, order: 'oldest', limit: runsAPage, ...from })
      this.#readTo = found.at(-1)
      if (found.length > 0) {
        this.#page = found.map(({ run }) => run).reverse()
        this.#waiting = Math.max(found.length, this.#waiting)
        return true
      }
      if (this.#stale) continue
      this.#waiting = 0
      return false
    }
  }

  /** Other processes add to the line and take from it. */
  async #recount(): Promise<void> {
    const { clock, log } = this.#parts
    if (clock.monotonic() - this.#countedAt < recountEveryMs) return
    this.#counting ??= log
      .countRuns(inLine)
      .then((count) => {
        this.#waiting = count
        this.#countedAt = clock.monotonic()
      })
      .finally(() => {
        this.#counting = undefined
      })
    await this.#counting
  }

  /** How often a run leaves the line. */
  #measure(): void {
    const now = this.#parts.clock.monotonic()
    if (this.#begunAt !== undefined) this.#everyMs += (now - this.#begunAt - this.#everyMs) / 8
    this.#begunAt = now
  }

  #full(): ConcordError {
    const since = this.#begunAt === undefined ? 0 : this.#parts.clock.monotonic() - this.#begunAt
    const wanted = Math.max(this.#everyMs, since, retryAfterMsMin)
    const retryAfterMs = Math.ceil(Math.min(wanted, retryAfterMsMax) / 1000) * 1000
    return new ConcordError(
      'admission.full',
      `Cannot accept another goal as ${this.#queuedMax} may wait to begin (admission.queuedMax): ${this.#waiting + this.#storing} do; try again in ${retryAfterMs / 1000} s, raise "admission" in the config, or start another process on this store`,
      { details: { queuedMax: this.#queuedMax, retryAfterMs } },
    )
  }
}
