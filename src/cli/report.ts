import { writeFileSync } from 'node:fs'
import { spentText, timeText } from '../domain/amounts.ts'
import { ConcordError, type Failure, isConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { isObject } from '../domain/reference.ts'
import type { Run } from '../domain/run.ts'
import { visible } from '../domain/visible.ts'
import { concordCommand } from './command-name.ts'
import { type Driven, exitCode } from './drive.ts'
import type { Terminal } from './terminal.ts'
import { waitText, wayToAnswer } from './waits.ts'

/** The output as a person reads it. */
export const outputText = (output: Json): string => {
  if (typeof output === 'string') return output
  if (isObject(output)) {
    if (typeof output.markdown === 'string') return output.markdown
    if (typeof output.report === 'string') return output.report
  }
  return JSON.stringify(output, null, 2)
}

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

const msOf = (run: Run): number => run.updatedAt - (run.startedAt ?? run.createdAt)

const asObject = ({ run, waits }: Driven): { [key: string]: unknown } => ({
  runId: run.id,
  status: run.status,
  ...(run.status === 'succeeded' ? { output: run.output ?? null } : {}),
  ...(run.failure === undefined ? {} : { failure: run.failure }),
  ...(waits.length === 0
    ? {}
    : {
        waits: waits.map((open) => ({
          run: open.run,
          step: open.step,
          wait: open.wait,
          answerWith: wayToAnswer(open)[0],
        })),
      }),
  reasons: run.reasons,
  spent: { ...run.book.spent, cachedTokens: run.cachedTokens },
  ms: msOf(run),
})

const failureText = (failure: Failure, reasons: readonly string[]): string => {
  const more = reasons.filter(
    (reason) => !failure.message.includes(reason) && !reason.includes(failure.message),
  )
  return [`error: ${failure.message}`, ...more.map((reason) => `  - ${reason}`)].join('\n')
}

const suspendedText = ({ run, interrupt, owned, done, steps }: Driven): string => {
  if (interrupt !== undefined && run.status !== 'suspended')
    return owned || run.status === 'waiting'
      ? `Run ${run.id} is ${run.status}; continue it: ${concordCommand} resume ${run.id}`
      : `Run ${run.id} continues in process ${run.owner ?? '?'}; follow it: ${concordCommand} resume ${run.id}`
  const progress = steps > 0 ? ` with ${done} of ${steps} steps done` : ''
  return `Suspended run ${run.id}${progress}; nothing is lost. Continue it: ${concordCommand} resume ${run.id}`
}

const waitingText = ({ run, waits }: Driven): string => {
  const lines = [`Run ${run.id} waits; it continues when it is answered:`]
  for (const open of waits) {
    lines.push(`  step "${open.step}": ${waitText(open)}`)
    for (const way of wayToAnswer(open)) lines.push(`    ${way}`)
  }
  return lines.join('\n')
}

const stackText = ({ stack }: Failure, debug: boolean): string =>
  stack === undefined || !debug ? '' : `\n${stack.replaceAll(/^/gm, '  ')}`

const closing = (driven: Driven, debug: boolean): string => {
  const { run } = driven
  const amount = spentText({ ...run.book.spent, cachedTokens: run.cachedTokens })
  const spent = amount === '' ? '' : `, ${amount}`
  if (run.status === 'succeeded') {
    return `Done in ${timeText(msOf(run))}${spent}. Run ${run.id}: ${concordCommand} trace ${run.id}, ${concordCommand} why ${run.id}`
  }
  if (run.status === 'failed' && run.failure !== undefined)
    return `${failureText(run.failure, run.reasons)}${stackText(run.failure, debug)}\nRun ${run.id} failed after ${timeText(msOf(run))}${spent}. What happened: ${concordCommand} why ${run.id}`
  if (run.status === 'cancelled') return `Run ${run.id} was cancelled: ${run.reasons.join('; ')}`
  return run.status === 'waiting' && driven.interrupt === undefined
    ? waitingText(driven)
    : suspendedText(driven)
}

export type ReportOptions = { json?: boolean; output?: string | undefined; debug?: boolean }

/** Writes the result to `out` (or a file) and how the run ended to `err`; returns the exit code. */
export const report = (
  terminal: Terminal,
  driven: Driven,
  { json, output, debug }: ReportOptions,
): number => {
  const { run } = driven
  if (run.status === 'succeeded' && output !== undefined)
    saveTo(output, ended(outputText(run.output ?? null)))
  if (json === true) terminal.out(`${JSON.stringify(asObject(driven), null, 2)}\n`)
  else {
    if (run.status === 'succeeded' && output === undefined)
      terminal.out(ended(outputText(run.output ?? null)))
    if (run.status === 'succeeded' && output !== undefined) terminal.err(`Written to ${output}\n`)
    terminal.err(`${closing(driven, debug === true)}\n`)
  }
  return exitCode(driven)
}

/** Fails at once rather than after the work. Throws `input.invalid`. */
export const checkOutput = (path: string | undefined): void => {
  if (path !== undefined) saveTo(path, '', 'a')
}

const saveTo = (path: string, text: string, flag = 'w'): void => {
  try {
    writeFileSync(path, visible(text), { flag })
  } catch (error) {
    if (isConcordError(error)) throw error
    throw new ConcordError(
      'input.invalid',
      `Cannot write the output to ${path} as the file must be writable: ${error instanceof Error ? error.message : String(error)}; choose another --output`,
      { cause: error },
    )
  }
}
