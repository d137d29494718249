import type { FileHandle } from 'node:fs/promises'
import { ConcordError } from '../../domain/errors.ts'
import { openedFile } from './confine.ts'
import { refuseProtected } from './protected.ts'

/** `nextOffset` is where reading continues; absent at the end of the file. Offsets and sizes in bytes. */
export type FileText = { path: string; bytes: number; offset: number; text: string; nextOffset?: number }

const sniffedBytes = 1024

/** A range of a UTF-8 text file, cut at whole characters: consecutive ranges put together are the file. */
export const readRange = async (
  root: string,
  path: string,
  offset: number,
  bytesMax: number,
  allowProtected: readonly string[],
): Promise<FileText> => {
  const { handle, place } = await openedFile(root, path)
  try {
    refuseProtected(place, 'read', allowProtected)
    const { size } = await handle.stat()
    const buffer = await filled(handle, offset, bytesMax)
    if (buffer.subarray(0, sniffedBytes).includes(0))
      throw new ConcordError(
        'tool.failed',
        'Cannot read the file as it must be text: it is binary; use another tool',
      )
    const atEnd = offset + buffer.length >= size
    const start = offset === 0 ? 0 : continuation(buffer)
    const end = atEnd ? buffer.length : wholeCharacters(buffer)
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      buffer.subarray(start, Math.max(start, end)),
    )
    const next = offset + Math.max(end, 1)
    return { path, bytes: size, offset: offset + start, text, ...(next < size ? { nextOffset: next } : {}) }
  } finally {
    await handle.close()
  }
}

const filled = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length)
  let size = 0
  while (size < length) {
    const { bytesRead } = await handle.read(buffer, size, length - size, offset + size)
    if (bytesRead === 0) break
    size += bytesRead
  }
  return buffer.subarray(0, size)
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** How many bytes at the start end a character that began before. */
const continuation = (bytes: Buffer): number => {
  let count = 0
  while (count < 3 && isContinuation(bytes[count])) count += 1
  return count
}

/** The length without a character that is cut off at the end. */
const wholeCharacters = (bytes: Buffer): number => {
  let lead = bytes.length - 1
  while (lead > bytes.length - 4 && isContinuation(bytes[lead])) lead -= 1
  const first = bytes[lead] ?? 0
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return lead + length > bytes.length ? lead : bytes.length
}
