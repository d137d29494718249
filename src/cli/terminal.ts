/** Where a command writes: results to `out`, everything about the run to `err`. */
export type Terminal = {
  out(text: string): void
  err(text: string): void
  /** Both a person reads what is written and can type an answer. */
  interactive: boolean
  /** Whether lines on `err` can be rewritten in place. */
  live: boolean
  color: { out: boolean; err: boolean }
  columns: number
  rows: number
}

const wantsColor = (stream: NodeJS.WriteStream, noColor: boolean): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (noColor || (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
  return stream.isTTY === true
}

export const openTerminal = (noColor = false): Terminal => {
  const { stdin, stdout, stderr } = process
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live: stderr.isTTY === true && process.env.TERM !== 'dumb',
    color: { out: wantsColor(stdout, noColor), err: wantsColor(stderr, noColor) },
    get columns() {
      return stderr.columns ?? stdout.columns ?? 100
    },
    get rows() {
      return stderr.rows ?? 30
    },
  }
}

/** A reader that went away (`concord runs | head -1`) is no error: what would be written to it is dropped. */
export const ignoreBrokenPipes = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
}
