import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'

/** Something of the page that changed: a run, the list of runs, the session. */
type Topic = string

const listeners = new Map<Topic, Set<() => void>>()
const counts = new Map<Topic, number>()

export const notify = (topic: Topic): void => {
  counts.set(topic, (counts.get(topic) ?? 0) + 1)
  for (const listener of listeners.get(topic) ?? []) listener()
}

const subscribe = (topic: Topic) => (listener: () => void) => {
  const set = listeners.get(topic) ?? new Set()
  listeners.set(topic, set.add(listener))
  return () => {
    set.delete(listener)
  }
}

/** All topics that begin so. */
export const notifyLike = (start: string): void => {
  for (const topic of listeners.keys()) if (topic.startsWith(start)) notify(topic)
}

/** How often a topic changed: draws again when it does. */
export const useTopic = (topic: Topic): number =>
  useSyncExternalStore(
    // biome-ignore lint/correctness/useExhaustiveDependencies: a new function would subscribe anew.
    useCallback(subscribe(topic), [topic]),
    () => counts.get(topic) ?? 0,
  )

export type Loaded<T> = { value?: T; error?: Error; loading: boolean }

/** What `load` answers, again whenever `key` changes; what was there stays until the next is. */
export const useLoaded = <T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> => {
  const [state, setState] = useState<Loaded<T> & { key?: string }>({ loading: true })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when what is loaded differs.
  useEffect(() => {
    const gone = new AbortController()
    setState((before) => ({ ...before, loading: true }))
    load(gone.signal).then(
      (value) => !gone.signal.aborted && setState({ value, loading: false, key }),
      (error: unknown) =>
        !gone.signal.aborted &&
        setState((before) => ({ ...before, error: error as Error, loading: false, key })),
    )
    return () => gone.abort()
  }, [key])
  return state
}

/** The time, drawn again every second while something is under way. */
export const useNow = (running: boolean): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [running])
  return now
}
