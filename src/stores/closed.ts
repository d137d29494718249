import { ConcordError } from '../domain/errors.ts'

/** For whatever is asked of a store after its `close`. */
export const closedError = (action: string, file?: string): ConcordError =>
  new ConcordError(
    'store.closed',
    `Cannot ${action} as the store must be open: ${file === undefined ? 'it' : file} was closed; use it before close, or open it again`,
    file === undefined ? {} : { details: { file } },
  )
