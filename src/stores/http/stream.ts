import { ConcordError, errorTable, isConcordError } from '../../domain/errors.ts'
import { messagesOf, type ServerMessage } from './messages.ts'
import { errorOfProblem, pause } from './request.ts'

const failuresMax = 8
const pauseMs = 50

const retryable = (error: unknown): boolean => !isConcordError(error) || errorTable[error.code].retryable

/**
 * Messages of a stream that is opened again when it breaks; `connect` says from where. Ends when aborted. Throws what the server refuses for good, and
 * the last failure when nothing came `failuresMax` times.
 */
export async function* reopened(
  connect: () => Promise<Response>,
  signal: AbortSignal,
): AsyncGenerator<ServerMessage> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const response = await connect()
      for await (const message of messagesOf(response)) {
        if (message.event === 'problem') throw errorOfProblem(message.data, 500, response.url)
        if (message.event === '') continue
        failures = 0
        yield message
      }
      if (++failures > failuresMax)
        throw new ConcordError(
          'source.unreachable',
          `Cannot follow ${response.url} as it ended ${failures} times without a message; look at the server`,
        )
    } catch (error) {
      if (signal.aborted) return
      if (!retryable(error) || ++failures > failuresMax) throw error
    }
    await pause(pauseMs * 2 ** Math.max(0, failures - 1), signal)
  }
}

/** One reader of news that are fetched as they are asked for: begun at once, ended by `close`, by the caller's signal, or from the other side. */
export class Reader<T, Opened> implements AsyncIterableIterator<T, undefined> {
  readonly opened: Promise<Opened>
  readonly #news: AsyncIterator<T, undefined>
  readonly #stop = new AbortController()
  readonly #left: () => void
  #first: Promise<IteratorResult<T, undefined>> | undefined

  constructor(
    make: (signal: AbortSignal, opened: (value: Opened) => void) => AsyncGenerator<T, undefined>,
    { signal, left }: { signal?: AbortSignal | undefined; left: (reader: Reader<T, Opened>) => void },
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Opened>()
    this.opened = promise
    this.opened.catch(() => {})
    this.#left = () => {
      signal?.removeEventListener('abort', this.close)
      left(this)
    }
    this.#news = make(this.#stop.signal, resolve)
    if (signal?.aborted) this.close()
    else signal?.addEventListener('abort', this.close, { once: true })
    this.#first = this.#news.next()
    this.#first.then(
      ({ done }) =>
        done && reject(new ConcordError('cancelled', 'the stream was closed before it was opened')),
      reject,
    )
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.#first
    this.#first = undefined
    const next = first ?? this.#news.next()
    next.then(({ done }) => done && this.close(), this.close)
    return next
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.close()
    return { done: true, value: undefined }
  }

  close = (): void => {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#left()
  };

  [Symbol.asyncIterator](): this {
    return this
  }
}
