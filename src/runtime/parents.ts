import { advance } from '../domain/advance.ts'
import { runStream } from '../domain/names.ts'
import { emptyRun, type Run } from '../domain/run.ts'
import type { EventLog } from '../ports/event-log.ts'

const parentsMost = 16

type Known = { run: Run; reading: Promise<void> | undefined }

/**
 * Parents of the items that this process executes, as their logs say: each event is read once. An item
 * sees what is committed only, wherever its parent's owner is.
 */
export class Parents {
  readonly #log: Pick<EventLog, 'read'>
  readonly #known = new Map<string, Known>()

  constructor(log: Pick<EventLog, 'read'>) {
    this.#log = log
  }

  /** The parent at this version or later, as far as it is committed; without a version as it is now. */
  async at(id: string, version = Number.POSITIVE_INFINITY): Promise<Run> {
    const known = this.#known.get(id) ?? { run: emptyRun(id), reading: undefined }
    // The one used last is dropped last.
    this.#known.delete(id)
    this.#known.set(id, known)
    for (const old of this.#known.keys()) if (this.#known.size > parentsMost) this.#known.delete(old)
    if (known.run.version >= version) return known.run
    if (known.reading !== undefined) await known.reading
    if (known.run.version < version) {
      known.reading ??= this.#read(known).finally(() => {
        known.reading = undefined
      })
      await known.reading
    }
    return known.run
  }

  async #read({ run }: Known): Promise<void> {
    const events = await this.#log.read(runStream(run.id), { afterVersion: run.version })
    for (const event of events) advance(run, event)
  }
}
