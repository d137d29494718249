import type { Clock } from '../ports/clock.ts'
import { checkLimit } from './limit.ts'

/*
 * Calls of one provider that wait until they may be sent. Invariants, each with its guard:
 * 1. No more calls are under way than `callsMax`, and in no minute are more sent than `callsPerMinuteMax`  (#isOpen)
 * 2. Runs take turns: one with many calls delays another by one call at a time                            (#next)
 * 3. Whoever gives up waiting leaves nothing behind, and no timer runs while nobody waits                  (#drop, #arm)
 */

/** How a provider's calls are limited in one process. */
export type CallLimits = {
  /** Model calls under way at once. Default: no limit. */
  callsMax?: number
  /** Model calls that are sent within any 60 seconds. Default: no limit. */
  callsPerMinuteMax?: number
}

const minuteMs = 60_000
/** A longer pause ends after this, and one call finds out whether the provider answers again. */
const pauseMsMax = 3_600_000

type Waiter = { start(): void }

export class Turns {
  readonly #clock: Clock
  readonly #callsMax: number
  readonly #perMinute: number
  #active = 0
  /** When the last `#perMinute` calls were sent, as a ring; `#oldest` is the next to be overwritten. */
  readonly #sentAt: number[] = []
  #oldest = 0
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** Those of each run, in order; the run whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Waiter>>()
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, { callsMax, callsPerMinuteMax }: CallLimits) {
    this.#clock = clock
    this.#callsMax = callsMax ?? Number.POSITIVE_INFINITY
    this.#perMinute = callsPerMinuteMax ?? Number.POSITIVE_INFINITY
  }

  /**
   * Asks for the turn of a call of `run`: undefined where it may be sent at once, else a promise for that, which rejects
   * with the signal's reason. `end` must follow each turn.
   */
  take(run: string, signal: AbortSignal): Promise<void> | undefined {
    if (this.#waiting.size === 0 && this.#isOpen()) {
      this.#send()
      return undefined
    }
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const abort = () => {
        this.#drop(run, waiter)
        reject(signal.reason)
      }
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      const others = this.#waiting.get(run) ?? new Set()
      this.#waiting.set(run, others.add(waiter))
      this.#arm()
    })
  }

  /** A call is over; when the provider refused it for its rate, how long nothing more is to be sent. */
  end(retryAfterMs?: number): void {
    this.#active--
    if (retryAfterMs !== undefined) {
      const until = this.#clock.monotonic() + Math.min(retryAfterMs, pauseMsMax)
      this.#pausedUntil = Math.max(this.#pausedUntil, until)
    }
    if (this.#waiting.size > 0) this.#pump()
  }

  /** When the rate allows the next call. */
  #openAt(): number {
    const oldest = this.#sentAt[this.#oldest]
    return Math.max(this.#pausedUntil, oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + minuteMs)
  }

  #isOpen(): boolean {
    return this.#active < this.#callsMax && this.#clock.monotonic() >= this.#openAt()
  }

  #send(): void {
    this.#active++
    if (this.#perMinute === Number.POSITIVE_INFINITY) return
    this.#sentAt[this.#oldest] = this.#clock.monotonic()
    this.#oldest = (this.#oldest + 1) % this.#perMinute
  }

  #pump(): void {
    while (this.#waiting.size > 0 && this.#isOpen()) {
      this.#send()
      this.#next()?.start()
    }
    this.#arm()
  }

  #next(): Waiter | undefined {
    for (const [run, waiters] of this.#waiting) {
      for (const waiter of waiters) {
        waiters.delete(waiter)
        this.#waiting.delete(run)
        if (waiters.size > 0) this.#waiting.set(run, waiters)
        return waiter
      }
    }
    return undefined
  }

  #drop(run: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(run)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiting.delete(run)
    this.#arm()
  }

  /** A timer for when the rate allows the next call, while one waits for that. */
  #arm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#waiting.size === 0 || this.#active >= this.#callsMax) return
    const ms = Math.max(1, Math.ceil(this.#openAt() - this.#clock.monotonic()))
    this.#cancelTimer = this.#clock.schedule(ms, () => this.#pump())
  }
}

/** The turns of each provider that has limits; undefined where none has. */
export const turnsOf = (
  clock: Clock,
  providers: { [name: string]: CallLimits } = {},
): ((model: string) => Turns | undefined) | undefined => {
  const turns = new Map<string, Turns>()
  for (const [name, limits] of Object.entries(providers)) {
    checkLimit(`providers.${name}.callsMax`, limits.callsMax, 1)
    checkLimit(`providers.${name}.callsPerMinuteMax`, limits.callsPerMinuteMax, 1)
    if (limits.callsMax !== undefined || limits.callsPerMinuteMax !== undefined)
      turns.set(name, new Turns(clock, limits))
  }
  if (turns.size === 0) return undefined
  return (model) => turns.get(model.split('/', 1)[0] ?? '')
}
