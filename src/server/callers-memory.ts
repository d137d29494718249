import type { Context } from 'hono'
import { ConcordError } from '../domain/errors.ts'
import type { OpenOptions } from '../platform/concord-types.ts'
import { type Signed, signedBy } from '../platform/memory-issuers.ts'
import { memoryServer } from '../remote/address.ts'
import { remoteMemory } from '../remote/memory.ts'
import { refusedMemory } from '../remote/refused-memory.ts'
import { invalid } from './problem.ts'

/** The memory that came with a call, for one of its users. */
export type CallersMemory = (
  part: string,
  guard: () => Promise<void> | undefined,
) => ReturnType<typeof remoteMemory>

const refusal = (url: string): ConcordError =>
  new ConcordError(
    'auth.required',
    `Cannot use the memory at ${JSON.stringify(memoryServer(url).slice(0, 200))} as its token must be signed for it with a key of this service, or its server be named: neither is so; give both the same CONCORD_MEMORY_KEY, or name the server (--memory)`,
  )

/** Where a call says that its memory is. Throws `input.invalid` for what is not an HTTP address. */
export const memoryAddressOf = (c: Context): string | undefined => {
  const url = c.req.header('concord-memory')
  if (url === undefined) return undefined
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const plain = parsed !== undefined && parsed.username + parsed.password + parsed.search + parsed.hash === ''
  if (plain && /^https?:$/.test(parsed.protocol)) return url
  throw invalid(
    `Cannot use the header concord-memory as it is an address of HTTP: ${JSON.stringify(url.slice(0, 100))}; correct the caller`,
  )
}

export type Trusted = {
  /** Servers whose memory is used without a shared key: they verify their tokens themselves. */
  memory?: readonly string[] | undefined
  open?: OpenOptions | undefined
}

/**
 * The memory of whoever calls, where it can be trusted: nothing is sent to an address that a caller
 * merely names.
 */
export const callersMemory = ({ memory = [], open = {} }: Trusted) => {
  const { config = {}, env = {} } = open
  const named = new Set(memory.map(memoryServer))
  const secret = env.CONCORD_MEMORY_KEY || config.server?.memoryKey
  const signed: Signed = signedBy({ stores: config.stores, secret })
  return (c: Context): CallersMemory | undefined => {
    const [url, memoryToken] = [memoryAddressOf(c), c.req.header('concord-token')]
    if (url === undefined || memoryToken === undefined) return undefined
    if (named.has(memoryServer(url)) || signed(memoryToken, url))
      return (part, guard) => remoteMemory({ url, memoryToken, part, guard })
    const refused = refusedMemory(refusal(url))
    return () => refused
  }
}
