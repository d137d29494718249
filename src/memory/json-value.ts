import { ConcordError } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'

/** `input.invalid` for an option there is not: what was misspelt would be left out silently. */
export const checkOptions = (action: string, options: object, known: readonly string[]): void => {
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new ConcordError(
        'input.invalid',
        `Cannot ${action} as its options are ${known.join(', ')}: ${JSON.stringify(name.slice(0, 200))}; correct it`,
      )
}

/** A copy of what is to be written; `input.invalid` naming the place of what JSON cannot hold. */
export const jsonValue = (action: string, value: unknown): Json => {
  try {
    return copyJson(value)
  } catch (error) {
    // A getter or a toJSON may throw anything.
    const why = error instanceof Error ? error.message : 'it cannot be read'
    throw new ConcordError('input.invalid', `Cannot ${action} as it must be JSON: ${why}; correct it`)
  }
}
