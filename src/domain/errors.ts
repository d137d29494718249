import { copyJson, type Json } from './json.ts'
import { cut } from './text/cut.ts'

type Row = { status: number; retryable: boolean; exit: number }

/** Exit code of errors that the caller has to fix: wrong use, missing key, unreadable file. */
export const usageExit = 2
const usage = usageExit
const failed = 1
const temporary = 75

/**
 * Every error Concord raises on purpose: HTTP status, whether trying again unchanged can help, and the exit code of
 * the command line. HTTP, CLI and the retrier read this table and nothing else.
 */
export const errorTable = {
  'input.invalid': { status: 400, retryable: false, exit: usage },
  'config.invalid': { status: 500, retryable: false, exit: usage },
  'auth.required': { status: 401, retryable: false, exit: usage },
  'request.forbidden': { status: 403, retryable: false, exit: usage },
  'request.method': { status: 405, retryable: false, exit: usage },
  'request.media-type': { status: 415, retryable: false, exit: usage },
  'request.too-large': { status: 413, retryable: false, exit: usage },
  'key.reused': { status: 422, retryable: false, exit: usage },
  'not-found': { status: 404, retryable: false, exit: usage },
  'team.unknown': { status: 404, retryable: false, exit: usage },
  'agent.unknown': { status: 404, retryable: false, exit: usage },
  'tool.unknown': { status: 404, retryable: false, exit: usage },
  'run.unknown': { status: 404, retryable: false, exit: usage },
  'run.finished': { status: 409, retryable: false, exit: usage },
  'run.owned': { status: 409, retryable: true, exit: temporary },
  'run.blocked': { status: 409, retryable: false, exit: usage },
  'admission.full': { status: 429, retryable: true, exit: temporary },
  'run.not-waiting': { status: 409, retryable: false, exit: usage },
  'run.cancelled': { status: 409, retryable: false, exit: 130 },
  'goal.unmet': { status: 400, retryable: false, exit: failed },
  'plan.infeasible': { status: 400, retryable: false, exit: failed },
  'version.conflict': { status: 409, retryable: true, exit: temporary },
  'epoch.stale': { status: 409, retryable: false, exit: failed },
  'replay.diverged': { status: 409, retryable: false, exit: failed },
  'attempt.stale': { status: 409, retryable: false, exit: failed },
  'budget.exhausted': { status: 400, retryable: false, exit: failed },
  'bound.reached': { status: 400, retryable: false, exit: failed },
  'policy.denied': { status: 403, retryable: false, exit: failed },
  'step.result-invalid': { status: 502, retryable: false, exit: failed },
  'agent.failed': { status: 502, retryable: true, exit: failed },
  'agent.timeout': { status: 504, retryable: true, exit: failed },
  'agent.output-invalid': { status: 502, retryable: true, exit: failed },
  'agent.input-invalid': { status: 400, retryable: false, exit: failed },
  'tool.failed': { status: 502, retryable: true, exit: failed },
  'tool.timeout': { status: 504, retryable: true, exit: failed },
  'tool.input-invalid': { status: 400, retryable: false, exit: failed },
  'tool.output-invalid': { status: 502, retryable: false, exit: failed },
  'tool.forbidden': { status: 403, retryable: false, exit: failed },
  'model.unconfigured': { status: 400, retryable: false, exit: usage },
  'model.key-missing': { status: 400, retryable: false, exit: usage },
  'model.rejected': { status: 502, retryable: false, exit: failed },
  'model.refused': { status: 422, retryable: false, exit: failed },
  'model.no-answer': { status: 502, retryable: false, exit: failed },
  'model.failed': { status: 502, retryable: true, exit: failed },
  'model.rate-limited': { status: 503, retryable: true, exit: temporary },
  'model.timeout': { status: 504, retryable: true, exit: failed },
  'model.output-invalid': { status: 502, retryable: true, exit: failed },
  'package.missing': { status: 500, retryable: false, exit: usage },
  'source.unreachable': { status: 502, retryable: true, exit: failed },
  'corpus.unreadable': { status: 400, retryable: false, exit: usage },
  'store.busy': { status: 503, retryable: true, exit: temporary },
  'store.full': { status: 507, retryable: true, exit: temporary },
  'store.read-only': { status: 500, retryable: false, exit: usage },
  'store.corrupt': { status: 500, retryable: false, exit: failed },
  'store.unsupported': { status: 500, retryable: false, exit: usage },
  'store.lost': { status: 503, retryable: false, exit: failed },
  'store.closed': { status: 503, retryable: false, exit: failed },
  'store.failed': { status: 500, retryable: true, exit: failed },
  cancelled: { status: 499, retryable: false, exit: 130 },
  internal: { status: 500, retryable: false, exit: 70 },
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof errorTable

export type ErrorOptions = { details?: { [key: string]: Json }; cause?: unknown }

/**
 * The one error class. Identity is `code`, never `instanceof`: errors cross processes and package copies.
 * Messages read `Cannot <action> as <rule>: <value now>; <way out>`.
 */
export class ConcordError extends Error {
  readonly code: ErrorCode
  readonly details: { [key: string]: Json }

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConcordError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** What is kept of an error in the log and sent over HTTP. */
export type Failure = {
  code: ErrorCode
  message: string
  details?: { [key: string]: Json }
  /** Where code that is not Concord's threw: the frames of its stack, nearest first. Not sent over HTTP. */
  stack?: string
}

export const isConcordError = (error: unknown): error is ConcordError =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  Object.hasOwn(errorTable, error.code)

const messageCharsMax = 10_000

const textOf = (value: unknown): string => {
  const text = String(value)
  return text.length <= messageCharsMax
    ? text
    : `${cut(text, messageCharsMax)} [cut: ${text.length - messageCharsMax} more characters]`
}

/** What a log can hold of an error's details; what it cannot is left out. */
const detailsOf = (details: unknown): Failure['details'] => {
  try {
    const copy = copyJson(details)
    return typeof copy === 'object' && copy !== null && !Array.isArray(copy) && Object.keys(copy).length > 0
      ? (copy as Failure['details'])
      : undefined
  } catch {
    return undefined
  }
}

const framesMax = 12
const frameCharsMax = 300

/** The frames of an error's stack, and of its causes'. */
const stackOf = (error: Error): string | undefined => {
  const lines: string[] = []
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (depth > 0) lines.push(`caused by: ${at.message}`)
    const frames = (at.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
    lines.push(...frames.slice(0, framesMax).map((line) => line.trim()))
  }
  return lines.length === 0 ? undefined : lines.map((line) => cut(line, frameCharsMax)).join('\n')
}

const readFailure = (error: unknown, fallback: ErrorCode): Failure => {
  if (isConcordError(error)) {
    const details = detailsOf(error.details)
    const failure: Failure = { code: error.code, message: textOf(error.message) }
    return details === undefined ? failure : { ...failure, details }
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'cancelled', message: textOf(error.message) }
  if (!(error instanceof Error)) return { code: fallback, message: textOf(error) }
  const stack = stackOf(error)
  const failure: Failure = { code: fallback, message: textOf(error.message) }
  return stack === undefined ? failure : { ...failure, stack }
}

/**
 * Any thrown value as a failure; `fallback` names errors that Concord did not raise itself. Never throws, and is always data that a
 * log can hold: agents throw what they like.
 */
export const toFailure = (error: unknown, fallback: ErrorCode = 'internal'): Failure => {
  try {
    return readFailure(error, fallback)
  } catch {
    return { code: fallback, message: 'something was thrown that cannot be read' }
  }
}

export const isRetryable = (failure: Failure): boolean => errorTable[failure.code].retryable
