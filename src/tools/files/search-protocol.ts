export type SearchJob = {
  /** Real path of the root, which no file that is read lies outside of. */
  root: string
  /** Paths below the root that are read although their names are protected. */
  allowProtected: readonly string[]
  /** Real path of the file or folder to search, and the path shown for it. */
  start: string
  shown: string
  pattern: string
  regex: boolean
  ignoreCase: boolean
  matchesMax: number
  filesMax: number
  fileBytesMax: number
}

export type FileMatch = { path: string; line: number; column: number; text: string }
export type FileMatches = {
  matches: FileMatch[]
  filesSearched: number
  filesSkipped: number
  truncated: boolean
}
