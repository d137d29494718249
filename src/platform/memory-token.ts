import { createHmac, timingSafeEqual } from 'node:crypto'
import { ConcordError, isConcordError } from '../domain/errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Whom a `concord-token` speaks for. `key` is the call's idempotency key: what the agent writes is told apart under it. */
export type Grant = {
  run: string
  step: string
  agent: string
  epoch: number
  key: string
  attempt: number
  /** The version of the run's stream when the call was made: what ends the attempt comes later. */
  since: number
  /** Whom the run's goal is about. */
  subject?: string
  /** The memory it is for: an agent's service sends nothing of a call anywhere else. */
  at?: string
  /** When it was handed out, ms since the epoch. */
  issuedAt?: number
  /** Ms since the epoch. */
  expiresAt: number
  /** The store it was handed out for. */
  store?: string
}

/** Tokens that agents elsewhere are handed: signed, readable by anybody, valid for the time of one call. */
export type MemoryTokens = {
  issue(grant: Grant): string
  /** Throws `auth.required` for what is forged, cut, too old or none. */
  verify(token: string): Grant
  /** Whether it was signed here for the memory at this address; when it ends is for `verify`. */
  isFor(token: string, address: string): boolean
  /** The clock that `expiresAt` is of. */
  now(): number
}

/*
 * `v1.{claims}.{mac}`, both base64url: claims as JSON, and HMAC-SHA256 (RFC 2104) over all that stands before the second point, so that a later form of
 * claims cannot be taken for this one. Nothing of the claims is read before the mac is right.
 */
const form = 'v1'
const charsMax = 8_192

const refused = (now: string): ConcordError =>
  new ConcordError(
    'auth.required',
    `Cannot accept the concord-token as it must be the one this call was handed, unchanged and in time: ${now}; use the header of the call under way`,
  )

const isGrant = (value: unknown): value is Grant => {
  if (typeof value !== 'object' || value === null) return false
  const { run, step, agent, epoch, key, attempt, since, expiresAt } = value as { [claim: string]: unknown }
  const texts = [run, step, agent, key].every((text) => typeof text === 'string' && text !== '')
  return texts && [epoch, attempt, since].every(Number.isSafeInteger) && Number.isFinite(expiresAt)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `key` is read when it is first needed: a process that hands out no token makes no key. */
export const memoryTokens = (key: () => Uint8Array, clock: Clock, store?: string): MemoryTokens => {
  /** The claims of a token that was signed with this key. */
  const signed = (token: string): Grant => {
    if (token.length > charsMax) throw refused(`it has ${token.length} characters`)
    const end = token.lastIndexOf('.')
    const claims = token.slice(0, Math.max(0, end))
    if (!claims.startsWith(`${form}.`)) throw refused('it has another form')
    // As text: decoding would take several texts for one.
    const given = Buffer.from(token.slice(end + 1))
    const mac = Buffer.from(macOf(claims))
    // The length of a mac is not secret.
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw refused('its signature is wrong')
    const grant = parsed(Buffer.from(claims.slice(form.length + 1), 'base64url').toString('utf8'))
    if (!isGrant(grant)) throw refused('its claims are incomplete')
    return grant
  }
  const macOf = (text: string): string => createHmac('sha256', key()).update(text).digest('base64url')
  return {
    now: clock.now,
    issue(grant) {
      const claims = `${form}.${Buffer.from(JSON.stringify({ issuedAt: clock.now(), ...(store === undefined ? {} : { store }), ...grant })).toString('base64url')}`
      return `${claims}.${macOf(claims)}`
    },
    verify(token) {
      const grant = signed(token)
      if (grant.expiresAt <= clock.now())
        throw refused(`it ended at ${new Date(grant.expiresAt).toISOString()}`)
      // Versions and attempts that it knows are of a history that was taken back.
      if (store !== undefined && grant.store !== undefined && grant.store !== store)
        throw refused('it is of this store before a backup was restored')
      return grant
    },
    isFor(token, address) {
      try {
        return signed(token).at === address
      } catch (error) {
        if (isConcordError(error) && error.code === 'auth.required') return false
        throw error
      }
    },
  }
}
