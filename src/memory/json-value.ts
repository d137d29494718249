import { ConcordError } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'

/** A copy of what is to be written; `input.invalid` naming the place of what JSON cannot hold. */
export const jsonValue = (action: string, value: unknown): Json => {
  try {
    return copyJson(value)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ConcordError(
      'input.invalid',
      `Cannot ${action} as it must be JSON: ${error.message}; correct it`,
    )
  }
}
