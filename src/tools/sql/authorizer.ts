import { constants } from 'node:sqlite'

/** Pragmas that only describe; `data_version` is what full-text tables read inside. */
const readingPragmas = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'index_xinfo',
  'foreign_key_list',
  'collation_list',
  'function_list',
  'data_version',
])
/** Functions that reach outside the database or hand out raw pointers. */
const deniedFunctions = new Set(['load_extension', 'readfile', 'writefile', 'edit', 'fts3_tokenizer'])

/**
 * SQLite asks for every action of a statement while compiling it (https://www.sqlite.org/c3ref/set_authorizer.html).
 * Only reading is named here; all else, known or yet to be invented, is denied.
 */
export const authorize = (action: number, first: string | null, second: string | null): number => {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_READ:
    case constants.SQLITE_RECURSIVE:
      return constants.SQLITE_OK
    case constants.SQLITE_FUNCTION:
      return deniedFunctions.has((second ?? '').toLowerCase()) ? constants.SQLITE_DENY : constants.SQLITE_OK
    case constants.SQLITE_PRAGMA:
      return readingPragmas.has((first ?? '').toLowerCase()) ? constants.SQLITE_OK : constants.SQLITE_DENY
    default:
      return constants.SQLITE_DENY
  }
}
