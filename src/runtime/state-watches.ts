import { runNamespace } from '../domain/names.ts'
import { type StateKey, stateKeyText } from '../domain/strategy.ts'
import type { Logger } from '../ports/logger.ts'
import type { StateStore } from '../ports/state-store.ts'

type Ports = { state: Pick<StateStore, 'watch'>; logger: Logger }

/** The state that a run's strategy watches: opened when first named, closed when no longer named. */
export class StateWatches {
  readonly #run: string
  readonly #ports: Ports
  readonly #changed: () => void
  #open: Map<string, AbortController> | undefined

  /** `changed` is called for each change, and once when a watch is in force. */
  constructor(run: string, ports: Ports, changed: () => void) {
    this.#run = run
    this.#ports = ports
    this.#changed = changed
  }

  set(wanted: readonly StateKey[] | undefined): void {
    if (wanted === undefined && this.#open === undefined) return
    this.#open ??= new Map()
    const keys = new Map((wanted ?? []).map((key) => [stateKeyText(key), key]))
    for (const [text, stop] of this.#open)
      if (!keys.has(text)) {
        this.#open.delete(text)
        stop.abort()
      }
    for (const [text, key] of keys) {
      if (this.#open.has(text)) continue
      const stop = new AbortController()
      this.#open.set(text, stop)
      void this.#follow(key, stop)
    }
  }

  stop(): void {
    this.set(undefined)
  }

  async #follow(
    { namespace = runNamespace(this.#run), key }: StateKey,
    stop: AbortController,
  ): Promise<void> {
    const { state, logger } = this.#ports
    try {
      const watch = state.watch(namespace, key, { signal: stop.signal })
      await watch.opened
      // What was read before the watch was in force may have changed since.
      this.#changed()
      for await (const _ of watch) this.#changed()
    } catch (error) {
      if (!stop.signal.aborted)
        logger.error({ error, run: this.#run, namespace }, 'a watch of a strategy ended')
    }
  }
}
