import { createHash } from 'node:crypto'
import { ConcordError, isConcordError, isRetryable, toFailure } from '../domain/errors.ts'
import type { Goal } from '../domain/goal.ts'
import { asJson, type Json } from '../domain/json.ts'
import { runStream, wakeNamespace } from '../domain/names.ts'
import { isObject } from '../domain/reference.ts'
import type { Clock } from '../ports/clock.ts'
import { sleep } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { StateStore } from '../ports/state-store.ts'
import { backoffMs } from './backoff.ts'

export type WakePorts = { log: EventLog; state: StateStore; clock: Clock; logger: Logger }

/** What was decided last: all up to `sequence` is dealt with, by `run` where there is one. */
export type Decided = {
  sequence: number
  run?: string
  /** The changes the run is for, by their sequences in the watched namespace. */
  changes?: number[]
  depth?: number
  /** Why it was decided that nothing runs. */
  refused?: string
}

export type Rebuild = (decided: Decided) => Promise<Goal>

const decidedIn = (value: Json): Decided => {
  const { sequence, run, changes, depth, refused } = isObject(value) ? value : {}
  return {
    sequence: typeof sequence === 'number' ? sequence : 0,
    ...(typeof run === 'string' ? { run } : {}),
    ...(Array.isArray(changes) ? { changes: changes.map(Number) } : {}),
    ...(typeof depth === 'number' ? { depth } : {}),
    ...(typeof refused === 'string' ? { refused } : {}),
  }
}

/*
 * Where a wake stands, in state namespace `wake/{name}`, shared by all servers. Invariants:
 * 1. A batch is what the cursor says: whoever advances it by compare-and-set decides, all others take that over    (advance)
 * 2. The run's id follows from name, source and last sequence, and starting it twice is starting it once            (idOf)
 * 3. The cursor is not advanced again before the run it names exists: a crash between the two leaves it to whoever comes next (advance)
 * Together: each batch yields exactly one run.
 */
export class WakeCursor {
  readonly #ports: WakePorts
  readonly #name: string
  readonly #source: string
  readonly #start: (id: string, goal: Goal) => Promise<string>
  readonly #rebuild: Rebuild
  readonly #signal: AbortSignal
  #version = 0
  #decided: Decided = { sequence: 0 }

  constructor(parts: {
    ports: WakePorts
    name: string
    source: string
    start: (id: string, goal: Goal) => Promise<string>
    rebuild: Rebuild
    signal: AbortSignal
  }) {
    this.#ports = parts.ports
    this.#name = parts.name
    this.#source = parts.source
    this.#start = parts.start
    this.#rebuild = parts.rebuild
    this.#signal = parts.signal
  }

  get sequence(): number {
    return this.#decided.sequence
  }

  /** The last run, if any. */
  get run(): string | undefined {
    return this.#decided.run
  }

  get #namespace(): string {
    return wakeNamespace(this.#name)
  }

  /** Letters, digits and `-`: the name as far as it can be shown, and what tells it and its source apart. */
  idOf(sequence: number | string): string {
    const digest = createHash('sha256').update(`${this.#name}\n${this.#source}`).digest('hex').slice(0, 12)
    const shown = this.#name.replaceAll(/[^A-Za-z0-9_]+/g, '-').slice(0, 40)
    return `wake-${shown}-${digest}-${sequence}`
  }

  /** Finds where it stands, or begins at `sequence`, and sees to it that the last run exists. */
  async open(sequence: () => Promise<number>): Promise<void> {
    if (!(await this.#read())) {
      await this.#write({ sequence: await sequence() }, 0)
      await this.#read()
    }
    await this.#ensure()
  }

  /** Decides on the next batch. False when somebody else has decided meanwhile: what they did is taken over. */
  async advance(decided: Decided, goal: Goal | undefined): Promise<boolean> {
    const won = await this.#write(decided, this.#version)
    if (!won) await this.#read()
    await this.#ensure(won ? goal : undefined)
    return won
  }

  /** Moves past what matters to nobody. */
  async pass(sequence: number): Promise<void> {
    await this.advance({ ...this.#decided, sequence }, undefined)
  }

  async #read(): Promise<boolean> {
    const entry = await this.#ports.state.get(this.#namespace, this.#source)
    if (entry === undefined) return false
    this.#version = entry.version
    this.#decided = decidedIn(entry.value)
    return true
  }

  async #write(decided: Decided, version: number): Promise<boolean> {
    const [outcome] = await this.#ports.state.write([
      {
        namespace: this.#namespace,
        key: this.#source,
        value: asJson(decided),
        ifVersion: version,
        provenance: { agent: this.#name },
      },
    ])
    if (outcome?.ok !== true) return false
    this.#version = outcome.version
    this.#decided = decided
    return true
  }

  /** Starts the run that was decided on unless it is there; tries again as long as that can help. */
  async #ensure(known?: Goal): Promise<void> {
    const decided = this.#decided
    const { run } = decided
    if (run === undefined) return
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      try {
        if ((await this.#ports.log.version(runStream(run))) > 0) return
        await this.#start(run, known ?? (await this.#rebuild(decided)))
        return
      } catch (error) {
        if (this.#signal.aborted) return
        const again = !isConcordError(error) || isRetryable(toFailure(error))
        this.#ports.logger.error(
          { error, run, again },
          `a run that ${this.#name} was woken for could not be started`,
        )
        if (!again) return
        await sleep(this.#ports.clock, backoffMs(attempt), this.#signal).catch(() => {})
      }
    }
    throw new ConcordError('cancelled', 'watching has ended')
  }
}
