import { isConcordError } from '../domain/errors.ts'
import { inboxStream, runStream } from '../domain/event.ts'
import { finalStatuses } from '../domain/summary.ts'
import type { Concord } from '../platform/concord.ts'

const lookEveryMs = 1000
const depthMost = 16

const isQuicker = (error: unknown): boolean =>
  isConcordError(error) && ['run.owned', 'run.finished', 'version.conflict'].includes(error.code)

/** Takes a run over unless somebody living has it, was quicker, or it ended meanwhile. */
export const takeIfFree = async (concord: Concord, id: string): Promise<boolean> => {
  try {
    await concord.runner.resume(id, 'command line')
    return true
  } catch (error) {
    if (isQuicker(error)) return false
    throw error
  }
}

/** Wakes a run that could move and that nobody moves: its owner died, its time came, or a signal is unread; and those it waits for. */
const wake = async (concord: Concord, id: string, depth: number): Promise<void> => {
  const { runner, log } = concord
  if (runner.owns(id)) return
  const summary = await log.run(id)
  if (summary === undefined || finalStatuses.has(summary.status)) return
  if (summary.status === 'suspended') {
    if (depth > 0) await takeIfFree(concord, id)
    return
  }
  if (summary.status !== 'waiting') {
    await takeIfFree(concord, id)
    return
  }
  const run = await runner.load(id)
  const due = summary.wakeAt !== undefined && summary.wakeAt <= Date.now()
  if (due || (await log.version(inboxStream(id))) > run.inbox) {
    await takeIfFree(concord, id)
    return
  }
  if (depth >= depthMost) return
  for (const work of run.works.values())
    if (work.status === 'waiting' && work.wait?.run !== undefined)
      await wake(concord, work.wait.run, depth + 1)
}

export type Tending = {
  /** Whether a commit's stream belongs to the run or to one below it. */
  concerns(stream: string): boolean
  stop(): void
}

/**
 * Keeps one run and the runs below it moving while this process stays with it, as a server does for all runs. Errors of the store end
 * up in `onError`.
 */
export const tend = (concord: Concord, id: string, onError: (error: unknown) => void): Tending => {
  let busy = false
  let again = false
  let stopped = false
  const look = async (): Promise<void> => {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      do {
        again = false
        await wake(concord, id, 0)
      } while (again && !stopped)
    } catch (error) {
      if (!stopped) onError(error)
    } finally {
      busy = false
    }
  }
  const isInbox = (stream: string) => stream === inboxStream(id) || stream.startsWith(`${inboxStream(id)}.`)
  const unlisten = concord.log.onCommit(({ streams }) => {
    if (streams.some(isInbox)) void look()
  })
  void look()
  // Also keeps the process alive while a run waits for its time.
  const timer = setInterval(() => void look(), lookEveryMs)
  return {
    concerns: (stream) =>
      isInbox(stream) || stream === runStream(id) || stream.startsWith(`${runStream(id)}.`),
    stop() {
      stopped = true
      unlisten()
      clearInterval(timer)
    },
  }
}

/** Waits for `done`, and claims the run in the meantime should its owner die or stand still. Rejects when the store fails. */
export const whileTended = async <T>(concord: Concord, id: string, done: Promise<T>): Promise<T> => {
  const failed = Promise.withResolvers<never>()
  const tending = tend(concord, id, failed.reject)
  try {
    return await Promise.race([done, failed.promise])
  } finally {
    tending.stop()
  }
}
