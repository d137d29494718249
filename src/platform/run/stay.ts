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
