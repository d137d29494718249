import { runStream } from '../domain/names.ts'
import { type EventLog, mayConcern } from '../ports/event-log.ts'
import type { Grant } from './memory-token.ts'

/** Whether attempts that were handed a token are still under way, without asking the store at each read. */
export type AttemptWatch = {
  /** Rejects with `attempt.stale` or `epoch.stale` once the attempt is over. */
  check(grant: Grant): Promise<void>
  /** Calls back once when it is over. */
  over(grant: Grant, listener: () => void): () => void
}

const runsMax = 10_000

/** An attempt ends by an event of its run: what was found holds until the run's stream has another. */
export const attemptWatch = (log: EventLog, look: (grant: Grant) => Promise<void>): AttemptWatch => {
  const found = new Map<string, Map<string, Promise<void>>>()
  let listening = false
  const listen = () => {
    if (listening) return
    listening = true
    log.onCommit(({ streams, gap }) => {
      if (gap === true) found.clear()
      for (const stream of streams) found.delete(stream)
    })
  }
  const check = (grant: Grant): Promise<void> => {
    listen()
    const stream = runStream(grant.run)
    let ofRun = found.get(stream)
    if (ofRun === undefined) {
      if (found.size >= runsMax) found.clear()
      ofRun = new Map()
      found.set(stream, ofRun)
    }
    const { step, attempt, epoch, since } = grant
    const key = JSON.stringify([step, attempt, epoch, since])
    const known = ofRun.get(key)
    if (known !== undefined) return known
    const asked = look(grant)
    ofRun.set(key, asked)
    // A store that fails once is asked again.
    asked.catch(() => ofRun.delete(key))
    return asked
  }
  return {
    check,
    over(grant, listener) {
      let done = false
      const end = () => {
        if (done) return
        done = true
        unlisten()
        listener()
      }
      const stream = runStream(grant.run)
      const unlisten = log.onCommit((commit) => {
        if (mayConcern(commit, (each) => each === stream)) look(grant).catch(end)
      })
      // It may have ended before anybody listened.
      look(grant).catch(end)
      return () => {
        done = true
        unlisten()
      }
    },
  }
}
