import { ConcordError } from '../../domain/errors.ts'
import type { FaultPlan, HostileFault } from './faults.ts'

/** How many turns of the event loop a dropped connection stays down when no call is made. */
const turnsDownMax = 50
const failingCallsMax = 4

/** A turn of the event loop: whatever else is ready runs first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Waits for this many turns of the event loop. */
export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await turn()
}

const unreachable = (action: string): ConcordError =>
  new ConcordError(
    'store.failed',
    `Cannot ${action} because the connection to the store was lost: whether it was done is unknown; read the store, then try again`,
  )

/**
 * The connection between a process and a hostile store: it makes calls late, numbers the commits,
 * and injects the faults of a plan. Everything follows from the seed and the order of the calls.
 */
export class HostileConnection {
  readonly #random: () => number
  readonly #plan: FaultPlan
  readonly #turnsMax: number
  readonly #lines = new Map<string, Promise<unknown>>()
  readonly #back = new Set<() => void>()
  #commits = 0
  #callsToFail = 0
  #isDown = false
  #drops = 0

  constructor(random: () => number, plan: FaultPlan, turnsMax: number) {
    this.#random = random
    this.#plan = plan
    this.#turnsMax = turnsMax
  }

  /** Commits that were asked for so far, those that failed included. */
  get commits(): number {
    return this.#commits
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /** How often the connection was dropped. */
  get drops(): number {
    return this.#drops
  }

  /** Resolves once the connection is up. */
  async up(): Promise<void> {
    while (this.#isDown) await turn()
  }

  /** Calls back after each reconnect. */
  onBack(listener: () => void): void {
    this.#back.add(listener)
  }

  /** Waits for a few turns, drawn from the seed. */
  late(): Promise<void> {
    return turns(Math.floor(this.#random() * (this.#turnsMax + 1)))
  }

  /** A read: late before and after, and failing while the connection is down. */
  async read<T>(action: string, call: () => Promise<T>): Promise<T> {
    await this.late()
    this.#checkUp(action)
    const result = await call()
    await this.late()
    return result
  }

  /** A commit, with the fault that the plan has for it. Those of one `line` keep their order. */
  async commit<T>(
    action: string,
    line: string | undefined,
    call: (fault: HostileFault | undefined) => Promise<T>,
  ): Promise<T> {
    const fault = this.#plan(this.#commits++)
    const made = this.#inLine(line, () => this.#made(action, fault, call))
    const result = await made
    await this.late()
    return result
  }

  async #inLine<T>(line: string | undefined, call: () => Promise<T>): Promise<T> {
    const lateness = this.late()
    if (line === undefined) {
      await lateness
      return call()
    }
    const before = this.#lines.get(line)
    const mine = Promise.all([before, lateness]).then(call)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    this.#lines.set(line, settled)
    try {
      return await mine
    } finally {
      if (this.#lines.get(line) === settled) this.#lines.delete(line)
    }
  }

  async #made<T>(
    action: string,
    fault: HostileFault | undefined,
    call: (fault: HostileFault | undefined) => Promise<T>,
  ): Promise<T> {
    this.#checkUp(action)
    if (fault === 'before-commit') throw unreachable(action)
    if (fault !== 'connection-dropped') {
      const result = await call(fault)
      if (fault === 'after-commit') throw unreachable(action)
      return result
    }
    // Down before the commit reaches the store, or before its answer reaches the caller.
    const isCommitted = this.#random() < 0.5
    this.drop()
    if (isCommitted) await call(fault)
    throw unreachable(action)
  }

  /** Drops the connection now; it comes back by itself. */
  drop(): void {
    this.#isDown = true
    this.#drops++
    this.#callsToFail = 1 + Math.floor(this.#random() * failingCallsMax)
    const drop = this.#drops
    void turns(turnsDownMax).then(() => {
      if (this.#drops === drop) this.#reconnect()
    })
  }

  #reconnect(): void {
    if (!this.#isDown) return
    this.#isDown = false
    for (const listener of this.#back) listener()
  }

  #checkUp(action: string): void {
    if (!this.#isDown) return
    if (--this.#callsToFail <= 0) queueMicrotask(() => this.#reconnect())
    throw unreachable(action)
  }
}
