import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/**
 * The URL of a worker's module in the folder of `base` (an `import.meta.url`). A URL is not an import: the compiler
 * does not rewrite its extension, so it follows that of the module that asks (.ts from source, .js when built).
 */
export const moduleBeside = (name: string, base: string): URL =>
  new URL(`${name}${base.endsWith('.ts') ? '.ts' : '.js'}`, base)

export type Slots = (signal: AbortSignal) => Promise<() => void>

/** Hands out at most `most` places at a time, in order of asking; each holder calls what it got to leave. */
export const slots = (most = Math.max(2, availableParallelism())): Slots => {
  let free = most
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }
  const once = (fn: () => void) => {
    let done = false
    return () => {
      if (!done) fn()
      done = true
    }
  }
  return async (signal) => {
    signal.throwIfAborted()
    if (free > 0) free -= 1
    else
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        }
        const giveUp = () => {
          waiting.splice(waiting.indexOf(enter), 1)
          reject(signal.reason)
        }
        signal.addEventListener('abort', giveUp, { once: true })
        waiting.push(enter)
      })
    return once(leave)
  }
}

/** A thread without the environment, arguments or output of this process, with a bounded heap and stack. */
export const isolatedWorker = (url: URL, workerData: unknown): Worker =>
  new Worker(url, {
    workerData,
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  })

/** Rejects when the thread breaks or ends; `Promise.race` it with what the thread is to say. */
export const death = (worker: Worker): Promise<never> =>
  new Promise((_, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('its thread ended without an answer')))
  })
