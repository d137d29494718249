import { toFailure } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'
import { runNamespace } from '../domain/names.ts'
import type { Run } from '../domain/run.ts'
import { type Decision, type RunStrategy, type StateKey, stateKeyText } from '../domain/strategy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StateStore } from '../ports/state-store.ts'
import { type Patience, patiently } from './patient-append.ts'
import { StateWatches } from './state-watches.ts'

type DecidingPorts = { clock: Clock; logger: Logger; state: StateStore }

type DecidingHost = {
  now(): number
  /**
   * Folds the events. False once nothing is accepted any more: the strategy would decide the same
   * forever.
   */
  take(events: Draft[]): boolean
  /** Something changed that the strategy looks at, or its time has come. */
  askAgain(): void
}

/**
 * Asks a run's strategy what is next, and provides what it asks for: state, changes of state, a
 * time.
 */
export class Deciding {
  readonly #run: Run
  readonly #strategy: RunStrategy
  readonly #ports: DecidingPorts
  readonly #patience: Patience
  readonly #host: DecidingHost
  readonly #known = new Map<string, Json | undefined>()
  #watches: StateWatches | undefined
  /** A watched key changed since what is known was asked for. */
  #isOutdated = false
  #wakeAt: number | undefined
  #cancelTimer: (() => void) | undefined

  constructor(run: Run, strategy: RunStrategy, ports: DecidingPorts, patience: Patience, host: DecidingHost) {
    this.#run = run
    this.#strategy = strategy
    this.#ports = ports
    this.#patience = patience
    this.#host = host
  }

  /** The instant that the strategy asked for. */
  get wakeAt(): number | undefined {
    return this.#wakeAt
  }

  /** Lets the strategy decide until it has no more to record; the state keys it wants to know first, if any. */
  decide(): StateKey[] | undefined {
    const now = this.#host.now()
    for (;;) {
      const decision = this.#decision(now)
      if (!this.#host.take(decision.events)) return undefined
      // Before anything is read: what changes after that asks for another decision.
      if (decision.watches !== undefined || this.#watches !== undefined) this.#watch(decision.watches)
      if (decision.needs !== undefined) return decision.needs
      if (decision.events.length === 0) {
        // What changed while it was read was not in it: it is read again.
        if (this.#isOutdated) {
          this.#isOutdated = false
          this.#known.clear()
          continue
        }
        this.#setTimer(decision.wakeAt)
        this.#known.clear()
        return undefined
      }
    }
  }

  async read(needs: readonly StateKey[]): Promise<void> {
    this.#isOutdated = false
    const own = runNamespace(this.#run.id)
    for (const need of needs) {
      const { namespace = own, key } = need
      const entry = await patiently(this.#patience, () => this.#ports.state.get(namespace, key))
      this.#known.set(stateKeyText(need), entry?.value)
    }
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#watches?.stop()
  }

  #watch(wanted: readonly StateKey[] | undefined): void {
    this.#watches ??= new StateWatches(this.#run.id, this.#ports, () => {
      this.#isOutdated = true
      this.#host.askAgain()
    })
    this.#watches.set(wanted)
  }

  #decision(now: number): Decision {
    try {
      return this.#strategy.decide(this.#run, now, this.#known)
    } catch (error) {
      this.#ports.logger.error({ error, run: this.#run.id }, 'the strategy threw')
      const failure = toFailure(error)
      return { events: [{ type: 'run.failed', at: now, data: { failure, reasons: [failure.message] } }] }
    }
  }

  #setTimer(wakeAt: number | undefined): void {
    if (wakeAt === this.#wakeAt) return
    this.#cancelTimer?.()
    this.#wakeAt = wakeAt
    this.#cancelTimer =
      wakeAt === undefined
        ? undefined
        : this.#ports.clock.schedule(Math.max(0, wakeAt - this.#host.now()), () => {
            this.#wakeAt = undefined
            this.#host.askAgain()
          })
  }
}
