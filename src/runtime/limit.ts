import { ConcordError } from '../domain/errors.ts'

/** Throws `config.invalid` for a limit that is not a whole number from `least`; `path` is where it stands. */
export const checkLimit = (path: string, limit: number | undefined, least: number): void => {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= least)) return
  throw new ConcordError(
    'config.invalid',
    `Cannot use ${path} as it is a whole number from ${least}: ${limit}; correct it in the config`,
  )
}
