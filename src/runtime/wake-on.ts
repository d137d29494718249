import { type Cron, readCron } from '../domain/cron.ts'
import { ConcordError } from '../domain/errors.ts'
import { globalNamespace, reservedProblem } from '../domain/names.ts'
import type { Message, StateChange } from '../ports/state-store.ts'

type Common = {
  /** What the run is asked; default says what changed. */
  goal?: string
  /**
   * Loop protection: how many wakes may follow from each other before the next is refused. A run started by a person or by a schedule has depth 0,
   * one woken by what it wrote depth 1, and so on. Default 8.
   */
  wakeDepthMax?: number
}

/** Changes of shared state. Each matching one, or coalesced batch, yields exactly one run, whatever is killed and however many servers watch. */
export type WakeOnState = Common & {
  channel?: never
  schedule?: never
  /** Keys: `*` stands for any text. */
  state: string
  /** Default `global`. */
  namespace?: string
  /** Which of these changes matter. Must be a pure function; when it throws, the change does not. */
  if?: (change: StateChange) => boolean
  /** Waits until nothing that matters changed for so long, then wakes once for all of it; at most ten times as long. */
  debounceMs?: number
  /** One run at a time: what changes while it works is one batch for the next. */
  coalesce?: boolean
  /** Changes of one batch. Default 100. */
  changesMax?: number
}

/**
 * Messages on a channel: each is one run, also when it is equal to another. They are not kept: what is sent while nobody listens wakes
 * nobody, and there are no batches of them.
 */
export type WakeOnChannel = Common & {
  state?: never
  schedule?: never
  channel: string
  /** Which messages matter. Must be a pure function; when it throws, the message does not. */
  if?: (message: Message) => boolean
}

/** Instants: five fields of cron in UTC, or an interval. What was missed while nobody was up, or skipped by a clock that was set forward, is made good by one run. */
export type WakeOnSchedule = Common & {
  state?: never
  channel?: never
  schedule: string | { everyMs: number }
}

export type WakeOn = WakeOnState | WakeOnChannel | WakeOnSchedule

export const wakeDepthMaxDefault = 8
export const changesMaxDefault = 100
/** A stream of changes that never pauses is cut after this many times `debounceMs`. */
export const debouncesMax = 10

const everyMsMin = 1000

const every = (everyMs: number): Cron => {
  if (!Number.isFinite(everyMs) || everyMs < everyMsMin)
    throw new ConcordError(
      'config.invalid',
      `Cannot wake every ${everyMs} ms as an interval is at least ${everyMsMin} ms; raise schedule.everyMs`,
    )
  // Counted from the epoch, so that all servers mean the same instants.
  return { next: (after) => (Math.floor(after / everyMs) + 1) * everyMs }
}

/** Throws `config.invalid`. */
export const scheduleOf = ({ schedule }: WakeOnSchedule): Cron =>
  typeof schedule === 'string' ? readCron(schedule) : every(schedule.everyMs)

/** What tells apart the wakes of one team: the key of its cursor. */
export const sourceOf = (on: WakeOn): string => {
  if (on.state !== undefined) return `state ${on.namespace ?? globalNamespace} ${on.state}`
  if (on.channel !== undefined) return `channel ${on.channel}`
  return `schedule ${typeof on.schedule === 'string' ? on.schedule : `every ${on.schedule.everyMs} ms`}`
}

const batching: ReadonlySet<string> = new Set(['debounceMs', 'coalesce', 'changesMax'])
const common = ['goal', 'wakeDepthMax']
const known: readonly string[][] = [
  ['state', 'namespace', 'if', 'debounceMs', 'coalesce', 'changesMax', ...common],
  ['channel', 'if', ...common],
  ['schedule', ...common],
]
const numbers: ReadonlyMap<string, number> = new Map([
  ['debounceMs', 0],
  ['changesMax', 1],
  ['wakeDepthMax', 0],
])

/** What is wrong with a wake, for the config's errors. */
export const wakeProblem = (on: WakeOn): string | undefined => {
  const kinds = [on.state, on.channel, on.schedule].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) return 'wakeOn has one of state, channel, schedule'
  for (const [name, value] of Object.entries(on)) {
    if (value === undefined) continue
    if (batching.has(name) && on.state === undefined)
      return `${name} is for wakes on state: messages and instants are not kept until a batch is full; write what came to a key, and wake on that`
    const least = numbers.get(name)
    if (least !== undefined && !(Number.isFinite(value) && Number(value) >= least))
      return `${name} is a number of at least ${least}: ${value}`
  }
  const reserved = reservedProblem(String(on.state === undefined ? on.channel : on.namespace))
  if (reserved !== undefined) return reserved
  if (on.state === '' || on.channel === '') return 'a state pattern or channel has at least one character'
  if ('when' in on) return 'the condition of a wake is called "if"'
  const names = known.find(([kind = '']) => kind in on) ?? []
  const unknown = Object.entries(on).find(([name, value]) => value !== undefined && !names.includes(name))
  if (unknown !== undefined) return `a wake on ${names[0]} has ${names.join(', ')} and no "${unknown[0]}"`
  // The first instant there is: a date that never comes is refused here, not when it is waited for.
  if (on.schedule !== undefined) scheduleOf(on).next(0)
  return undefined
}
