import { ConcordError } from '../domain/errors.ts'
import type { EventData } from '../domain/event.ts'
import { sameJson } from '../domain/json.ts'
import type { RecordedWrite, WriteOutcome } from '../ports/state-store.ts'
import type { Cell, PreparedWrite } from './state-write.ts'

/** What is recorded under an operation id; `done` is gone once the event was erased. */
export type Recorded = {
  version: number
  sequence: number
  value?: number
  done?: EventData['state.changed'] & { at: number }
}

/** `standing` is the key's version now: an erased event no longer tells its own. */
export const recordedOf = (
  { sequence, at, data }: { sequence: number; at: number; data: string | null },
  standing: () => number,
): Recorded => {
  if (data === null) return { version: standing(), sequence }
  const done = { ...(JSON.parse(data) as EventData['state.changed']), at }
  const { version, value, increment } = done
  return increment !== undefined && typeof value === 'number'
    ? { version, sequence, value, done }
    : { version, sequence, done }
}

/** What was written, as it is told to who asks by the operation's id. */
export const recordedWrite = (sequence: number, data: string | null): RecordedWrite => {
  if (data === null) return { sequence }
  const change = JSON.parse(data) as EventData['state.changed']
  const { key, version, value, result } = change
  const expiresAt = change.increment === undefined ? change.expiresAt : undefined
  return {
    sequence,
    key,
    version,
    ...(value === undefined ? undefined : { value }),
    ...(expiresAt === undefined ? undefined : { expiresAt }),
    ...(result === undefined ? undefined : { result }),
  }
}

export const isSame = (write: PreparedWrite, done: NonNullable<Recorded['done']>): boolean => {
  const { kind, text, by, ttlMs, keepExpiry } = write
  if (kind === 'delete') return done.deleted === true
  if (kind === 'increment') return done.increment === by
  const ttl = done.expiresAt === undefined ? undefined : done.expiresAt - done.at
  if (done.deleted || done.increment !== undefined || text === null) return false
  if (ttl !== ttlMs && !(keepExpiry && ttlMs === undefined)) return false
  return sameJson(JSON.parse(text), done.value)
}

const reused = ({ namespace, key, operation }: PreparedWrite, now: string): ConcordError =>
  new ConcordError(
    'key.reused',
    `Cannot write ${namespace} ${key} under ${JSON.stringify(operation)} as an operation id (Idempotency-Key) belongs to one write: ${now}; repeat that write unchanged, or choose another id for this one`,
    { details: { namespace, key, operation } },
  )

export const checkSameKey = (write: PreparedWrite, key: string): void => {
  if (key !== write.key) throw reused(write, `it was used for key ${JSON.stringify(key)}`)
}

/** Whether what was written under an operation is what the key is now. */
export const stands = (
  { kind }: Pick<PreparedWrite, 'kind'>,
  { sequence }: Recorded,
  now: Cell | undefined,
  isOver: boolean,
): boolean => {
  // A key that ended may be forgotten: then nobody has written it since.
  if (kind === 'delete')
    return now === undefined || (now.text === null && (now.sequence === sequence || now.sequence === 0))
  return now !== undefined && now.sequence === sequence && now.text !== null && !isOver
}

/** The outcome recorded for a write that is repeated. Throws `key.reused` when it was another write. */
export const repeated = (write: PreparedWrite, { done, ...recorded }: Recorded): WriteOutcome => {
  if (done !== undefined) {
    checkSameKey(write, done.key)
    const { sameSince } = write
    if (sameSince !== undefined && done.at >= sameSince && !isSame(write, done))
      throw reused(write, `it wrote something else there, version ${recorded.version}`)
  }
  const result = done?.result
  return {
    ok: true,
    key: write.key,
    ...recorded,
    repeated: true,
    ...(result === undefined ? {} : { result }),
  }
}
