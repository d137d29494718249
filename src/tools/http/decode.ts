/** Types whose bytes are text; others are shown only when they look like text. */
const textual =
  /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|javascript|x-javascript|x-www-form-urlencoded|x-ndjson|yaml|x-yaml|toml|sql|graphql)\b|image\/svg\+xml)/i
const sniffedBytes = 1024

const decoderFor = (label: string | undefined): InstanceType<typeof TextDecoder> | undefined => {
  try {
    return label ? new TextDecoder(label) : undefined
  } catch {
    return undefined
  }
}

const byteOrderMark = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return undefined
}

const declaredInside = (contentType: string, bytes: Uint8Array): string | undefined => {
  if (!/html|xml/i.test(contentType)) return undefined
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, sniffedBytes))
  return /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{1,40})|^<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w-]{1,40})/i
    .exec(head)
    ?.slice(1)
    .find(Boolean)
}

/**
 * The text of a body, by byte order mark, `charset` parameter, the document's own declaration, or UTF-8: the order of
 * the WHATWG encoding sniffing. `undefined` when it is not text.
 */
export const decodeBody = (bytes: Uint8Array, contentType: string): string | undefined => {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]{1,40})/i.exec(contentType)?.[1]
  const mark = byteOrderMark(bytes)
  if (!textual.test(contentType) && !mark && !charset && bytes.subarray(0, sniffedBytes).includes(0))
    return undefined
  if (/^(?:image|audio|video|font)\/(?!svg)|^application\/(?:pdf|zip|gzip|octet-stream)/i.test(contentType))
    return undefined
  const decoder =
    decoderFor(mark) ??
    decoderFor(charset) ??
    decoderFor(declaredInside(contentType, bytes)) ??
    new TextDecoder()
  return decoder.decode(bytes)
}
