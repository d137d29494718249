import { lookup } from 'node:dns/promises'
import { ConcordError } from '../../domain/errors.ts'
import { cut } from '../../domain/text/cut.ts'
import { classOfAddress, isMetadataName, literalOf } from './address.ts'

export type Address = { address: string; family: 4 | 6 }
/** All addresses of a name. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<Address[]>

export type HostRules = {
  /** Only these hosts: `example.org`, `*.example.org` (its subdomains), each optionally with `:port`. */
  allowHosts?: readonly string[]
  denyHosts?: readonly string[]
  /** `true`, or the hosts (`127.0.0.1:8080`) that may be on this machine or in private networks. */
  allowPrivate?: boolean | readonly string[]
}

const urlCharactersMax = 8192

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address, family }) => ({
    address,
    family: family === 6 ? 6 : 4,
  }))

export const forbidden = (
  rule: string,
  now: string,
  wayOut: string,
  details: { url: string },
): ConcordError =>
  new ConcordError('tool.forbidden', `Cannot request the URL as ${rule}: ${now}; ${wayOut}`, { details })

const hostOf = (url: URL): string => url.hostname.toLowerCase().replace(/\.$/, '')
const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80')

const matches = (pattern: string, url: URL): boolean => {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(pattern.toLowerCase()) ?? []
  if (port !== undefined && port !== portOf(url)) return false
  return host.startsWith('*.') ? hostOf(url).endsWith(host.slice(1)) : hostOf(url) === host
}

const listed = (patterns: readonly string[], url: URL): boolean => patterns.some((one) => matches(one, url))

const privateAllowed = (rules: HostRules, url: URL): boolean =>
  rules.allowPrivate === true || (Array.isArray(rules.allowPrivate) && listed(rules.allowPrivate, url))

/** Parses a URL and applies every rule that needs no resolution. Called again for each redirect. */
export const checkedUrl = (text: string, rules: HostRules, base?: URL): URL => {
  const details = { url: cut(text, 200) }
  if (text.length > urlCharactersMax)
    throw forbidden(
      `URLs are bounded to ${urlCharactersMax} characters`,
      `${text.length}`,
      'shorten it',
      details,
    )
  const url = URL.parse(text, base?.href)
  if (!url)
    throw new ConcordError(
      'tool.input-invalid',
      `Cannot request the URL as it must be absolute: ${JSON.stringify(details.url)}; write https://host/path`,
      { details },
    )
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden('only http and https are allowed', url.protocol, 'use an https URL', details)
  if (url.username || url.password)
    throw forbidden('URLs must not carry credentials', 'it has some before @', 'leave them out', {
      url: `${url.protocol}//${url.host}`,
    })
  if (isMetadataName(hostOf(url)))
    throw forbidden('the metadata of a cloud is out of reach', url.host, 'use another source', details)
  if (rules.denyHosts && listed(rules.denyHosts, url))
    throw forbidden('the host is denied', url.host, 'use another source', details)
  if (rules.allowHosts && !listed(rules.allowHosts, url))
    throw forbidden(
      'only configured hosts are allowed',
      url.host,
      `use one of ${rules.allowHosts.join(', ')}`,
      details,
    )
  return url
}

/**
 * The addresses a checked URL may be connected to. Every address of the name must pass, so that a name with one public
 * and one private address does not. The caller connects to these and to nothing it resolved again (DNS rebinding).
 */
export const checkedAddresses = async (
  url: URL,
  rules: HostRules,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<Address[]> => {
  const addresses = knownAddresses(url) ?? (await resolved(url, resolve, signal))
  for (const { address } of addresses) {
    const found = classOfAddress(address)
    if (found === 'public' || (found === 'private' && privateAllowed(rules, url))) continue
    throw forbidden(
      'only public addresses are allowed',
      `${url.host} is ${found === 'private' ? 'in a private network' : 'a special address'}`,
      found === 'private' ? 'the operator can list it in allowPrivate' : 'use another source',
      { url: url.href.slice(0, 200) },
    )
  }
  return addresses
}

/** What needs no resolver: literals, and the names that RFC 6761 reserves for this machine. */
const knownAddresses = (url: URL): Address[] | undefined => {
  const literal = literalOf(url.hostname)
  if (literal) return [{ address: literal, family: literal.includes(':') ? 6 : 4 }]
  if (!/^(?:.*\.)?localhost$/.test(hostOf(url))) return undefined
  return [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
}

const resolved = async (url: URL, resolve: Resolve, signal: AbortSignal): Promise<Address[]> => {
  const failed = (cause: unknown) =>
    new ConcordError(
      'tool.failed',
      `Cannot request the URL as its host must resolve: ${url.hostname} has no address; check the name or the network`,
      { details: { url: url.href.slice(0, 200) }, cause },
    )
  const addresses = await resolve(url.hostname, signal).catch((cause: unknown) => {
    throw failed(cause)
  })
  if (addresses.length === 0) throw failed(undefined)
  return addresses
}
