import ipaddr from 'ipaddr.js'

/**
 * `public`: may be connected to. `private`: only where the configuration allows it. `forbidden`: never (cloud metadata
 * and other link-local addresses, unspecified, multicast, reserved, tunnels that hide another address).
 */
export type AddressClass = 'public' | 'private' | 'forbidden'

const privateRanges = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal'])
/** IPv6 addresses in use on the Internet (RFC 4291, 2.4); the rest of the space is unassigned. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]

/** Classes an IP address given as text. Addresses that carry an IPv4 address are judged by that one. */
export const classOfAddress = (address: string): AddressClass => {
  if (!ipaddr.isValid(address)) return 'forbidden'
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return classOfRange(parsed.range())
  if (parsed.zoneId) return 'forbidden'
  const range = parsed.range()
  if (range === 'ipv4Mapped') return classOfRange(embedded(parsed).range())
  // NAT64's well-known prefix (RFC 6052) is how IPv6-only networks reach IPv4; other embeddings are refused.
  if (range === 'rfc6052')
    return parsed.match(ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number])
      ? classOfRange(embedded(parsed).range())
      : 'forbidden'
  if (range === 'unicast' && !parsed.match(globalUnicast)) return 'forbidden'
  return classOfRange(range)
}

const classOfRange = (range: string): AddressClass =>
  range === 'unicast' ? 'public' : privateRanges.has(range) ? 'private' : 'forbidden'

/** The last 32 bits as IPv4. */
const embedded = (address: ipaddr.IPv6): ipaddr.IPv4 => new ipaddr.IPv4(address.toByteArray().slice(12))

/** The IP address a URL's host is, without brackets; `undefined` for a name. URL parsing has normalised octal, hex and decimal forms. */
export const literalOf = (hostname: string): string | undefined => {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname
  return ipaddr.isValid(bare) ? bare : undefined
}
