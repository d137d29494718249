import type { EventRecord } from '../ports/audit.ts'

/**
 * An event as a line of JSON Lines. `data` come last and as they were written, byte for byte, so that `dataDigest` = sha256(salt || data) can be
 * recomputed from the line; null once erased. Digests and salt are hex.
 */
export const exportLine = ({ data, ...rest }: EventRecord): string => {
  const head = JSON.stringify(rest)
  return `${head.slice(0, -1)},"data":${data ?? 'null'}}\n`
}
