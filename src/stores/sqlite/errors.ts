import { ConcordError, type ErrorCode, isConcordError } from '../../domain/errors.ts'

const primary = (code: number) => code & 0xff
// Result codes of sqlite.org/rescode.html; the extended one is WAL's shared memory that could not be enlarged.
const sqliteCodes: { [code: number]: ErrorCode } = {
  5: 'store.busy',
  6: 'store.busy',
  8: 'store.read-only',
  11: 'store.corrupt',
  13: 'store.full',
  26: 'store.corrupt',
}
const shmSize = 4874
const cannotOpen = 14

const systemCodes: { [code: string]: ErrorCode } = {
  ENOSPC: 'store.full',
  EDQUOT: 'store.full',
  EROFS: 'store.read-only',
  EACCES: 'store.read-only',
  EPERM: 'store.read-only',
}

const wayOut: Partial<Record<ErrorCode, { rule: string; way: string }>> = {
  'store.busy': {
    rule: 'one process writes at a time',
    way: 'another process holds the database; try again, or stop the one that does not let go',
  },
  'store.full': { rule: 'it must be on disk first', way: 'free space there and try again; nothing was lost' },
  'store.read-only': {
    rule: 'the database and its folder must be writable',
    way: 'give this user the right to write there, or choose another folder',
  },
  'store.corrupt': {
    rule: 'the file must be a sound SQLite database',
    way: 'stop every process that uses it, then restore a backup in its place, or move it aside together with its -wal and -shm files to start again',
  },
}

export const codeOf = (error: unknown): ErrorCode => {
  if (!(error instanceof Error)) return 'store.failed'
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown }
  if (typeof errcode === 'number')
    return errcode === shmSize ? 'store.full' : (sqliteCodes[primary(errcode)] ?? 'store.failed')
  return (typeof code === 'string' && systemCodes[code]) || 'store.failed'
}

export const isCannotOpen = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  primary(error.errcode) === cannotOpen

/** What SQLite or the system threw, in Concord's words; `action` reads after "Cannot". */
export const storeError = (error: unknown, action: string, file: string): ConcordError => {
  if (isConcordError(error)) return error
  const code = codeOf(error)
  const { rule, way } = wayOut[code] ?? {
    rule: 'the database must answer',
    way: 'look at the cause; nothing of this was written',
  }
  const now = error instanceof Error ? error.message : String(error)
  return new ConcordError(code, `Cannot ${action} as ${rule}: ${now} (${file}); ${way}`, {
    details: { file },
    cause: error,
  })
}
