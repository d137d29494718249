import { ConcordError } from '../domain/errors.ts'
import type { EventData } from '../domain/event.ts'
import { asJson, copyJson, type Json } from '../domain/json.ts'
import type { Entry, Provenance, WriteOutcome } from '../ports/state-store.ts'

/** What happens when somebody else wrote between reading and writing. */
export type OnConflict =
  /** Read what they wrote, change it anew. */
  | 'retry'
  /** `version.conflict`, with both versions in its details. */
  | 'fail'
  /** An agent of the team with the role `mediator` is given both versions with their provenance; what it returns is written. */
  | { mediator: string }

export type UpdateOptions = {
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
  write(write: { key: string; value: Json; ifVersion: number; operation: string }): Promise<WriteOutcome>
  mediate?: (mediator: string, conflict: Conflict) => Promise<Json>
  resolved?: (data: Resolved) => void
}

const attemptsDefault = 100
const mediationsDefault = 5
/** A value of more characters of JSON is in the state's own log only. */
const toldCharsMax = 64 * 1024

const versionOf = (entry: Entry | undefined): Version =>
  entry === undefined
    ? { version: 0, provenance: {} }
    : { value: entry.value, version: entry.version, at: entry.at, provenance: entry.provenance }

const told = ({ value, ...rest }: Version): Resolved['theirs'] => ({
  ...rest,
  ...(value === undefined || JSON.stringify(value).length > toldCharsMax ? {} : { value }),
})

/**
 * Reads, changes and writes one key; what a conflict leads to is told once it is resolved. Throws `version.conflict` when others came between
 * each time, or at once under `fail`.
 */
export const updateKey = async (
  parts: UpdateParts,
  key: string,
  change: Change,
  options: UpdateOptions = {},
): Promise<WriteOutcome> => {
  const { onConflict = 'retry' } = options
  const mediator = typeof onConflict === 'object' ? onConflict.mediator : undefined
  const attemptsMax = options.attemptsMax ?? (mediator === undefined ? attemptsDefault : mediationsDefault)
  const { namespace, operation } = parts
  let base = versionOf(await parts.entry(key))
  let mine = copyJson(await change(base.value))
  for (let attempt = 1; ; attempt++) {
    const outcome = await parts.write({ key, value: mine, ifVersion: base.version, operation })
    const own: Version = { value: mine, version: base.version, provenance: parts.provenance }
    if (outcome.ok) {
      if (attempt > 1)
        parts.resolved?.({
          namespace,
          key,
          by: mediator === undefined ? 'retry' : 'mediator',
          ...(mediator === undefined ? {} : { mediator }),
          attempts: attempt,
          theirs: told(base),
          resolution: told({ ...own, version: outcome.version }),
        })
      return outcome
    }
    const theirs = versionOf(await parts.entry(key))
    if (onConflict === 'fail' || attempt >= attemptsMax)
      throw conflict(namespace, key, attempt, onConflict, base, theirs)
    mine = copyJson(
      mediator === undefined
        ? await change(theirs.value)
        : await mediated(parts, mediator, { namespace, key, base, mine: own, theirs }),
    )
    base = theirs
  }
}

const mediated = ({ mediate }: UpdateParts, mediator: string, conflict: Conflict): Promise<Json> => {
  if (mediate !== undefined) return mediate(mediator, conflict)
  throw new ConcordError(
    'agent.unknown',
    `Cannot ask mediator "${mediator}" as only agents at work have a team: this is outside of a run; update with onConflict retry or fail`,
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
      : `Cannot update "${key}" as ${attempts} others came between each time, the bound attemptsMax; try again later`
  return new ConcordError('version.conflict', message, { details })
}
