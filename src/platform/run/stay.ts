import type { StateStore } from '../../ports/state-store.ts'

const timerMs = 60_000

/**
 * Keeps this process alive until the returned function is called: a caller is waiting, and no other
 * timer holds the process.
 */
export const stay = (): (() => void) => {
  const timer = setInterval(() => {}, timerMs)
  return () => clearInterval(timer)
}

/** The same items; this process stays alive while the next one is waited for, and only then. */
export async function* awaited<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (;;) {
      const leave = stay()
      const next = await items.next().finally(leave)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await items.return(undefined)
  }
}

/** The same reader; this process stays alive while its next item is waited for. */
const awaitedReader = <Reader extends AsyncIterableIterator<unknown, undefined>>(reader: Reader): Reader => {
  const next = () => {
    const leave = stay()
    return reader.next().finally(leave)
  }
  const held: Reader = new Proxy(reader, {
    get(target, member) {
      if (member === 'next') return next
      if (member === Symbol.asyncIterator) return () => held
      const value: unknown = Reflect.get(target, member)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return held
}

/** A store whose watches and subscriptions hold this process, for code that only reads them. */
export const awaitedState = (store: StateStore): StateStore => ({
  ...store,
  watch: (...given) => awaitedReader(store.watch(...given)),
  subscribe: (...given) => awaitedReader(store.subscribe(...given)),
})
