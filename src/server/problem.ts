import { basename, dirname, isAbsolute } from 'node:path'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ConcordError, type ErrorCode, errorTable, type Failure, isConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'

/** Problem details (RFC 9457): the members of the standard, and what Concord adds to say which error, which run, and why. */
export type Problem = {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  requestId?: string
  runId?: string
  reasons?: string[]
  [more: string]: Json | undefined
}

export const problemMediaType = 'application/problem+json'

const titleOf = (code: ErrorCode): string => {
  const words = code.replaceAll(/[.-]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Where files are on this machine is nobody's business on another: their names are left. */
const withoutPlace = ({ code, message, details = {} }: Failure): Failure => {
  const { file } = details
  if (typeof file !== 'string' || !isAbsolute(file)) return { code, message, details }
  const folder = dirname(file)
  const shown = message.replaceAll(`${folder}/`, '').replaceAll(folder, basename(folder))
  return { code, message: shown, details: { ...details, file: basename(file) } }
}

export const problemOf = (failure: Failure, more: Partial<Problem> & { requestId: string }): Problem => {
  const { code, message, details } = withoutPlace(failure)
  return {
    ...details,
    type: `urn:concord:error:${code}`,
    title: titleOf(code),
    status: errorTable[code].status,
    detail: message,
    code,
    ...more,
  }
}

export const problemResponse = (problem: Problem, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status as ContentfulStatusCode,
    headers: { 'content-type': problemMediaType, ...headers },
  })

/** What may be told of anything thrown: Concord's own errors as they are, of others only that they happened. */
export const failureOf = (error: unknown): Failure => {
  if (!isConcordError(error))
    return {
      code: 'internal',
      message: 'Cannot answer as something unexpected happened here; the log has it under this request id',
    }
  const { code, message, details } = error
  return { code, message, details }
}

export const invalid = (message: string, problems?: string[]): ConcordError =>
  new ConcordError('input.invalid', message, problems === undefined ? {} : { details: { problems } })
