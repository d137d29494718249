import { ConcordError, isConcordError } from '../../domain/errors.ts'
import { patternMatcher, patternPrefix } from '../../domain/key-pattern.ts'
import type {
  Entry,
  HistoryOptions,
  KeyMoment,
  ListOptions,
  Message,
  RecordedWrite,
  StateChange,
  StateNews,
  StateResync,
  StateStore,
  StateWrite,
  Subscription,
  Watch,
  WatchOptions,
  WriteOutcome,
} from '../../ports/state-store.ts'
import { storeHeader } from '../../ports/store-header.ts'
import { closedError } from '../closed.ts'
import { checkMoment } from '../moment.ts'
import { type Endpoint, requester } from './request.ts'
import { Reader, reopened } from './stream.ts'

const pageMax = 1000
const peekedMax = 1000

type Query = { [name: string]: string | number | undefined }
type Page = { entries: Entry[]; sequence: number; next?: string }

const queryOf = (query: Query): string => {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value))
  return `?${parameters}`
}

const momentOf = (at: KeyMoment | undefined): Query => {
  if (at === undefined) return {}
  checkMoment(at)
  return { ...at }
}

/** Half a surrogate pair would arrive as another character. */
const text = (what: string, value: string): string => {
  if (value.isWellFormed()) return value
  throw new ConcordError(
    'input.invalid',
    `Cannot use ${what} as it must be Unicode text: ${JSON.stringify(value)}; correct it`,
  )
}

/** News with where they leave the reader. */
type Placed = { news: StateNews; position: string }

const placedWatch = (reader: Reader<Placed, string>): Watch => {
  let position = ''
  const opened = reader.opened.then((at) => {
    if (position === '') position = at
    return Number.parseInt(at, 10)
  })
  opened.catch(() => undefined)
  return {
    opened,
    get position() {
      return position
    },
    async next() {
      const next = await reader.next()
      if (next.done) return next
      position = next.value.position
      return { done: false, value: next.value.news }
    },
    async return() {
      reader.close()
      return { done: true, value: undefined }
    },
    close: () => reader.close(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

const isRefusal = (error: unknown): error is ConcordError & { details: { outcomes: WriteOutcome[] } } =>
  isConcordError(error) && error.code === 'version.conflict' && Array.isArray(error.details.outcomes)

/**
 * Shared state behind `/memory` of a server, over fetch alone. What is written is written in the name of the token; provenance given here is left out.
 * `peek` knows what was read here last, until it is written here. A watch or a write outlives a connection that breaks; limits and
 * mistakes of a watch are told by `opened` and `next`.
 */
export const httpStateStore = (endpoint: Endpoint): StateStore => {
  const request = requester(endpoint)
  let closed = false
  const checkOpen = (action: string) => {
    if (closed) throw closedError(action)
  }
  /** Of which history the versions are that were read here. */
  let history: string | null = null
  const send: typeof request = async (path, given) => {
    checkOpen(`use ${endpoint.url}${path}`)
    const response = await request(path, given)
    if (given?.method === undefined) history = response.headers.get(storeHeader) ?? history
    return response
  }
  const readers = new Set<{ close(): void }>()
  const peeked = new Map<string, Entry>()
  /** Counts what was heard of changes: what was asked before one must not be remembered after it. */
  let changes = 0
  const get = async <T>(path: string, query: Query = {}): Promise<T> =>
    (await send(path + queryOf(query))).json() as Promise<T>

  const idOf = (namespace: string, key: string) => `${namespace}\0${key}`
  const forget = (namespace: string, key: string) => {
    changes++
    peeked.delete(idOf(namespace, key))
  }
  const remember = (namespace: string, entry: Entry) => {
    const id = idOf(namespace, entry.key)
    peeked.delete(id)
    peeked.set(id, entry)
    if (peeked.size > peekedMax) for (const oldest of peeked.keys()) return void peeked.delete(oldest)
  }

  const page = (namespace: string, options: ListOptions, limit: number): Promise<Page> =>
    get('/list', {
      namespace: text('a namespace', namespace),
      prefix: options.prefix === undefined ? undefined : text('a prefix', options.prefix),
      after: options.after === undefined ? undefined : text('a key', options.after),
      limit,
      ...momentOf(options.at),
    })

  /** All pages, of one moment. */
  const listing = async (namespace: string, options: ListOptions = {}): Promise<Page> => {
    const entries: Entry[] = []
    const most = options.limit ?? Number.POSITIVE_INFINITY
    if (most < 1) return { entries, sequence: 0 }
    let { at, after } = options
    for (;;) {
      const wanted = Math.min(pageMax, most - entries.length)
      const read = await page(
        namespace,
        {
          ...options,
          ...(at === undefined ? {} : { at }),
          ...(after === undefined ? {} : { after }),
        },
        wanted,
      )
      for (const entry of read.entries) entries.push(entry)
      if (read.next === undefined || entries.length >= most) return { entries, sequence: read.sequence }
      after = read.next
      at ??= { sequence: read.sequence }
    }
  }

  /** What stands now, where it was too much for a message. */
  const completed = async (news: StateResync & { partial?: true }, pattern: string): Promise<StateResync> => {
    const { partial, ...resync } = news
    if (partial === undefined) return resync
    const { namespace, sequence } = resync
    const options = { prefix: patternPrefix(pattern) }
    const read = await listing(namespace, { ...options, at: { sequence } }).catch((error) => {
      if (isConcordError(error) && error.code === 'not-found') return listing(namespace, options)
      throw error
    })
    const matches = patternMatcher(pattern)
    return { ...resync, sequence: read.sequence, entries: read.entries.filter(({ key }) => matches(key)) }
  }

  async function* follow(
    namespace: string,
    pattern: string,
    { since, lagMax }: WatchOptions,
    signal: AbortSignal,
    opened: (position: string) => void,
  ): AsyncGenerator<Placed, undefined> {
    let last = since
    const connect = () =>
      send(`/watch${queryOf({ namespace, pattern, since: last, lagMax })}`, {
        headers: { accept: 'text/event-stream' },
        signal,
        repeatable: false,
      })
    for await (const { event, id, data } of reopened(connect, signal)) {
      if (event === 'opened') {
        last ??= id ?? ''
        opened(String(last))
        continue
      }
      const news: StateNews = JSON.parse(data)
      const whole = news.kind === 'change' ? news : await completed(news, pattern)
      // What was read instead may be of a later moment than the message.
      last = whole.sequence === news.sequence && id !== undefined ? id : whole.sequence
      if (whole.kind === 'change') forget(namespace, whole.key)
      else for (const { key } of whole.entries) forget(namespace, key)
      yield { news: whole, position: String(last) }
    }
    return undefined
  }

  async function* listen(
    pattern: string,
    signal: AbortSignal,
    opened: () => void,
  ): AsyncGenerator<Message, undefined> {
    const connect = () =>
      send(`/subscribe${queryOf({ pattern })}`, {
        headers: { accept: 'text/event-stream' },
        signal,
        repeatable: false,
      })
    for await (const { event, data } of reopened(connect, signal)) {
      if (event === 'opened') opened()
      else yield JSON.parse(data) as Message
    }
    return undefined
  }

  const track = <R extends { close(): void }>(reader: R): R => {
    readers.add(reader)
    return reader
  }
  const left = (reader: { close(): void }) => void readers.delete(reader)

  return {
    async get(namespace, key, { at } = {}) {
      try {
        const query = { namespace: text('a namespace', namespace), key: text('a key', key) }
        const asked = changes
        const entry = await get<Entry>('/state', { ...query, ...momentOf(at) })
        if (at === undefined && asked === changes) remember(namespace, entry)
        return entry
      } catch (error) {
        // A key that is known to be absent, apart from a moment that is no longer kept.
        if (!isConcordError(error) || error.code !== 'not-found' || error.details.version !== 0) throw error
        if (at === undefined) forget(namespace, key)
        return undefined
      }
    },
    peek(namespace, key) {
      checkOpen(`read ${namespace}`)
      const entry = peeked.get(idOf(namespace, key))
      return entry?.expiresAt !== undefined && entry.expiresAt <= Date.now() ? undefined : entry
    },
    async write(writes: readonly StateWrite[]) {
      const sent = writes.map(({ provenance: _, attempt: __, ...write }) => write)
      // With an operation id what arrives twice is done once.
      const repeatable = sent.every((write) => write.operation !== undefined || write.check === true)
      try {
        const isConditional = sent.some((write) => (write.ifVersion ?? 0) > 0)
        const headers = isConditional && history !== null ? { headers: { [storeHeader]: history } } : {}
        const request = { method: 'POST', body: { writes: sent }, repeatable, ...headers }
        const answer = await send('/transaction', request)
        return ((await answer.json()) as { outcomes: WriteOutcome[] }).outcomes
      } catch (error) {
        if (!isRefusal(error)) throw error
        return error.details.outcomes
      } finally {
        for (const { namespace, key } of writes) forget(namespace, key)
      }
    },
    async recorded(namespace, operation) {
      try {
        return await get<RecordedWrite>('/operation', {
          namespace: text('a namespace', namespace),
          operation,
        })
      } catch (error) {
        if (!isConcordError(error) || error.code !== 'not-found' || error.details.version !== 0) throw error
        return undefined
      }
    },
    list: async (namespace, options) => (await listing(namespace, options)).entries,
    async history(namespace, key, { before, limit = 100 }: HistoryOptions = {}) {
      const told: StateChange[] = []
      let next = before
      do {
        const wanted = Math.min(pageMax, limit - told.length)
        const query = { namespace: text('a namespace', namespace), key: text('a key', key), limit: wanted }
        const read = await get<{ changes: StateChange[]; next?: number }>('/history', {
          ...query,
          before: next,
        })
        for (const change of read.changes) told.push(change)
        next = read.next
      } while (next !== undefined && told.length < limit)
      return told
    },
    sequence: async (namespace) =>
      (await get<{ sequence: number }>('/namespace', { namespace: text('a namespace', namespace) })).sequence,
    watch(namespace, pattern, options = {}): Watch {
      checkOpen(`watch ${namespace}`)
      const make = (signal: AbortSignal, opened: (position: string) => void) =>
        follow(text('a namespace', namespace), text('a pattern', pattern), options, signal, opened)
      return placedWatch(track(new Reader<Placed, string>(make, { signal: options.signal, left })))
    },
    async publish(channel, message) {
      await send('/publish', { method: 'POST', body: { channel, message } })
    },
    subscribe(pattern, options = {}): Subscription {
      checkOpen(`subscribe to ${pattern}`)
      const make = (signal: AbortSignal, opened: () => void) =>
        listen(text('a pattern', pattern), signal, opened)
      return track(new Reader<Message, void>(make, { signal: options.signal, left }))
    },
    async fork(namespace, { from, at }) {
      const body = { namespace, from, ...(at === undefined ? {} : { at }) }
      const answer = await send('/fork', { method: 'POST', body, repeatable: true })
      return { sequence: ((await answer.json()) as { sequence: number }).sequence }
    },
    async origin(namespace) {
      return (
        await get<{ origin?: { namespace: string; sequence: number } }>('/namespace', {
          namespace: text('a namespace', namespace),
        })
      ).origin
    },
    async close() {
      closed = true
      for (const reader of readers) reader.close()
    },
  }
}
