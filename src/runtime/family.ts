import type { Event, Parent, Signal } from '../domain/event.ts'
import { keyOf } from '../domain/item-run.ts'
import { inboxStream, runStream } from '../domain/names.ts'
import { isFinal, type Run } from '../domain/run.ts'
import { finalStatuses, type RunStatus, type RunSummary } from '../domain/summary.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import { isTransient } from './patient-append.ts'

/*
 * Parents and children. A child outlives nothing that wanted it: it is cancelled when its parent ends, or when the execution that
 * started it was redone, failed or given up. That is decided from the log, so that it is made up for after a crash: by whoever takes
 * the parent over, or by the reconciler.
 */

const openStatuses: readonly RunStatus[] = ['queued', 'running', 'waiting', 'suspended']
const tellAgainMs = 1_000
const childrenAtOnce = 10_000
const unwanted = 'the run or step that started it is over'

export type FamilyParts = {
  log: EventLog
  clock: Clock
  logger: Logger
  send(run: string, signal: Signal): Promise<void>
  /** Takes a run over that nobody advances, so that it reads its inbox. */
  wake(run: string): Promise<void>
}

export type Family = {
  /** A run of this process has a child, or may have one. */
  add(parent: string): void
  /** This process does not own the run any more. */
  released(parent: string): void
  /** The run ended, or executions of it are no longer wanted. */
  dropped(parent: Run): void
  /** The run was claimed; `rested` when it had been suspended. */
  takenOver(parent: Run, rested: boolean): void
  /** Says to a child or a parent what concerns the budget; again for as long as the store fails. */
  tell(run: string, signal: Signal): void
  /** Hands a pause or a resume on to the children. */
  pass(parent: string, signal: Signal): Promise<void>
  /** Whether a child that a waiting run waits for has ended, and its word was lost: it is said again. */
  missedEnd(waiting: RunSummary): Promise<boolean>
  /** Steps of a run that have a child which is not over. */
  delegating(parent: string): Promise<Set<string>>
  /** Cancels a run whose parent has ended. */
  abandonOrphan(summary: RunSummary): Promise<void>
}

const isWanted = (run: Run, { step, key }: Parent): boolean => {
  if (isFinal(run)) return false
  const work = run.works.get(step)
  if (key === undefined || work === undefined) return key === undefined
  return (run.underWay.has(step) || run.idle.has(step)) && keyOf(run, work) === key
}

const isCancel = (event: Event): boolean =>
  event.type === 'signal.received' && event.data.signal.kind === 'cancel'

export const createFamily = ({ log, clock, logger, send, wake }: FamilyParts): Family => {
  const parents = new Set<string>()

  const openChildren = (parent: string): Promise<RunSummary[]> =>
    log.runs({ parent, status: openStatuses, limit: childrenAtOnce })

  const cancel = async (child: RunSummary): Promise<void> => {
    const unread = await log.read(inboxStream(child.run), { afterVersion: child.inbox ?? 0 })
    if (!unread.some(isCancel)) await send(child.run, { kind: 'cancel', value: unwanted })
    await wake(child.run)
  }

  const parentOf = async (child: RunSummary): Promise<Parent | undefined> => {
    const [first] = await log.read(runStream(child.run), { limit: 1 })
    return first?.type === 'run.queued' ? first.data.parent : undefined
  }

  const cancelUnwanted = async (parent: Run): Promise<void> => {
    for (const child of await openChildren(parent.id)) {
      const from = await parentOf(child)
      if (from !== undefined && !isWanted(parent, from)) await quietly(child.run, cancel(child))
    }
  }

  const quietly = (run: string, done: Promise<unknown>): Promise<unknown> =>
    done.catch((error) => logger.warn({ error, run }, 'a child run could not be told'))

  const tell = (run: string, signal: Signal): void => {
    send(run, signal)
      .then(() => wake(run))
      .catch((error) => {
        logger.warn({ error, run }, 'what concerns its budget could not be said')
        if (isTransient(error)) clock.schedule(tellAgainMs, () => tell(run, signal), { unref: true })
      })
  }

  const goOn = async (parent: Run): Promise<void> => {
    for (const child of await openChildren(parent.id)) {
      if (child.status !== 'suspended') continue
      await quietly(
        child.run,
        send(child.run, { kind: 'resume', by: 'parent' }).then(() => wake(child.run)),
      )
    }
  }

  return {
    add: (parent) => void parents.add(parent),
    released: (parent) => void parents.delete(parent),
    dropped(parent) {
      if (!parents.has(parent.id)) return
      void quietly(parent.id, cancelUnwanted(parent))
    },
    takenOver(parent, rested) {
      // The owner before may have started some.
      parents.add(parent.id)
      for (const [child, value] of parent.book.answers) tell(child, { kind: 'budget', run: parent.id, value })
      void quietly(
        parent.id,
        cancelUnwanted(parent).then(() => (rested ? goOn(parent) : undefined)),
      )
    },
    tell,
    async pass(parent, { kind, by }) {
      for (const child of await openChildren(parent))
        await quietly(child.run, send(child.run, { kind, ...(by === undefined ? {} : { by }) }))
    },
    async missedEnd({ run, children = [] }) {
      for (const child of children) {
        const summary = await log.run(child)
        if (summary === undefined || !finalStatuses.has(summary.status)) continue
        await send(run, { kind: 'child', run: child, name: `child:${child}` })
        return true
      }
      return false
    },
    async delegating(parent) {
      const from = await Promise.all((await openChildren(parent)).map(parentOf))
      return new Set(from.flatMap((each) => (each === undefined ? [] : [each.step])))
    },
    async abandonOrphan(summary) {
      if (summary.parent === undefined) return
      const parent = await log.run(summary.parent)
      if (parent !== undefined && finalStatuses.has(parent.status)) await cancel(summary)
    },
  }
}
