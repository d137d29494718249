import type { Clock } from '../../ports/clock.ts'
import type { Commit } from '../../ports/event-log.ts'

type Listener = (commit: Commit) => void

/** Who listens to commits, and what there is to tell them. */
export type Commits = {
  onCommit(listener: Listener): () => void
  /** True while someone listens: nobody collects names for nobody. */
  listening(): boolean
  /** Notes streams of a transaction under way, or of others' commits. */
  note(stream: string): void
  /** Tells what was noted, up to this position. */
  tell(position: number): void
  /** What was noted is committed. */
  keep(): void
  /** What was noted and not kept did not happen. */
  forget(): void
  close(): void
}

/** `poll` looks for commits of other processes and is called every `pollMs` while someone listens. */
export const commitListeners = (
  clock: Clock,
  pollMs: number,
  poll: () => void,
  /** Told when there is a first listener, and when there is none any more. */
  listening: (anybody: boolean) => void = () => undefined,
): Commits => {
  const listeners = new Set<Listener>()
  let streams = new Set<string>()
  let kept = new Set<string>()
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
        listening(true)
        stop = clock.schedule(pollMs, tick, { unref: true })
      }
      listeners.add(mine)
      return () => {
        listeners.delete(mine)
        if (listeners.size > 0) return
        stop?.()
        stop = undefined
        listening(false)
      }
    },
    listening: () => listeners.size > 0,
    note(stream) {
      if (listeners.size > 0) streams.add(stream)
    },
    keep() {
      if (streams.size === 0) return
      if (kept.size === 0) [kept, streams] = [streams, kept]
      else {
        for (const stream of streams) kept.add(stream)
        streams.clear()
      }
    },
    tell(position) {
      if (kept.size === 0) return
      const commit = { streams: [...kept], position }
      kept = new Set()
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
      streams.clear()
    },
    close() {
      listeners.clear()
      stop?.()
    },
  }
}
