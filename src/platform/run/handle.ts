import { ConcordError } from '../../domain/errors.ts'
import type { Event, Signal } from '../../domain/event.ts'
import type { Json } from '../../domain/json.ts'
import type { Run } from '../../domain/run.ts'
import { finalStatuses, type RunStatus, statusOf } from '../../domain/summary.ts'
import { unknownRun } from '../../runtime/fold.ts'
import type { ForkOptions } from '../../runtime/fork.ts'
import { type FollowOptions, followRun } from '../follow.ts'
import type { Delta, Deltas } from './deltas.ts'
import type { RunPorts } from './ports.ts'
import { finish, settle } from './settle.ts'
import type { SignalOptions } from './signal.ts'
import { awaited, stay } from './stay.ts'
import { tend } from './tend.ts'
import { type RunView, runView } from './view.ts'
import { type OpenWait, waitsBelow } from './waits.ts'

/** Which wait is meant: its `hash` (or its first eight characters and more), or its name and where it is. */
export type Meant = string | { hash?: string; name?: string; step?: string; run?: string }

/** What goes with a decision: a remark, and who takes it. */
export type Remark = { value?: Json; by?: string }

export type Until = { signal?: AbortSignal }

export type StreamOptions = FollowOptions & {
  /**
   * Returns the deltas of the run until now; default what its calls under way have written.
   */
  heard?: () => readonly Delta[]
}

/**
 * One run, whatever process advances it. While a handle waits it keeps its run moving: where no process advances it, this
 * one does.
 */
export type RunHandle<Answer = Json> = {
  readonly id: string
  status(): Promise<RunStatus>
  /** What is known of it now, as plain data. */
  view(): Promise<RunView>
  /** Its output once it has succeeded, through whatever it waits for until then. Throws its failure, `run.cancelled` too. */
  result(until?: Until): Promise<Answer>
  /** Resolves when it is final, suspended, or waits for a person or a signal. A time or a child run is waited for. */
  settled(until?: Until): Promise<RunView>
  /** Its events in order, each once, then those to come, to the final one. */
  events(options?: FollowOptions): AsyncGenerator<Event>
  /** Its events, and between them what its agents write (`type: 'delta'`), from the first token on. */
  stream(options?: StreamOptions): AsyncGenerator<Event | Delta>
  /** What it waits for, or a child run that it waits for: of an approval, everything that will happen, with its hash. */
  waits(): Promise<OpenWait[]>
  /** Throws `run.not-waiting` when that wait is over; it never counts for another. */
  approve(wait: Meant, remark?: Remark): Promise<void>
  reject(wait: Meant, remark?: Remark): Promise<void>
  answer(wait: Meant, value: Json, remark?: Pick<Remark, 'by'>): Promise<void>
  /** Gives a named value to the step that waits for it, now or later. */
  signal(name: string, value?: Json, to?: { step?: string; by?: string }): Promise<void>
  /** Tells it, or one of its steps, something while it works. */
  message(value: Json, to?: { step?: string; by?: string }): Promise<void>
  /** Suspends it after the steps under way. */
  pause(by?: string): Promise<void>
  /** Continues it when it is suspended, or when the process that advanced it died. */
  resume(by?: string): Promise<void>
  cancel(reason?: string, by?: string): Promise<void>
  /** A new run that continues from an event of this one, with other params or another goal. */
  fork(options?: ForkOptions): Promise<RunHandle<Answer>>
}

/** The handle as this package uses it: with the run itself. */
type OwnHandle = RunHandle & { settledRun(until?: Until): Promise<Run> }

export type HandleParts = RunPorts & {
  deltas: Deltas
  signal(run: string, signal: Signal, options?: SignalOptions): Promise<void>
  fork(run: string, options: ForkOptions): Promise<RunHandle>
  /** What keeps a run that no living process advances from being executed here. */
  blocked(run: Run): Promise<string | undefined>
}

const defined = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T

/** The output of a run that has ended. Throws its failure. */
export const outputOf = (run: Run): Json => {
  if (run.status === 'succeeded') return run.output ?? null
  const details = { run: run.id, reasons: [...run.reasons] }
  if (run.failure !== undefined) throw new ConcordError(run.failure.code, run.failure.message, { details })
  if (run.status === 'cancelled')
    throw new ConcordError(
      'run.cancelled',
      `Cannot return a result because run ${run.id} was cancelled: ${run.reasons.join('; ')}; start it again`,
      { details },
    )
  throw new ConcordError(
    'goal.unmet',
    `Cannot return a result as the run must have ended: ${run.id} is ${run.status}; see concord.waits(id), or wait for its end with (await concord.handle(id)).result()`,
    { details },
  )
}

/** A handle on a run that exists. */
export const runHandle = (id: string, parts: HandleParts): OwnHandle => {
  const { log, runner } = parts

  const kept = async (wait: typeof settle, { signal }: Until = {}): Promise<Run> => {
    const stop = new AbortController()
    const signals = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
    const leave = stay()
    // A process that adopts keeps all runs moving.
    const tending = runner.adopts ? undefined : tend(parts, id, 'handle', (error) => stop.abort(error))
    try {
      return await wait(parts, id, signals)
    } finally {
      tending?.stop()
      leave()
    }
  }

  const tell = (run: string, signal: Signal): Promise<void> => parts.signal(run, signal, { wake: true })

  const decide = async (kind: 'approve' | 'reject' | 'answer', wait: Meant, remark: Remark) => {
    // Callers without types may name nothing: then the decision is refused with what the run waits
    // for.
    const meant = typeof wait === 'string' ? await whereIs(wait) : (wait ?? {})
    const { run = id, ...rest } = meant
    await tell(run, defined({ kind, ...rest, ...remark }))
  }

  /** The wait of a hash may be a child run's. */
  const whereIs = async (hash: string): Promise<Exclude<Meant, string>> => {
    const open = await waitsBelow(parts, await runner.load(id))
    const run = open.find(({ wait }) => wait.hash?.startsWith(hash) === true)?.run
    return defined({ hash, run })
  }

  return {
    id,
    async status() {
      const summary = await log.run(id)
      if (summary === undefined) throw unknownRun(id)
      return summary.status
    },
    async view() {
      const run = await runner.load(id)
      return runView(run, await parts.blocked(run))
    },
    result: async (until) => outputOf(await kept(finish, until)),
    settled: async (until) => runView(await kept(settle, until)),
    events: (options) => awaited(followRun(log, id, options)),
    stream: (options) => awaited(stream(id, parts, options)),
    waits: async () => waitsBelow(parts, await runner.load(id)),
    approve: (wait, remark = {}) => decide('approve', wait, remark),
    reject: (wait, remark = {}) => decide('reject', wait, remark),
    answer: (wait, value, remark = {}) => decide('answer', wait, { ...remark, value }),
    signal: (name, value, to = {}) => tell(id, defined({ kind: 'signal', name, value, ...to })),
    message: (value, to = {}) => tell(id, defined({ kind: 'message', value, ...to })),
    pause: (by) => tell(id, defined({ kind: 'pause', by })),
    resume: (by) => tell(id, defined({ kind: 'resume', by })),
    cancel: (value, by) => tell(id, defined({ kind: 'cancel', value, by })),
    fork: (options = {}) => parts.fork(id, options),
    settledRun: (until) => kept(settle, until),
  }
}

/** Pieces of text a slow reader may be behind; then they are joined, so that none is lost. */
const piecesMax = 256

/** Events and deltas of one run, merged in the order they come. */
async function* stream(
  id: string,
  { log, deltas }: HandleParts,
  { heard, ...options }: StreamOptions = {},
): AsyncGenerator<Event | Delta> {
  const pieces: Delta[] = heard?.().filter(({ run }) => run === id) ?? deltas.soFar(id)
  let wake = () => {}
  const unlisten = deltas.listen((delta) => {
    if (delta.run !== id) return
    const last = pieces.at(-1)
    if (pieces.length >= piecesMax && last?.step === delta.step && last.agent === delta.agent)
      last.text += delta.text
    else pieces.push({ ...delta })
    wake()
  })
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const events = followRun(log, id, { ...options, signal })
  try {
    let next = events.next()
    for (;;) {
      while (pieces.length > 0) yield pieces.shift()!
      const piece = new Promise<'piece'>((resolve) => {
        wake = () => resolve('piece')
      })
      const came = pieces.length > 0 ? 'piece' : await Promise.race([next, piece])
      if (came === 'piece') continue
      if (came.done === true) return
      while (pieces.length > 0) yield pieces.shift()!
      yield came.value
      next = events.next()
      const status = statusOf(came.value.type)
      if (status !== undefined && finalStatuses.has(status) && options.beyondEnd !== true) return
    }
  } finally {
    unlisten()
    stop.abort()
    await events.return(undefined)
  }
}
