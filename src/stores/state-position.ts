import { ConcordError } from '../domain/errors.ts'

/**
 * Where a reader of a namespace stands: the sequence of a change and a part of that change's digest in
 * the chain. A store whose change there is another one (a restored backup that went on) is recognised
 * by it, however it was restored.
 */
export type Position = { sequence: number; mark: string }

/** Bytes of a digest. */
const markBytes = 6
const form = /^(\d{1,16})-([0-9a-f]*)$/

/** As text, opaque to whoever keeps it. `digest` is one character a byte; absent where it is not kept. */
export const positionText = (sequence: number, digest: string | undefined): string => {
  if (digest === undefined) return `${sequence}-`
  let mark = ''
  for (let i = 0; i < markBytes; i++) mark += digest.charCodeAt(i).toString(16).padStart(2, '0')
  return `${sequence}-${mark}`
}

/** A bare number has no mark: it cannot be compared. Throws `input.invalid`. */
export const positionIn = (namespace: string, since: number | string): Position => {
  const parts = typeof since === 'string' ? form.exec(since) : undefined
  const sequence = Number(parts?.[1] ?? since)
  if (Number.isSafeInteger(sequence) && sequence >= 0 && since !== '')
    return { sequence, mark: parts?.[2] ?? '' }
  throw new ConcordError(
    'input.invalid',
    `Cannot watch ${namespace} as since is a position of a watch, or a sequence (a whole number from 0): ${JSON.stringify(since)}; correct since`,
  )
}
