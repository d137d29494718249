import type { StateNews, StateStore, Watch, WatchOptions } from '../../ports/state-store.ts'
import type { HostileConnection } from './connection.ts'

const done = { done: true, value: undefined } as const

/** A watch over a connection that can be dropped: it is opened again behind what it handed out last. */
export class HostileWatch implements Watch {
  readonly #reopen: (since: string) => Watch
  readonly #connection: HostileConnection
  #watch: Watch
  #drops: number
  #closed = false
  /** Reads are served in the order they were asked for. */
  #line: Promise<unknown> = Promise.resolve()

  constructor(
    state: StateStore,
    connection: HostileConnection,
    namespace: string,
    pattern: string,
    options: WatchOptions,
  ) {
    this.#connection = connection
    this.#drops = connection.drops
    this.#watch = state.watch(namespace, pattern, options)
    this.#reopen = (since) => state.watch(namespace, pattern, { ...options, since })
  }

  get opened(): Promise<number> {
    return this.#watch.opened
  }

  get position(): string {
    return this.#watch.position
  }

  next(): Promise<IteratorResult<StateNews, undefined>> {
    const read = this.#line.then(() => this.#read())
    this.#line = read.catch(() => undefined)
    return read
  }

  async #read(): Promise<IteratorResult<StateNews, undefined>> {
    for (;;) {
      const handled = this.#watch.position
      await this.#afterDrop(handled)
      const result = await this.#watch.next()
      if (result.done === true || this.#closed) return done
      await this.#connection.late()
      // What came while the connection was dropped never arrived: it is asked for again.
      if (this.#drops === this.#connection.drops) return result
      await this.#afterDrop(handled)
    }
  }

  async #afterDrop(handled: string): Promise<void> {
    if (this.#drops === this.#connection.drops) return
    await this.#connection.up()
    this.#drops = this.#connection.drops
    if (this.#closed) return
    const before = this.#watch
    this.#watch = this.#reopen(handled)
    before.close()
  }

  async return(): Promise<IteratorResult<StateNews, undefined>> {
    this.close()
    return done
  }

  close(): void {
    this.#closed = true
    this.#watch.close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
