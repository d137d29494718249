import { ConcordError, errorTable, isConcordError } from '../domain/errors.ts'
import { nearest } from '../domain/nearest.ts'
import { commands } from './commands/table.ts'
import { flushTerminal, ignoreBrokenPipes, openTerminal } from './terminal.ts'

/** What Node warns about that a user of the command can do nothing about. */
const quietWarnings = (argv: readonly string[]): void => {
  if (argv.includes('--debug')) return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const code = 'code' in warning ? warning.code : undefined
    if (warning.name === 'ExperimentalWarning' || code === 'MODULE_TYPELESS_PACKAGE_JSON') return
    openTerminal().err(`warning: ${warning.message}\n`)
  })
}

const version = async (): Promise<string> => {
  const { packageInfo } = await import('./package-info.ts')
  return `concord ${packageInfo().version} (Node ${process.versions.node})\n`
}

const dispatch = async (argv: string[]): Promise<number> => {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const wanted = rest.find((word) => !word.startsWith('-'))
    if (name === 'help' && wanted !== undefined) return dispatch([wanted, '--help'])
    const { mainHelp } = await import('./help.ts')
    openTerminal().out(mainHelp(commands))
    return name === undefined ? errorTable['input.invalid'].exit : 0
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    openTerminal().out(await version())
    return 0
  }
  const found = commands.find((entry) => entry.name === name)
  if (found === undefined) {
    const names = commands.map((entry) => entry.name)
    const meant = nearest(name, names)
    throw new ConcordError(
      'input.invalid',
      `Cannot run "concord ${name}" as there is no such command; ${meant === undefined ? `there are: ${names.join(', ')}` : `did you mean "concord ${meant}"?`}`,
    )
  }
  return (await found.load()).invoke(rest)
}

const causes = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.stack ?? error.message}\ncaused by: ${causes(error.cause)}`
}

/** Tells an error: the message of one that Concord raised says the way out; any other says where to look. */
const tellError = (error: unknown, argv: readonly string[]): number => {
  const debug = argv.includes('--debug')
  const known = isConcordError(error)
  const failure = {
    code: known ? error.code : ('internal' as const),
    message: error instanceof Error ? error.message : String(error),
  }
  const message = known
    ? failure.message
    : `Unexpected: ${failure.message}; the same command with --debug shows where, "concord runs" what was kept`
  openTerminal().err(`error: ${message}\n${debug ? `${causes(error)}\n` : ''}`)
  if (argv.includes('--json'))
    openTerminal().out(
      `${JSON.stringify({ runId: null, status: 'failed', failure, reasons: [] }, null, 2)}\n`,
    )
  return errorTable[failure.code].exit
}

/** The command line: reads the arguments, runs a command, ends the process with its exit code. */
export const main = async (argv: string[]): Promise<never> => {
  ignoreBrokenPipes()
  quietWarnings(argv)
  const crash = (error: unknown) => process.exit(tellError(error, argv))
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  const code = await dispatch(argv).catch((error) => tellError(error, argv))
  await flushTerminal()
  // Agents of this process may hold it alive with sockets and timers of their own.
  return process.exit(code)
}
