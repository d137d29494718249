import { patternMatcher } from '../domain/key-pattern.ts'
import type { Random } from '../ports/random.ts'
import type { Message, Subscription } from '../ports/state-store.ts'

export type Channels = {
  subscribe(
    pattern: string,
    options?: { bufferMax?: number; signal?: AbortSignal },
    opened?: Promise<void>,
  ): Subscription
  /** Each subscriber gets its own copy of the message. */
  deliver(channel: string, body: string): void
  size(): number
  close(): void
}

/** Names messages: who sends (an opened store), and a count. */
export const messageIds = (random: Random): (() => string) => {
  const sender = Buffer.from(random.bytes(8)).toString('hex')
  let count = 0
  return () => `${sender}-${++count}`
}

const done = { done: true, value: undefined } as const

class Subscriber implements Subscription {
  readonly opened: Promise<void>
  readonly matches: (channel: string) => boolean
  readonly #bufferMax: number
  readonly #leave: (subscriber: Subscriber) => void
  readonly #signal: AbortSignal | undefined
  #buffer: string[] = []
  #missed = 0
  #closed = false
  #waiting: ((result: IteratorResult<Message, undefined>) => void)[] = []

  constructor(
    pattern: string,
    { bufferMax = 1024, signal }: { bufferMax?: number; signal?: AbortSignal },
    opened: Promise<void>,
    leave: (subscriber: Subscriber) => void,
  ) {
    this.matches = patternMatcher(pattern)
    this.opened = opened
    this.#bufferMax = Math.max(1, bufferMax)
    this.#leave = leave
    this.#signal = signal
    signal?.addEventListener('abort', this.close, { once: true })
  }

  deliver(body: string): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) return waiting({ done: false, value: this.#message(body) })
    // The oldest go first: who is late cares for the latest.
    if (this.#buffer.length >= this.#bufferMax) {
      this.#buffer.shift()
      this.#missed++
    }
    this.#buffer.push(body)
  }

  #message(body: string): Message {
    const message: Message = JSON.parse(body)
    const missed = this.#missed + (message.missed ?? 0)
    this.#missed = 0
    return missed === 0 ? message : { ...message, missed }
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#closed) return Promise.resolve(done)
    const body = this.#buffer.shift()
    if (body !== undefined) return Promise.resolve({ done: false, value: this.#message(body) })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    this.close()
    return done
  }

  close = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.close)
    this.#buffer = []
    for (const waiting of this.#waiting.splice(0)) waiting(done)
    this.#leave(this)
  };

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Subscribers of this process. */
export const stateChannels = (changed: (size: number) => void = () => undefined): Channels => {
  const subscribers = new Set<Subscriber>()
  return {
    subscribe(pattern, options = {}, opened = Promise.resolve()) {
      const subscriber = new Subscriber(pattern, options, opened, (which) => {
        if (subscribers.delete(which)) changed(subscribers.size)
      })
      if (options.signal?.aborted) {
        subscriber.close()
        return subscriber
      }
      subscribers.add(subscriber)
      changed(subscribers.size)
      return subscriber
    },
    deliver(channel, body) {
      for (const subscriber of subscribers) if (subscriber.matches(channel)) subscriber.deliver(body)
    },
    size: () => subscribers.size,
    close() {
      for (const subscriber of [...subscribers]) subscriber.close()
    },
  }
}
