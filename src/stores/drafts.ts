import { ConcordError } from '../domain/errors.ts'
import { type Draft, type Event, type EventType, eventId } from '../domain/event.ts'
import { runOfStream } from '../domain/names.ts'
import type { Append } from '../ports/event-log.ts'

/** A draft cut loose from the caller's objects: its data are text from here on. */
export type Prepared = {
  type: EventType
  at: number
  run: string | null
  step: string | null
  agent: string | null
  cause: string | null
  operation: string | null
  data: string
}

const refuse = (action: string, rule: string, now: string): never => {
  throw new ConcordError('input.invalid', `Cannot ${action} as ${rule}: ${now}; correct the caller`)
}

/** Names become UTF-8 text columns, where half a surrogate pair or a NUL would come back changed. */
/** UTF-16 units of a name; over HTTP as well. */
const nameMax = 10_000
const nameShown = 200

export const checkName = (action: string, what: string, value: string): string => {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed() || value.includes('\0'))
    return refuse(action, `${what} must be non-empty Unicode text without NUL`, shown(value))
  if (value.length > nameMax)
    return refuse(action, `${what} has at most ${nameMax} characters`, `it has ${value.length}`)
  return value
}

const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, nameShown)

const optionalName = (what: string, value: string | undefined): string | null =>
  value === undefined ? null : checkName('append an event', what, value)

export const checkInstant = (action: string, at: number): number =>
  Number.isFinite(at) && Math.abs(at) <= Number.MAX_SAFE_INTEGER
    ? at
    : refuse(action, 'a time is ms since the epoch', String(at))

/** JSON text of a value; data that JSON cannot hold are the caller's mistake. */
export const toText = (action: string, value: unknown): string => {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    const now = cause instanceof Error ? cause.message : String(cause)
    throw new ConcordError(
      'input.invalid',
      `Cannot ${action} as values are JSON: ${now}; correct the caller`,
      {
        cause,
      },
    )
  }
  return text ?? refuse(action, 'values are JSON', typeof value)
}

/** Checks without preparing; throws what `prepareEnvelope` throws. */
export const checkEnvelope = ({ at, run, step, agent, cause }: Draft): void => {
  checkInstant('append an event', at)
  optionalName('run', run)
  optionalName('step', step)
  optionalName('agent', agent)
  optionalName('cause', cause)
}

export const prepareEnvelope = (draft: Draft): Omit<Prepared, 'data'> => ({
  type: draft.type,
  at: checkInstant('append an event', draft.at),
  run: optionalName('run', draft.run),
  step: optionalName('step', draft.step),
  agent: optionalName('agent', draft.agent),
  cause: optionalName('cause', draft.cause),
  operation: null,
})

export const prepareDraft = (draft: Draft): Prepared => ({
  ...prepareEnvelope(draft),
  data: toText(`append ${draft.type}`, draft.data),
})

export type Row = Omit<Prepared, 'data'> & {
  stream: string
  version: number
  position: number
  epoch: number
  /** Absent after erasure. */
  data: string | null
}

const parse = (row: Row): unknown => {
  try {
    return JSON.parse(row.data ?? '{}')
  } catch (cause) {
    throw new ConcordError(
      'store.corrupt',
      `Cannot read ${row.stream}@${row.version} as its data must be JSON: they are not; verify the log and restore a backup`,
      { details: { stream: row.stream, version: row.version }, cause },
    )
  }
}

/** Erased data read as an empty object: what was known is gone, that it happened is not. */
export const toEvent = (row: Row): Event => eventWith(row, row.data === null ? {} : parse(row))

/** A row's event with its data already read. */
export const eventWith = (row: Omit<Row, 'data'>, data: unknown): Event => {
  // An event that does not say so belongs to the run whose stream it is in.
  const run = row.run ?? runOfStream(row.stream)
  return {
    id: eventId(row.stream, row.version),
    stream: row.stream,
    version: row.version,
    position: row.position,
    at: row.at,
    type: row.type,
    epoch: row.epoch,
    ...(run === undefined ? undefined : { run }),
    ...(row.step === null ? undefined : { step: row.step }),
    ...(row.agent === null ? undefined : { agent: row.agent }),
    ...(row.cause === null ? undefined : { cause: row.cause }),
    data,
  } as Event
}

export const checkEpoch = (epoch: number): number =>
  Number.isSafeInteger(epoch) && epoch >= 0
    ? epoch
    : refuse('append events', 'an epoch is a whole number from 0', String(epoch))

/** Throws unless the append fits where the stream is now. */
export const checkHead = (
  { stream, expectedVersion, epoch }: Pick<Append, 'stream' | 'expectedVersion' | 'epoch'>,
  head: { version: number; epoch: number },
): void => {
  const { version } = head
  if (expectedVersion !== 'any' && expectedVersion !== version)
    throw new ConcordError(
      'version.conflict',
      `Cannot append to ${stream} as it must be at version ${expectedVersion}: it is at ${version}; read what was added and decide again`,
      { details: { stream, expected: expectedVersion, version } },
    )
  if (epoch < head.epoch) throw staleEpoch(`append to ${stream}`, epoch, head.epoch)
}

export const staleEpoch = (action: string, epoch: number, current: number): ConcordError =>
  new ConcordError(
    'epoch.stale',
    `Cannot ${action} as only the owner may: epoch ${epoch} was replaced by ${current}; another process has taken the run over, stop advancing it here`,
    { details: { epoch, current } },
  )
