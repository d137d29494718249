import { ConcordError } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'

/**
 * A copy of what an agent's work came to. Throws `step.result-invalid`, which is not tried again, for what JSON cannot hold: the work
 * is done, and would come to the same.
 */
export const keptAs = (what: string, value: unknown): Json => {
  try {
    return copyJson(value)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read'
    throw new ConcordError(
      'step.result-invalid',
      `Cannot keep ${what} as it must be JSON: ${why}; what was done is not repeated, return text or plain data`,
    )
  }
}
