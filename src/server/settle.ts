import { isConcordError } from '../domain/errors.ts'
import { runStream } from '../domain/event.ts'
import { isFinal, type Run, waitsOf } from '../domain/run.ts'
import type { Concord } from '../platform/concord.ts'

const childrenDeep = 16

/** Versions of the streams that were looked at: what has to move before it is worth looking again. */
type Looked = Map<string, number>

/** Whether a run stays as it is until somebody outside does something: a person, a signal, or whoever resumes it. */
const isForOthers = async (concord: Concord, run: Run, looked: Looked, deep = 0): Promise<boolean> => {
  looked.set(runStream(run.id), run.version)
  if (run.status === 'suspended') return true
  if (run.status !== 'waiting') return false
  for (const wait of waitsOf(run)) {
    if (wait.for === 'timer') continue
    if (wait.for !== 'child' || wait.run === undefined || deep >= childrenDeep) return true
    if (await isForOthers(concord, await concord.runner.load(wait.run), looked, deep + 1)) return true
  }
  return false
}

/** Resolves when a run is final or waits for others; timers and children at work are waited for. Rejects when `signal` is aborted. */
export const settle = async (concord: Concord, id: string, signal: AbortSignal): Promise<Run> => {
  for (;;) {
    signal.throwIfAborted()
    const run = await concord.runner.settled(id, signal).catch((error) => {
      // Another process has taken the run over: it is followed from the log.
      if (isConcordError(error) && error.code === 'run.owned') return undefined
      throw error
    })
    if (run === undefined) continue
    const looked: Looked = new Map()
    if (isFinal(run) || (await isForOthers(concord, run, looked))) return run
    await nextCommit(concord, looked, signal)
  }
}

const nextCommit = async (concord: Concord, looked: Looked, signal: AbortSignal): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const unlisten = concord.log.onCommit(({ streams }) => {
    if (streams.some((stream) => looked.has(stream))) resolve()
  })
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (const [stream, version] of looked) if ((await concord.log.version(stream)) > version) return
    await promise
  } finally {
    unlisten()
    signal.removeEventListener('abort', abort)
    promise.catch(() => {})
  }
}
