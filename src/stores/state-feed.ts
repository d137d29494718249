import { ConcordError } from '../domain/errors.ts'
import { patternMatcher } from '../domain/key-pattern.ts'
import type { Entry, StateNews, StateResync, Watch, WatchOptions } from '../ports/state-store.ts'
import { type KeyedRow, newsOfChange, newsOfRow, type StateRow } from './state-change.ts'
import type { Change } from './state-plan.ts'
import { positionIn, positionText } from './state-position.ts'

/** What a feed reads of its store, without waiting: committed changes only. */
export type FeedSource = {
  /** The sequence of the namespace's last committed change. */
  head(namespace: string): number
  /** Rows after a sequence in order, as far as their data have so many characters, at least one; what is not retained is left out. */
  read(namespace: string, after: number, limit: number, charsMax: number): StateRow[]
  /** Of the change with this sequence, one character a byte; undefined where it is not kept. */
  digest(namespace: string, sequence: number): string | undefined
  /** Living entries whose key matches, and the sequence they are of. */
  snapshot(namespace: string, pattern: string): { sequence: number; entries: Entry[] }
}

/**
 * The watchers of one process.
 *
 * 1. A watcher's `cursor` is the last sequence it has buffered or passed over; it moves by one, or by a resync (`accept`, `pull`).
 * 2. What does not follow the cursor, or does not fit the buffer, is not taken: the watcher is then `behind` and reads on from the log when
 * asked (`pull`), so that the log is the buffer of the slow and nothing is lost.
 * 3. Nobody's code runs here: news resolve promises.
 */
export type Feed = {
  watch(namespace: string, pattern: string, options?: WatchOptions): Watch
  /** Committed changes, in order of sequence per namespace. */
  push(changes: readonly (Change | KeyedRow)[]): void
  /** Something of the namespace was committed elsewhere. */
  poke(namespace: string): void
  /** Anything may have changed. */
  pokeAll(): void
  /** The store lost what it held: every watch is given what stands now. */
  startOver(): void
  watching(namespace: string): boolean
  namespaces(): Iterable<string>
  size(): number
  /** Ends all watches with an error. */
  fail(error: unknown): void
  close(): void
}

type Item = Change | StateRow | StateResync

const pageRows = 256
const bufferCharsDefault = 1024 * 1024
const charsOf = (item: Item): number =>
  'data' in item ? (item.data?.length ?? 0) : 'event' in item ? item.event.data.length : 0
/** A row that reaches a buffer was found to have its data. */
const newsOf = (item: Change | StateRow): StateNews =>
  'data' in item ? newsOfRow(item)! : newsOfChange(item)
const done = { done: true, value: undefined } as const

class Watcher implements Watch {
  cursor: number
  readonly opened: Promise<number>
  readonly #namespace: string
  readonly #pattern: string
  readonly #matches: (key: string) => boolean
  readonly #source: FeedSource
  readonly #bufferMax: number
  readonly #lagMax: number
  readonly #leave: () => void
  readonly #signal: AbortSignal | undefined
  readonly #bufferCharsMax: number
  /** Of the news handed out last. */
  #last: { sequence: number; digest?: string | undefined }
  /** What the reader came with, until it is handed something: the store may have another change there. */
  #given: string | undefined
  /** The change that the reader says stands at its cursor. */
  #unchecked: string | undefined
  #chars = 0
  #buffer: Item[] = []
  #taken = 0
  #behind = false
  #lost = false
  #closed = false
  #failed: { error: unknown } | undefined
  #waiting: { resolve(result: IteratorResult<StateNews, undefined>): void; reject(error: unknown): void }[] =
    []

  constructor(
    source: FeedSource,
    namespace: string,
    pattern: string,
    { since, bufferMax = 1024, bufferCharsMax = bufferCharsDefault, lagMax = 10_000, signal }: WatchOptions,
    leave: () => void,
  ) {
    this.#source = source
    this.#namespace = namespace
    this.#pattern = pattern
    this.#matches = patternMatcher(pattern)
    this.#bufferMax = Math.max(1, bufferMax)
    this.#lagMax = lagMax
    this.#leave = leave
    this.#bufferCharsMax = bufferCharsMax
    const from = since === undefined ? undefined : positionIn(namespace, since)
    this.cursor = from?.sequence ?? source.head(namespace)
    this.#last = { sequence: this.cursor }
    if (since !== undefined) this.#given = String(since)
    if (from !== undefined && from.mark !== '' && from.sequence > 0)
      this.#unchecked = positionText(from.sequence, undefined) + from.mark
    this.#behind = since !== undefined
    this.opened = Promise.resolve(this.cursor)
    this.#signal = signal
    if (signal?.aborted) this.close()
    else signal?.addEventListener('abort', this.close, { once: true })
  }

  /** Takes what follows the cursor; false when it does not, or is too much. */
  accept(change: Change | KeyedRow): void {
    if (this.#behind || change.sequence <= this.cursor) return
    if (change.sequence !== this.cursor + 1) return this.fallBehind()
    if (this.#matches(change.key)) {
      if (this.#waiting.length > 0) {
        this.cursor = change.sequence
        this.#last = change
        this.#given = undefined
        return this.#waiting.shift()!.resolve({ done: false, value: newsOf(change) })
      }
      if (this.#isFull(change)) return this.fallBehind()
      this.#keep(change)
    }
    this.cursor = change.sequence
  }

  /** A change that is too large for the buffer has it alone. */
  #isFull(next: Item): boolean {
    const kept = this.#buffer.length - this.#taken
    if (kept === 0) return false
    return kept >= this.#bufferMax || this.#chars + charsOf(next) > this.#bufferCharsMax
  }

  #keep(item: Item): void {
    this.#buffer.push(item)
    this.#chars += charsOf(item)
  }

  get position(): string {
    const { sequence, digest } = this.#last
    return this.#given ?? positionText(sequence, digest ?? this.#source.digest(this.#namespace, sequence))
  }

  fallBehind(): void {
    this.#behind = true
    while (this.#waiting.length > 0 && this.#pull()) this.#serve()
  }

  /** What was buffered is of the past that was lost; the resync is read when asked for. */
  startOver(): void {
    this.#buffer = []
    this.#taken = 0
    this.#chars = 0
    this.#unchecked = undefined
    this.#lost = true
    this.fallBehind()
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#taken < this.#buffer.length)
      this.#waiting.shift()!.resolve({ done: false, value: this.#take() })
  }

  #take(): StateNews {
    const item = this.#buffer[this.#taken++]!
    this.#chars -= charsOf(item)
    this.#given = undefined
    this.#last = { sequence: item.sequence, digest: 'entries' in item ? undefined : item.digest }
    if (this.#taken === this.#buffer.length) {
      this.#buffer = []
      this.#taken = 0
    }
    return 'kind' in item ? item : newsOf(item)
  }

  /** Reads on from the log until something matches or nothing is left; false when nothing is left. */
  #pull(): boolean {
    try {
      while (this.#behind && this.#buffer.length === 0) this.#readPage()
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    return this.#buffer.length > 0
  }

  #readPage(): void {
    if (this.#lost) return this.#resync('restored')
    const most = Math.min(pageRows, this.#bufferMax)
    if (this.#unchecked !== undefined) {
      const [said, digest] = [this.#unchecked, this.#source.digest(this.#namespace, this.cursor)]
      this.#unchecked = undefined
      // One that is ahead, or behind what is kept, is found below.
      if (digest !== undefined && positionText(this.cursor, digest) !== said) return this.#resync('restored')
      if (digest === undefined && this.cursor <= this.#source.head(this.#namespace))
        return this.#resync('not-retained')
    }
    const read = () => this.#source.read(this.#namespace, this.cursor, most, this.#bufferCharsMax)
    let rows = read()
    // How far the namespace is need only be asked where a page does not tell.
    if (rows.length === 0) {
      const head = this.#source.head(this.#namespace)
      if (this.cursor > head) return this.#resync('ahead')
      if (this.cursor === head) {
        this.#behind = false
        return
      }
      // Another process may have committed between the two looks: only what is still not there is not kept.
      rows = read()
      if (rows.length === 0) return this.#resync('not-retained')
    }
    let chars = 0
    for (const row of rows) chars += charsOf(row)
    const isLast = rows.length < most && chars <= this.#bufferCharsMax
    const lag = isLast ? rows.length : this.#source.head(this.#namespace) - this.cursor
    if (lag > this.#lagMax) return this.#resync('behind')
    for (const row of rows) {
      if (row.sequence !== this.cursor + 1) {
        if (this.#buffer.length === 0) this.#resync('not-retained')
        return
      }
      if (row.type === 'state.forked') {
        if (this.#buffer.length === 0) this.#resync('forked')
        return
      }
      // Of an erased change nobody knows any more which key it was of.
      const key = row.data === null ? undefined : newsOfRow(row)?.key
      if (key !== undefined && this.#matches(key)) this.#keep(row)
      this.cursor = row.sequence
    }
    if (isLast) this.#behind = false
  }

  #resync(reason: StateResync['reason']): void {
    const namespace = this.#namespace
    const { sequence, entries } = this.#source.snapshot(namespace, this.#pattern)
    this.#lost = false
    this.#buffer.push({ kind: 'resync', namespace, sequence, reason, entries })
    this.cursor = sequence
  }

  next(): Promise<IteratorResult<StateNews, undefined>> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed.error)
    if (this.#closed) return Promise.resolve(done)
    if (this.#waiting.length === 0) {
      try {
        if (this.#taken === this.#buffer.length)
          while (this.#behind && this.#buffer.length === 0) this.#readPage()
      } catch (error) {
        return Promise.reject(error)
      }
      if (this.#taken < this.#buffer.length) return Promise.resolve({ done: false, value: this.#take() })
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  fail(error: unknown): void {
    if (this.#closed) return
    this.#failed = { error }
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.close()
  }

  async return(): Promise<IteratorResult<StateNews, undefined>> {
    this.close()
    return done
  }

  close = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.close)
    this.#buffer = []
    this.#chars = 0
    for (const { resolve } of this.#waiting.splice(0)) resolve(done)
    this.#leave()
  };

  [Symbol.asyncIterator](): this {
    return this
  }
}

export const tooManyWatchers = (action: string, most: number): ConcordError =>
  new ConcordError(
    'bound.reached',
    `Cannot ${action} as a process has at most ${most} watches and subscriptions: they are all in use; close some (break out of the loop, or abort the signal), or raise watchersMax`,
    { details: { watchersMax: most } },
  )

/** `used` says how many the process has in all; `changed` is called when there is a first or no longer any. */
export const stateFeed = (
  source: FeedSource,
  options: { watchersMax: number; used(): number; changed(size: number): void },
): Feed => {
  const watchers = new Map<string, Set<Watcher>>()
  let size = 0

  const forget = (namespace: string, watcher: Watcher | undefined) => {
    const set = watchers.get(namespace)
    if (watcher === undefined || !set?.delete(watcher)) return
    if (set.size === 0) watchers.delete(namespace)
    size--
    options.changed(size)
  }

  return {
    watch(namespace, pattern, watch = {}) {
      if (options.used() >= options.watchersMax)
        throw tooManyWatchers(`watch ${namespace}`, options.watchersMax)
      let watcher: Watcher | undefined
      // Listening first: what is committed from here on is pushed, what was committed before is below the cursor.
      size++
      options.changed(size)
      try {
        watcher = new Watcher(source, namespace, pattern, watch, () => forget(namespace, watcher))
      } finally {
        if (watcher === undefined) options.changed(--size)
      }
      if (watch.signal?.aborted) {
        options.changed(--size)
        return watcher
      }
      let set = watchers.get(namespace)
      if (set === undefined) {
        set = new Set()
        watchers.set(namespace, set)
      }
      set.add(watcher)
      return watcher
    },
    push(changes) {
      if (size === 0) return
      for (const change of changes) {
        const set = watchers.get(change.namespace)
        if (set !== undefined) for (const watcher of set) watcher.accept(change)
      }
    },
    poke(namespace) {
      const set = watchers.get(namespace)
      if (set !== undefined) for (const watcher of set) watcher.fallBehind()
    },
    pokeAll() {
      for (const set of watchers.values()) for (const watcher of set) watcher.fallBehind()
    },
    startOver() {
      for (const set of watchers.values()) for (const watcher of set) watcher.startOver()
    },
    watching: (namespace) => watchers.has(namespace),
    namespaces: () => watchers.keys(),
    size: () => size,
    fail(error) {
      for (const set of watchers.values()) for (const watcher of [...set]) watcher.fail(error)
    },
    close() {
      for (const set of watchers.values()) for (const watcher of [...set]) watcher.close()
    },
  }
}
