import type { Attempt } from '../domain/attempt.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Provenance, StateLimits, StateWrite } from '../ports/state-store.ts'
import { checkEpoch, checkName, toText } from './drafts.ts'

/** What a store keeps of a key; a deleted or expired key keeps counting versions. */
export type Cell = {
  version: number
  /** JSON text; null when the key ended. */
  text: string | null
  expiresAt: number | null
  /** Of its last change in this namespace; 0 when it is read through from a fork's origin. */
  sequence: number
}

/** A write cut loose from the caller's objects. */
export type PreparedWrite = {
  namespace: string
  key: string
  kind: 'put' | 'delete' | 'increment' | 'check'
  /** JSON text of a put. */
  text: string | null
  by: number
  ifVersion: number | undefined
  ttlMs: number | undefined
  keepExpiry: boolean
  operation: string | null
  earlier?: readonly string[]
  sameSince?: number
  /** JSON text. */
  result: string | null
  provenance: Provenance
  attempt?: Attempt
}

export const action = ({ namespace, key }: { namespace: string; key: string }) =>
  `write ${String(namespace).slice(0, 200)} ${String(key).slice(0, 200)}`
const invalid = (write: StateWrite, rule: string, now: unknown, way: string): ConcordError =>
  new ConcordError('input.invalid', `Cannot ${action(write)} as ${rule}: ${now}; ${way}`)

const nameOf = (what: string, value: string) => checkName('write state', what, value)

const kindOf = (write: StateWrite): PreparedWrite['kind'] => {
  let kind: PreparedWrite['kind'] | undefined = write.value === undefined ? undefined : 'put'
  let given = kind === undefined ? 0 : 1
  if (write.delete === true) {
    kind = 'delete'
    given++
  }
  if (write.increment !== undefined) {
    kind = 'increment'
    given++
  }
  if (write.check === true) {
    kind = 'check'
    given++
  }
  if (given === 1 && kind !== undefined) return kind
  const now = given === 0 ? 'none was given' : `${given} were given`
  throw invalid(write, 'a write is one of value, delete, increment and check', now, 'give one')
}

const utf8Bytes = (text: string, most: number): number =>
  // A UTF-16 unit is at most three bytes: most texts need no counting.
  text.length * 3 <= most ? text.length : Buffer.byteLength(text)

export const tooLarge = (what: string, bytes: number, most: number): ConcordError =>
  new ConcordError(
    'bound.reached',
    `Cannot ${what} as a value may have ${most} bytes of JSON: it has ${bytes}; store it elsewhere and keep a reference to it here, or raise valueBytesMax`,
    { details: { bytes, valueBytesMax: most } },
  )

export const prepareWrite = (write: StateWrite, limits: StateLimits): PreparedWrite => {
  const { namespace, key, ttlMs, increment, provenance } = write
  const kind = kindOf(write)
  if (ttlMs !== undefined && !(typeof ttlMs === 'number' && ttlMs > 0 && ttlMs <= 1e14))
    throw invalid(write, 'a time to live is positive', ttlMs, 'correct ttlMs')
  if (increment !== undefined && !Number.isFinite(increment))
    throw invalid(write, 'an increment is a finite number', increment, 'correct it')
  const ifVersion = write.ifAbsent ? 0 : write.ifVersion
  if (write.ifAbsent && write.ifVersion !== undefined && write.ifVersion !== 0)
    throw invalid(write, 'an absent key has version 0', `ifVersion ${write.ifVersion}`, 'give one of the two')
  if (kind === 'check' && ifVersion === undefined)
    throw invalid(write, 'a check is a condition', 'ifVersion is missing', 'give ifVersion or ifAbsent')
  if (provenance !== undefined) {
    for (const what in provenance) {
      const value = provenance[what as keyof Provenance]
      if (typeof value === 'string') nameOf(what, value)
    }
    if (provenance.epoch !== undefined) checkEpoch(provenance.epoch)
  }
  if (ifVersion !== undefined && !(Number.isSafeInteger(ifVersion) && ifVersion >= 0))
    throw invalid(write, 'a version is a whole number from 0', ifVersion, 'give the version that was read')
  const textOf = (value: unknown): string => {
    const text = toText(action(write), value)
    const bytes = utf8Bytes(text, limits.valueBytesMax)
    if (bytes > limits.valueBytesMax) throw tooLarge(action(write), bytes, limits.valueBytesMax)
    return text
  }
  return {
    namespace: nameOf('a namespace', namespace),
    key: nameOf('a key', key),
    kind,
    text: kind === 'put' ? textOf(write.value) : null,
    by: increment ?? 0,
    ifVersion,
    ttlMs,
    keepExpiry: kind === 'increment' || (kind === 'put' && write.keepExpiry === true),
    operation: write.operation === undefined ? null : nameOf('an operation', write.operation),
    result: write.result === undefined ? null : textOf(write.result),
    provenance: provenance === undefined ? nobody : { ...provenance },
    ...(write.earlier === undefined ? undefined : { earlier: earlierOf(write.earlier) }),
    ...(write.sameSince === undefined ? undefined : { sameSince: write.sameSince }),
    ...(write.attempt === undefined ? undefined : { attempt: { ...write.attempt } }),
  }
}

export const nobody: Provenance = {}

/** Attempts looked back at; what was written by one before them is written again. */
const earlierMax = 100

const earlierOf = (ids: readonly string[]): readonly string[] =>
  ids.slice(0, earlierMax).map((id) => nameOf('an operation', id))

/** What comes with an append must not be able to refuse it. */
export const prepareUnconditional = (writes: readonly StateWrite[], limits: StateLimits): PreparedWrite[] =>
  writes.map((write) => {
    if (write.ifVersion !== undefined || write.ifAbsent || write.check)
      throw new ConcordError(
        'input.invalid',
        `Cannot append with a write of ${write.namespace} ${write.key} as such writes are unconditional: ${write.check ? 'a check' : `ifVersion ${write.ifVersion ?? 0}`}; write it by itself first`,
      )
    return prepareWrite(write, limits)
  })
