import { ConcordError } from '../domain/errors.ts'
import type { EventData } from '../domain/event.ts'
import { asJson, type Json } from '../domain/json.ts'
import type { Entry, Provenance, RecordedWrite, WriteOutcome } from '../ports/state-store.ts'
import { jsonValue } from './json-value.ts'
import { findBefore } from './state-lease.ts'

/** What happens when somebody else wrote between reading and writing. */
export type OnConflict =
  /** Read what they wrote, change it anew. */
  | 'retry'
  /** `version.conflict`, with both versions in its details. */
  | 'fail'
  /** An agent of the team with the role `mediator` is given both versions with their provenance; what it returns is written. Only in the process of a run's owner. */
  | { mediator: string }

export type UpdateOptions = {
  /** Ends the key that long after this write; default: the expiry the key has stays. */
  ttlMs?: number
  /** Writes tried, the first included. Default 100; 5 where a mediator is asked. */
  attemptsMax?: number
  /** Default `retry`. */
  onConflict?: OnConflict
}

/** One side of a conflict. */
export type Version = { value?: Json; version: number; at?: number; provenance: Provenance }

/** What a mediator is given: what both began from, what this writer wants, and what somebody else wrote meanwhile. */
export type Conflict = { namespace: string; key: string; base: Version; mine: Version; theirs: Version }

export type Change = (value: Json | undefined) => Json | Promise<Json>

export type Resolved = EventData['conflict.resolved']

export type UpdateParts = {
  namespace: string
  provenance: Provenance
  operation: string
  entry(key: string): Promise<Entry | undefined>
  write(write: {
    key: string
    value: Json
    ifVersion: number
    operation: string
    keepExpiry: boolean
    ttlMs?: number
  }): Promise<WriteOutcome>
  /** What was written under an operation, when its step is executed again. */
  recorded(operation: string): Promise<RecordedWrite | undefined>
  /** The same, whoever asks. */
  written(operation: string): Promise<RecordedWrite | undefined>
  /** Before another attempt. */
  pause(attempt: number): Promise<void>
  mediate?: (mediator: string, conflict: Conflict) => Promise<Json>
  resolved?: (data: Resolved) => void
}

export const attemptsDefault = 100
const mediationsDefault = 5
/** A value of more characters of JSON is in the state's own log only. */
const toldCharsMax = 64 * 1024

export const attemptsOf = (attemptsMax: number): number => {
  if (Number.isSafeInteger(attemptsMax) && attemptsMax > 0) return attemptsMax
  throw new ConcordError(
    'input.invalid',
    `Cannot try that often as attemptsMax is a whole number from 1: ${attemptsMax}; correct it`,
  )
}

export const versionOf = (entry: Entry | undefined): Version =>
  entry === undefined
    ? { version: 0, provenance: {} }
    : { value: entry.value, version: entry.version, at: entry.at, provenance: entry.provenance }

export const told = ({ value, ...rest }: Version): Resolved['theirs'] => ({
  ...rest,
  ...(value === undefined || JSON.stringify(value).length > toldCharsMax ? {} : { value }),
})

/** What was written, and its outcome; the value of an update that was erased since is not known. */
export type Updated = { outcome: WriteOutcome; value: Json | undefined }

/** An update has one write. */
const writeOf = (operation: string, i: number): string => (i === 0 ? operation : `${operation}+${i}`)

const updatedBefore = (
  key: string,
  { sequence, version = 0, value }: RecordedWrite,
  unknown?: Json,
): Updated => ({
  outcome: { ok: true, key, version, sequence, repeated: true },
  value: value === undefined ? unknown : value,
})

/**
 * Reads, changes and writes one key; what a conflict leads to is told once it is resolved. Throws `version.conflict` when others came between
 * each time, or at once under `fail`. Made before, it is not made again: it answers what it wrote, though the key may have changed since;
 * a key that was written for a time must still be as it was written.
 */
export const updateKey = async (
  parts: UpdateParts,
  key: string,
  change: Change,
  options: UpdateOptions = {},
): Promise<Updated> => {
  const { onConflict = 'retry', ttlMs } = options
  const { operation, found } = await findBefore({ ...parts, isLease: ttlMs !== undefined }, writeOf)
  if (found !== undefined) return updatedBefore(key, found)
  const mediator = mediatorOf(onConflict, parts)
  const attemptsMax = attemptsOf(
    options.attemptsMax ?? (mediator === undefined ? attemptsDefault : mediationsDefault),
  )
  const expiry = ttlMs === undefined ? { keepExpiry: true } : { keepExpiry: false, ttlMs }
  const { namespace } = parts
  let base = versionOf(await parts.entry(key))
  const changed = (value: Json) => jsonValue(`update ${namespace} ${key.slice(0, 200)}`, value)
  let mine = changed(await change(base.value))
  for (let attempt = 1; ; attempt++) {
    const outcome = await parts.write({ key, value: mine, ifVersion: base.version, operation, ...expiry })
    const own: Version = { value: mine, version: base.version, provenance: parts.provenance }
    // Another execution of the same step was faster.
    if (outcome.repeated) {
      const made = await parts.written(operation)
      if (made !== undefined) return updatedBefore(key, made, mine)
    }
    if (outcome.ok) {
      if (attempt > 1)
        parts.resolved?.({
          namespace,
          key,
          by: mediator === undefined ? 'retry' : 'mediator',
          ...(mediator === undefined ? {} : { mediator: mediator.name }),
          attempts: attempt,
          theirs: told(base),
          resolution: told({ ...own, version: outcome.version }),
        })
      return { outcome, value: mine }
    }
    await parts.pause(attempt)
    const theirs = versionOf(await parts.entry(key))
    if (onConflict === 'fail' || attempt >= attemptsMax)
      throw conflict(namespace, key, attempt, onConflict, base, theirs)
    mine = changed(
      mediator === undefined
        ? await change(theirs.value)
        : await mediator.ask({ namespace, key, base, mine: own, theirs }),
    )
    base = theirs
  }
}

const mediated = async (
  mediate: NonNullable<UpdateParts['mediate']>,
  mediator: string,
  conflict: Conflict,
): Promise<Json> => {
  const value = await mediate(mediator, conflict)
  // An agent that returns nothing returns null: it must not take both versions away.
  if (value !== null || conflict.mine.value === null || conflict.theirs.value === null) return value
  throw new ConcordError(
    'agent.failed',
    `Cannot resolve the conflict on "${conflict.key}" as mediator "${mediator}" must return a value: it returned nothing; return one of the two, or what they make together`,
  )
}

/** Told before anything is written: whether a conflict comes is chance. */
const mediatorOf = (onConflict: OnConflict, { mediate }: UpdateParts) => {
  if (typeof onConflict !== 'object') return undefined
  const name = onConflict.mediator
  if (mediate !== undefined) return { name, ask: (conflict: Conflict) => mediated(mediate, name, conflict) }
  throw new ConcordError(
    'agent.unknown',
    `Cannot ask mediator "${name}" as one is asked where the run of its team is at work: this is outside of a run, or an agent behind HTTP; update with onConflict retry or fail, or let an agent in the process write`,
  )
}

const conflict = (
  namespace: string,
  key: string,
  attempts: number,
  onConflict: OnConflict,
  base: Version,
  theirs: Version,
): ConcordError => {
  const details = { namespace, key, read: asJson(base), found: asJson(theirs) }
  const message =
    onConflict === 'fail'
      ? `Cannot update "${key}" as nobody may have written since it was read: version ${base.version} was read, ${theirs.version} is there; read it again, or choose another onConflict`
      : `Cannot update "${key}" as ${attempts} others came between each time, the bound attemptsMax; try again later (an update that changes its own key never succeeds)`
  return new ConcordError('version.conflict', message, { details })
}
