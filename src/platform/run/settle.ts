import { isConcordError } from '../../domain/errors.ts'
import { inboxStream, isRunStream, runStream } from '../../domain/names.ts'
import { isFinal, type Run, waitsOf } from '../../domain/run.ts'
import { mayConcern } from '../../ports/event-log.ts'
import type { RunPorts } from './ports.ts'

const childrenDeep = 16

/** Versions of the streams that were looked at: what has to move before it is worth looking again. */
type Looked = Map<string, number>

/**
 * Whether a run stays as it is until something comes from outside: a person, a signal, or whoever resumes it. What came and
 * has not been read yet counts as having come.
 */
const isForOthers = async (ports: RunPorts, run: Run, looked: Looked, deep = 0): Promise<boolean> => {
  looked.set(runStream(run.id), run.version)
  // One whose process was closed is continued by whoever waits for it.
  if (run.status === 'suspended') return run.left !== true
  if (run.status !== 'waiting') return false
  looked.set(inboxStream(run.id), run.inbox)
  if ((await ports.log.version(inboxStream(run.id))) > run.inbox) return false
  for (const wait of waitsOf(run)) {
    if (wait.for === 'timer') continue
    if (wait.for !== 'child' || wait.run === undefined || deep >= childrenDeep) return true
    if (await isForOthers(ports, await ports.runner.load(wait.run), looked, deep + 1)) return true
  }
  return false
}

/**
 * Resolves when a run is final, suspended or waits for others, whoever advances it; a time, or a child run at work, is waited
 * for. Rejects when `signal` is aborted.
 */
export const settle = async (ports: RunPorts, id: string, signal: AbortSignal): Promise<Run> => {
  for (;;) {
    signal.throwIfAborted()
    const run = await ports.runner.settled(id, signal).catch((error) => {
      // Another process has claimed the run: it is followed from the log.
      if (isConcordError(error) && error.code === 'run.owned') return undefined
      throw error
    })
    if (run === undefined) continue
    const looked: Looked = new Map()
    if (isFinal(run) || ports.runner.closed || (await isForOthers(ports, run, looked))) return run
    await nextCommit(ports, looked, signal)
  }
}

/** The next commit to one of the streams, or at once where one is further than it was looked at. */
const nextCommit = async ({ log }: RunPorts, looked: Looked, signal: AbortSignal): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const unlisten = log.onCommit((commit) => {
    if (mayConcern(commit, (stream) => looked.has(stream))) resolve()
  })
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (const [stream, version] of looked)
      if (isRunStream(stream) && (await log.version(stream)) > version) return
    await promise
  } finally {
    unlisten()
    signal.removeEventListener('abort', abort)
    promise.catch(() => {})
  }
}

/** Resolves when a run is final, through whatever it waits for. Rejects when `signal` is aborted. */
export const finish = async (ports: RunPorts, id: string, signal: AbortSignal): Promise<Run> => {
  for (;;) {
    const run = await settle(ports, id, signal)
    if (isFinal(run)) return run
    await nextCommit(ports, await treeOf(ports, run), signal)
  }
}

/** The streams whose next commit may move a run that waits for others. */
const treeOf = async (ports: RunPorts, run: Run): Promise<Looked> => {
  const looked: Looked = new Map()
  await isForOthers(ports, run, looked)
  looked.set(inboxStream(run.id), run.inbox)
  return looked
}
