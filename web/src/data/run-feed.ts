import { type Event, type Trace, traceOf } from '../../../src/client.ts'
import { client } from './server.ts'

const drawMs = 120
/** After the client gave up: the page is open for as long as somebody looks. */
const againMs = 2_000
/** A fold may take this share of the time. */
const foldShare = 4

export type RunFeed = {
  trace: Trace | undefined
  events: readonly Event[]
  /** What models write, by step, until their answer is in the log. */
  writing: ReadonlyMap<string, string>
  error: Error | undefined
}

const writtenCharsMax = 20_000

/** Follows a run: its events folded into a trace, drawn at most as often as folding allows. */
export const followRun = (run: string, draw: (feed: RunFeed) => void): (() => void) => {
  const gone = new AbortController()
  const events: Event[] = []
  const writing = new Map<string, string>()
  let error: Error | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = drawMs

  const show = () => {
    timer = undefined
    const start = performance.now()
    const trace = events.length === 0 ? undefined : traceOf(events)
    wait = Math.max(drawMs, foldShare * (performance.now() - start))
    if (!gone.signal.aborted) draw({ trace, events: [...events], writing: new Map(writing), error })
  }
  const later = () => {
    timer ??= setTimeout(show, events.length < 50 ? 0 : wait)
  }
  const read = async () => {
    const after = events.at(-1)?.version ?? 0
    for await (const item of client.events(run, { after, deltas: true, signal: gone.signal })) {
      error = undefined
      if (item.type === 'delta') {
        const text = (writing.get(item.step) ?? '') + item.text
        writing.set(item.step, text.slice(-writtenCharsMax))
      } else {
        events.push(item)
        if (item.step !== undefined && item.type !== 'step.started') writing.delete(item.step)
      }
      later()
    }
  }
  const follow = async () => {
    while (!gone.signal.aborted) {
      try {
        await read()
        return later()
      } catch (reason) {
        if (gone.signal.aborted) return
        error = reason as Error
        later()
        await new Promise((resolve) => setTimeout(resolve, againMs))
      }
    }
  }
  void follow()
  return () => {
    gone.abort()
    clearTimeout(timer)
  }
}
