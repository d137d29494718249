import { isConcordError } from '../../domain/errors.ts'
import { inboxStream, isOfFamily, runStream } from '../../domain/names.ts'
import { finalStatuses } from '../../domain/summary.ts'
import { mayConcern } from '../../ports/event-log.ts'
import type { RunPorts } from './ports.ts'

const lookEveryMs = 1000
const depthMost = 16

/** Looks at a run that this process cannot execute before that is reported: a process that can is given time to claim it. */
const blockedLooks = 3

/** Another process has the run, was quicker, knows its code and this one does not, or there is nothing left to do. */
const quiet = new Set(['run.owned', 'run.finished', 'version.conflict', 'run.blocked'])

/** Claims a run unless a living process has it, was quicker, or it has ended. Whether it was claimed. */
export const claimIfFree = async (
  { runner }: Pick<RunPorts, 'runner'>,
  id: string,
  by: string,
): Promise<boolean> => {
  try {
    await runner.resume(id, by)
    return true
  } catch (error) {
    if (isConcordError(error) && quiet.has(error.code)) return false
    throw error
  }
}

/** `claimIfFree` that throws `run.blocked`: whoever stays with the run must learn that it cannot continue here. */
const claim = async ({ runner }: RunPorts, id: string, by: string): Promise<void> => {
  await runner.resume(id, by).catch((error) => {
    if (!isConcordError(error) || error.code === 'run.blocked' || !quiet.has(error.code)) throw error
  })
}

/** Wakes a run that could move and that no process moves: its owner died, its time came, or a signal is unread; and those it waits for. */
const wake = async (ports: RunPorts, id: string, by: string, depth: number): Promise<void> => {
  const { runner, log } = ports
  if (runner.owns(id)) return
  const summary = await log.run(id)
  if (summary === undefined || finalStatuses.has(summary.status)) return
  if (summary.status === 'suspended') {
    if (depth > 0 || summary.left === true) await claim(ports, id, by)
    return
  }
  if (summary.status !== 'waiting') {
    // A queued run is not read in a loop by every caller that waits for it.
    if (summary.status === 'queued' && summary.parent === undefined && runner.isFull) return
    await claim(ports, id, by)
    return
  }
  const run = await runner.load(id)
  if (runner.isDue(summary) || (await log.version(inboxStream(id))) > run.inbox) {
    await claim(ports, id, by)
    return
  }
  if (depth >= depthMost) return
  for (const work of run.works.values())
    if (work.status === 'waiting' && work.wait?.run !== undefined)
      await wake(ports, work.wait.run, by, depth + 1)
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
export const tend = (ports: RunPorts, id: string, by: string, onError: (error: unknown) => void): Tending => {
  let busy = false
  let again = false
  let stopped = false
  let blocked = 0
  const look = async (): Promise<void> => {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      do {
        again = false
        await wake(ports, id, by, 0)
        blocked = 0
      } while (again && !stopped)
    } catch (error) {
      const isBlocked = isConcordError(error) && error.code === 'run.blocked'
      if (!stopped && (!isBlocked || ++blocked >= blockedLooks)) onError(error)
    } finally {
      busy = false
    }
  }
  const [events, inbox] = [runStream(id), inboxStream(id)]
  const isInbox = (stream: string) => isOfFamily(stream, inbox)
  const unlisten = ports.log.onCommit((commit) => {
    if (mayConcern(commit, isInbox)) void look()
  })
  void look()
  // Also keeps the process alive while a run waits for its time.
  const timer = setInterval(() => void look(), lookEveryMs)
  return {
    concerns: (stream) => isInbox(stream) || isOfFamily(stream, events),
    stop() {
      stopped = true
      unlisten()
      clearInterval(timer)
    },
  }
}
