import type { Clock } from '../../ports/clock.ts'
import type { Commit } from '../../ports/event-log.ts'

type Listener = (commit: Commit) => void

/** Who listens to commits, and what there is to tell them. */
export type Commits = {
  onCommit(listener: Listener): () => void
  /** True while someone listens: nobody collects names for nobody. */
  listening(): boolean
  /** Notes streams of a transaction under way. */
  note(stream: string): void
  /** Tells what was noted, up to this position. */
  tell(position: number): void
  forget(): void
  close(): void
}

/** `poll` looks for commits of other processes and is called every `pollMs` while someone listens. */
export const commitListeners = (clock: Clock, pollMs: number, poll: () => void): Commits => {
  const listeners = new Set<Listener>()
  let streams = new Set<string>()
  let stop: (() => void) | undefined

  const tick = () => {
    stop = clock.schedule(pollMs, tick, { unref: true })
    poll()
  }

  return {
    onCommit(listener) {
      // A wrapper, so that one function given twice counts twice and is removed once.
      const mine: Listener = (commit) => listener(commit)
      if (listeners.size === 0) {
        // Brings the position up to date first: what others committed before is not news.
        poll()
        stop = clock.schedule(pollMs, tick, { unref: true })
      }
      listeners.add(mine)
      return () => {
        listeners.delete(mine)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
      }
    },
    listening: () => listeners.size > 0,
    note(stream) {
      if (listeners.size > 0) streams.add(stream)
    },
    tell(position) {
      if (streams.size === 0) return
      const commit = { streams: [...streams], position }
      streams = new Set()
      for (const listener of listeners) {
        try {
          listener(commit)
        } catch (error) {
          // One listener's mistake must not keep the news from the others, nor go unnoticed.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    forget() {
      streams = new Set()
    },
    close() {
      listeners.clear()
      stop?.()
    },
  }
}
