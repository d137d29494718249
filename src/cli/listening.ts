import { ConcordError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { type Interrupt, interruptExit } from './drive.ts'
import { openTerminal } from './terminal.ts'

/** A port as it is typed. Throws `input.invalid`. */
export const portOf = (given: string | undefined, from = '--port'): number | undefined => {
  if (given === undefined || given === '') return undefined
  const port = Number(given)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new ConcordError(
    'input.invalid',
    `Cannot listen on port "${given}" (${from}) as a port is a number from 0 to 65535; write for example --port 8080, or 0 for a free one`,
  )
}

/** Resolves at the first signal to stop; the second ends the process at once. */
export const untilStopped = (): Promise<Interrupt> =>
  new Promise((resolve) => {
    let stopping = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (stopping) process.exit(interruptExit[signal])
        stopping = true
        resolve(signal)
      })
  })

const line = (level: string, fields: object, message = ''): void => {
  const { error, ...rest } = fields as { error?: unknown }
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`
  const cause = error === undefined ? '' : `: ${error instanceof Error ? error.message : String(error)}`
  openTerminal().err(`${level}: ${message}${cause}${more}\n`)
}

/** Warnings and errors of a server that was given no logger. */
export const plainLogger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => line('warning', fields, message),
  error: (fields, message) => line('error', fields, message),
}

/** Also each request that was answered, and what runs wait for and how they end. */
export const verboseLogger: Logger = {
  ...plainLogger,
  debug: (fields, message) => line('debug', fields, message),
  info: (fields, message) => line('info', fields, message),
}
