import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a page that may change things sends with each request that changes something. */
export const sessionHeader = 'concord-page'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const secret = (): string => randomBytes(24).toString('base64url')

const keyMsMax = 10 * 60_000
const sessionsMax = 100

/**
 * Who may change things from a browser. The person who started the server is shown a link whose
 * fragment holds a key; the key opens one session, once and within ten minutes. Other pages of the
 * same address only read.
 */
export class PageSessions {
  /** Digests, and until when each key opens a session (ms since the epoch). */
  readonly #keys: { digest: Buffer; until: number }[] = []
  readonly #sessions: Buffer[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** A key for one more session. */
  invite(): string {
    const key = secret()
    this.#keys.push({ digest: digest(key), until: this.#now() + keyMsMax })
    return key
  }

  /** The session that a key opens; undefined for one that is used, expired, or none. */
  open(key: string): string | undefined {
    const given = digest(key)
    const at = this.#keys.findIndex((known) => timingSafeEqual(known.digest, given))
    const [found] = at < 0 ? [] : this.#keys.splice(at, 1)
    if (found === undefined || found.until < this.#now()) return undefined
    const session = secret()
    this.#sessions.push(digest(session))
    if (this.#sessions.length > sessionsMax) this.#sessions.shift()
    return session
  }

  has(session: string | undefined): boolean {
    if (session === undefined) return false
    const given = digest(session)
    return this.#sessions.some((known) => timingSafeEqual(known, given))
  }
}
