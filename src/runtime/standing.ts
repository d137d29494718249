import { ConcordError } from '../domain/errors.ts'
import { runStream } from '../domain/names.ts'
import type { Run } from '../domain/run.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Membership } from '../ports/membership.ts'
import { type Patience, patiently } from './patient-append.ts'
import { stale } from './work-journal.ts'

type Waiter = { version: number; resolve: () => void; reject: (error: unknown) => void }

type StandingPorts = { log: EventLog; membership: Pick<Membership, 'lapses' | 'beat'> }

const takenOver = (run: string): ConcordError =>
  new ConcordError(
    'version.conflict',
    `Cannot continue run "${run}" as another process claimed it while this one stood still; follow it with "concord trace ${run}"`,
  )

/**
 * An owner's right to act: up to where its log is durable, and whether it is still the owner. While both are plain, asking costs
 * nothing.
 */
export class Standing {
  readonly #run: Run
  readonly #ports: StandingPorts
  readonly #patience: Patience
  readonly #lost: (error: unknown) => void
  #committed: number
  /** Lapses of this process's beat after which the log was read. */
  #lapses: number
  #waiters: Waiter[] = []
  #ended: (() => unknown) | undefined
  #confirming: Promise<void> | undefined

  /** `lost` is called when the log shows another owner. */
  constructor(run: Run, ports: StandingPorts, patience: Patience, lost: (error: unknown) => void) {
    this.#run = run
    this.#ports = ports
    this.#patience = patience
    this.#lost = lost
    this.#committed = run.version
    this.#lapses = ports.membership.lapses
  }

  /** The run's log is durable up to this version. */
  committed(version: number): void {
    this.#committed = version
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = waiters.filter((waiter) => waiter.version > version)
    for (const waiter of waiters) if (waiter.version <= version) waiter.resolve()
  }

  /** Nothing becomes durable any more: whoever waits is rejected. An error is made only where one is needed. */
  end(reason: () => unknown): void {
    this.#ended = reason
    for (const waiter of this.#waiters) waiter.reject(reason())
    this.#waiters = []
  }

  /** Undefined when the log is durable up to `version` and the ownership is not in doubt; else resolves when it is so. */
  ready(version: number): Promise<void> | undefined {
    const confirmed = this.#confirmed()
    if (this.#committed >= version) return confirmed
    return this.#durable(version, confirmed)
  }

  async #durable(version: number, confirmed: Promise<void> | undefined): Promise<void> {
    const durable = new Promise<void>((resolve, reject) => {
      if (this.#ended === undefined) this.#waiters.push({ version, resolve, reject })
      else reject(this.#ended())
    })
    await (confirmed === undefined ? durable : Promise.all([durable, confirmed]))
    // Looked at again once it is durable: that may have taken long.
    const again = this.#confirmed()
    if (again !== undefined) await again
  }

  /**
   * After a lapse of this process's beat another may have claimed the run. The beat first, then the log: whoever looks after the beat
   * leaves the run alone, and a claim made before it is found.
   */
  #confirmed(): Promise<void> | undefined {
    if (this.#confirming !== undefined) return this.#confirming
    if (this.#ports.membership.lapses === this.#lapses) return undefined
    this.#confirming = patiently(this.#patience, () => this.#look()).finally(() => {
      this.#confirming = undefined
    })
    return this.#confirming
  }

  async #look(): Promise<void> {
    const { log, membership } = this.#ports
    const { lapses } = membership
    await membership.beat()
    const { id, epoch } = this.#run
    const since = await log.read(runStream(id), { afterVersion: this.#committed })
    if (since.some((event) => event.epoch > epoch)) {
      this.#lost(takenOver(id))
      throw stale()
    }
    this.#lapses = lapses
  }
}
