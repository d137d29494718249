import { errorTable, isConcordError } from '../domain/errors.ts'
import { isObject } from '../domain/reference.ts'
import { isFinal, type Run } from '../domain/run.ts'
import type { Concord } from '../platform/concord-types.ts'
import { settle } from '../platform/run/settle.ts'
import { type Tending, tend } from '../platform/run/tend.ts'
import { isForOutside, type OpenWait, waitsBelow } from '../platform/run/waits.ts'
import { mayConcern } from '../ports/event-log.ts'
import { askPerson } from './ask.ts'
import { Progress } from './progress.ts'
import { type ProgressView, progressView } from './progress-view.ts'
import type { Terminal } from './terminal.ts'
import { isForPerson } from './waits.ts'

export type Interrupt = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export type Driven = {
  run: Run
  /** What a waiting run waits for from outside. */
  waits: OpenWait[]
  /** The signal that ended it here. */
  interrupt?: Interrupt
  /** Whether this process advanced the run when it was interrupted. */
  owned: boolean
  /** Steps settled and in all, where a plan is in force. */
  done: number
  steps: number
}

export const interruptExit: { [signal in Interrupt]: number } = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }

const exitOf: { [status: string]: number } = {
  succeeded: 0,
  suspended: 3,
  waiting: 4,
  cancelled: errorTable['run.cancelled'].exit,
}

export const exitCode = ({ run, interrupt }: Driven): number => {
  if (interrupt !== undefined) return interruptExit[interrupt]
  if (run.status === 'failed' && run.failure !== undefined) return errorTable[run.failure.code].exit
  if (run.status === 'succeeded' && foundNothing(run)) return NOTHING_FOUND
  return exitOf[run.status] ?? 1
}

/** A run may do its work and find nothing: its output says so, and a script can tell. */
const NOTHING_FOUND = 5

const foundNothing = ({ output }: Run): boolean => isObject(output) && output.status === 'nothing-found'

export type DriveOptions = {
  /** Say nothing while it continues. */
  quiet?: boolean
  /** What is said first, once an interrupt is heeded: whoever reads it may stop the run the right way. */
  opening?: string
  /** Events up to this one are known to the reader: they count, but are not told. */
  toldUntil?: number
}

const signals: Interrupt[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Ends `stop` at the first interrupt and the process at the second. */
const interrupts = (stop: AbortController): { first(): Interrupt | undefined; off(): void } => {
  let first: Interrupt | undefined
  const onSignal = (signal: Interrupt) => {
    if (first !== undefined) process.exit(interruptExit[signal])
    first = signal
    stop.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    first: () => first,
    off() {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}

/**
 * Stays with a run until it is final, suspended, or waits for what this process cannot give: shows its progress, asks the person on a
 * terminal, takes the run over when the process that advances it dies, and suspends it when interrupted.
 */
export const drive = async (
  concord: Concord,
  id: string,
  terminal: Terminal,
  options: DriveOptions = {},
): Promise<Driven> => {
  const progress = new Progress()
  const view = options.quiet === true ? undefined : progressView(terminal, progress)
  const stop = new AbortController()
  const interrupted = interrupts(stop)
  if (options.opening !== undefined) terminal.err(`${options.opening}\n`)
  let broken: unknown
  const tending = tend(concord, id, 'command line', (error) => {
    broken = error
    stop.abort()
  })
  const following = follow(concord, id, progress, view, options.toldUntil ?? 0, stop.signal)
  const stay: Stay = { concord, id, terminal, view, tending, signal: stop.signal }
  try {
    const waits = await untilDone(stay)
    const interrupt = interrupted.first()
    if (broken !== undefined && interrupt === undefined) throw broken
    const owned = concord.runner.owns(id)
    tending.stop()
    if (interrupt !== undefined) await concord.runner.close(`interrupted (${interrupt})`)
    const run = await concord.runner.load(id)
    if (interrupt === undefined) await following.until(run.version)
    const { done, planSteps: steps } = progress
    return { run, waits, owned, done, steps, ...(interrupt === undefined ? {} : { interrupt }) }
  } finally {
    tending.stop()
    stop.abort()
    view?.close()
    interrupted.off()
  }
}

/** Tells events as they come; `until` resolves when all up to a version were told. */
const follow = (
  concord: Concord,
  id: string,
  progress: Progress,
  view: ProgressView | undefined,
  toldUntil: number,
  signal: AbortSignal,
): { until(version: number): Promise<void> } => {
  let seen = () => {}
  let over = false
  const read = async () => {
    for await (const event of concord.follow(id, { signal })) {
      const lines = progress.apply(event)
      if (event.version > toldUntil && lines.length > 0) view?.tell(lines)
      seen()
    }
  }
  read()
    .catch(() => undefined)
    .finally(() => {
      over = true
      seen()
    })
  return {
    async until(version) {
      while (!over && progress.version < version)
        await new Promise<void>((resolve) => {
          seen = resolve
        })
    },
  }
}

type Stay = {
  concord: Concord
  id: string
  terminal: Terminal
  view: ProgressView | undefined
  tending: Tending
  signal: AbortSignal
}

/** Returns what the run waits for when it cannot continue from here; nothing when it ended. */
const untilDone = async (stay: Stay): Promise<OpenWait[]> => {
  const { concord, id, terminal, signal } = stay
  while (!signal.aborted) {
    const moved = nextMove(stay)
    const run = await settled(concord, id, signal)
    if (run === undefined || isFinal(run) || run.status === 'suspended') return []
    const waits = await waitsBelow(concord, run)
    const person = terminal.interactive ? waits.find(isForPerson) : undefined
    if (person !== undefined) await ask(stay, person)
    else if (waits.length > 0 && waits.every(isForOutside)) return waits
    else await moved
  }
  return []
}

const settled = async (concord: Concord, id: string, signal: AbortSignal): Promise<Run | undefined> => {
  try {
    return await settle(concord, id, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** The next commit of the run, of one below it, or of their inboxes; or the end of the stay. */
const nextMove = ({ concord, tending, signal }: Stay): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      unlisten()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const unlisten = concord.log.onCommit((commit) => {
      if (mayConcern(commit, tending.concerns)) done()
    })
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })

const isOpen = async (concord: Concord, { run, step, wait }: OpenWait): Promise<boolean> => {
  const work = (await concord.runner.load(run)).works.get(step)
  return work?.status === 'waiting' && work.wait?.name === wait.name
}

/** Asks, unless somebody else answers first; returns when the answer has reached the run. */
const ask = async (stay: Stay, open: OpenWait): Promise<void> => {
  const { concord, terminal, view, signal } = stay
  const answered = new AbortController()
  const both = AbortSignal.any([signal, answered.signal])
  const watch = async () => {
    while (!both.aborted) {
      const moved = nextMove({ ...stay, signal: both })
      if (!(await isOpen(concord, open))) answered.abort()
      await moved
    }
  }
  const watching = watch()
  view?.pause()
  const given = await askPerson(terminal, open, both)
  view?.resume()
  if (given === undefined && !both.aborted) process.emit('SIGINT', 'SIGINT')
  if (given !== undefined) {
    // Decided elsewhere in the meantime, it is not decided again.
    await concord.signal(open.run, given, { wake: false }).catch((error) => {
      if (!isConcordError(error) || error.code !== 'run.not-waiting') throw error
    })
    while (!signal.aborted && (await isOpen(concord, open))) await nextMove(stay)
  }
  answered.abort()
  await watching
}
