import type { Commit, EventLog } from '../../ports/event-log.ts'
import { type HostileConnection, turns } from './connection.ts'
import type { HostileFault } from './faults.ts'

type Listener = (commit: Commit) => void

/** How long a commit that is told after a later one waits for it, in turns of the event loop. */
const turnsHeldMax = 20

/**
 * What listeners hear of commits: late, and with the faults of the commits that were made through
 * `making`. After a lost notification and after a reconnect every listener is told of a `gap`.
 */
export class HostileNews {
  readonly #log: EventLog
  readonly #connection: HostileConnection
  readonly #listeners = new Set<Listener>()
  readonly #faults = new Map<string, HostileFault[]>()
  #leave: (() => void) | undefined
  #held: Commit | undefined
  #position = 0
  #told: Promise<void> = Promise.resolve()

  constructor(log: EventLog, connection: HostileConnection) {
    this.#log = log
    this.#connection = connection
    connection.onBack(() => this.#gap())
  }

  onCommit(listener: Listener): () => void {
    const mine: Listener = (commit) => listener(commit)
    this.#listeners.add(mine)
    this.#leave ??= this.#log.onCommit((commit) => this.#heard(commit))
    return () => {
      this.#listeners.delete(mine)
      if (this.#listeners.size > 0) return
      this.#leave?.()
      this.#leave = undefined
    }
  }

  /** The next commit that names this stream is told with the fault. */
  making(stream: string, fault: HostileFault | undefined): void {
    if (fault === undefined || !fault.startsWith('notification-') || this.#listeners.size === 0) return
    this.#faults.set(stream, [...(this.#faults.get(stream) ?? []), fault])
  }

  #faultOf({ streams }: Commit): HostileFault | undefined {
    for (const stream of streams) {
      const [fault, ...others] = this.#faults.get(stream) ?? []
      if (fault === undefined) continue
      if (others.length === 0) this.#faults.delete(stream)
      else this.#faults.set(stream, others)
      return fault
    }
    return undefined
  }

  #heard(commit: Commit): void {
    this.#position = Math.max(this.#position, commit.position)
    // Nobody is told while the connection is down; what was missed is in the gap.
    if (this.#connection.isDown) return
    const fault = this.#faultOf(commit)
    if (fault === 'notification-lost') return this.#gap()
    if (fault === 'notification-reordered') return this.#hold(commit)
    this.#tell(commit)
    if (fault === 'notification-doubled') this.#tell(commit)
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#tell(held)
  }

  #hold(commit: Commit): void {
    if (this.#held !== undefined) this.#tell(this.#held)
    this.#held = commit
    void turns(turnsHeldMax).then(() => {
      if (this.#held !== commit) return
      this.#held = undefined
      this.#tell(commit)
    })
  }

  #gap(): void {
    this.#held = undefined
    this.#tell({ streams: [], position: this.#position, gap: true })
  }

  #tell(commit: Commit): void {
    this.#told = this.#told
      .then(() => this.#connection.late())
      .then(() => {
        // Dropped on the way: the gap comes after the reconnect.
        if (this.#connection.isDown) return
        for (const listener of this.#listeners) listener(commit)
      })
      .catch((error) => {
        // A listener's mistake must not keep the news from the others, nor go unnoticed.
        queueMicrotask(() => {
          throw error
        })
      })
  }
}
