import ipaddr from 'ipaddr.js'

/**
 * `public`: may be connected to. `private`: only where the configuration allows it. `forbidden`: never (cloud metadata
 * and other link-local addresses, unspecified, multicast, reserved, tunnels that hide another address).
 */
export type AddressClass = 'public' | 'private' | 'forbidden'

const privateRanges = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal'])
/** IPv6 addresses in use on the Internet (RFC 4291, 2.4); the rest of the space is unassigned. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]

/**
 * Where clouds serve credentials to whatever runs in them, and ranges do not tell: Azure (WireServer),
 * Alibaba, Oracle; AWS over IPv6, Google over IPv6. The link-local ones (169.254.169.254 and others)
 * are forbidden by their range.
 */
const metadata = new Set(
  ['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'].map(
    (address) => ipaddr.parse(address).toNormalizedString(),
  ),
)

/** Names that lead there, wherever they resolve to. */
const metadataNames =
  /^(?:metadata|instance-data|.*\.metadata\.goog|metadata\.goog|metadata(?:\.[\w-]+)*\.internal|instance-data(?:\.[\w-]+)*\.internal|metadata\.azure\.com|metadata\.tencentyun\.com|metadata\.(?:packet\.net|platformequinix\.com)|(?:api\.)?metadata\.cloud\.ibm\.com|100-100-100-200\..*|rancher-metadata(?:\..*)?)$/

export const isMetadataName = (host: string): boolean => metadataNames.test(host)

const classOf = (address: ipaddr.IPv4 | ipaddr.IPv6): AddressClass =>
  metadata.has(address.toNormalizedString()) ? 'forbidden' : classOfRange(address.range())

/** Classes an IP address given as text. Addresses that carry an IPv4 address are judged by that one. */
export const classOfAddress = (address: string): AddressClass => {
  if (!ipaddr.isValid(address)) return 'forbidden'
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return classOf(parsed)
  if (parsed.zoneId) return 'forbidden'
  const range = parsed.range()
  if (range === 'ipv4Mapped') return classOf(embedded(parsed))
  // NAT64's well-known prefix (RFC 6052) is how IPv6-only networks reach IPv4; other embeddings are refused.
  if (range === 'rfc6052')
    return parsed.match(ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number])
      ? classOf(embedded(parsed))
      : 'forbidden'
  if (range === 'unicast' && !parsed.match(globalUnicast)) return 'forbidden'
  return classOf(parsed)
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
