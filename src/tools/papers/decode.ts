/** Share of control characters from which bytes are taken for no text. */
const CONTROL_SHARE_MAX = 0.01

/**
 * Text of unknown encoding: UTF-8, UTF-16 with a byte order mark, else Windows-1252. Undefined for what is no text (NUL bytes,
 * many control characters).
 */
export const decodeText = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return clean(new TextDecoder('utf-16le').decode(bytes))
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return clean(new TextDecoder('utf-16be').decode(bytes))
  if (bytes.includes(0)) return undefined
  try {
    return clean(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return clean(new TextDecoder('windows-1252').decode(bytes))
  }
}

const clean = (text: string): string | undefined => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: counting them is the point
  const controls = text.match(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffd]/g)?.length ?? 0
  if (controls > text.length * CONTROL_SHARE_MAX) return undefined
  return text.replace(/\r\n?/g, '\n')
}
