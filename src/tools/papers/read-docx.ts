import { inflateRawSync } from 'node:zlib'
import type { Draft } from './document-text.ts'
import { lazily } from './lazy.ts'
import { htmlToText } from './read-html.ts'

/** Unpacked, all parts together: most of it pictures, which are not read. */
const UNPACKED_BYTES_MAX = 100_000_000
/** Parts that are taken apart: their tree takes about fifty times their size. */
const MARKUP_BYTES_MAX = 12_000_000

export const readDocx = async (bytes: Buffer): Promise<Draft> => {
  const mammoth = await lazily('read docx files', 'mammoth', () => import('mammoth'))
  refuseBomb(bytes)
  const convert = mammoth.default?.convertToHtml ?? mammoth.convertToHtml
  const ignoreImages = (mammoth.default ?? mammoth).images.imgElement(async () => ({ src: '' }))
  const { value } = await convert({ buffer: bytes }, { convertImage: ignoreImages })
  const { text, heading } = await htmlToText(value)
  return { text, title: heading }
}

/**
 * A docx is a zip, and a small zip can unpack to anything: every part is unpacked once under a limit, since the sizes that the
 * archive states may lie. Layout: PKWARE APPNOTE 4.3.
 */
const refuseBomb = (zip: Buffer): void => {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  if (end < 0 || end + 20 > zip.length) throw new Error('not a docx: it is no zip archive')
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  let left = UNPACKED_BYTES_MAX
  let markupLeft = MARKUP_BYTES_MAX
  for (let entry = 0; entry < count; entry += 1) {
    const [method, packed, nameSize] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
    ]
    const local = zip.readUInt32LE(at + 42)
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const size = method === 8 ? unpackedSize(zip.subarray(data, data + packed), left) : packed
    left -= size
    if (left < 0) throw tooBig(UNPACKED_BYTES_MAX)
    const name = zip.toString('latin1', at + 46, at + 46 + nameSize)
    if (/\.(?:xml|rels)$/i.test(name)) markupLeft -= size
    if (markupLeft < 0) throw tooBig(MARKUP_BYTES_MAX)
    at += 46 + nameSize + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
}

const unpackedSize = (packed: Buffer, max: number): number => {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, max) }).length
  } catch (error) {
    throw error instanceof RangeError
      ? tooBig(UNPACKED_BYTES_MAX)
      : new Error('a damaged docx: one of its parts cannot be unpacked')
  }
}

const tooBig = (max: number): Error => new Error(`unpacks to more than ${max} bytes`)
