import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseJson } from '../domain/exact.ts'
import type { Json } from '../domain/json.ts'
import { invalid } from './problem.ts'

const depthMax = 200

/** How deep the brackets of a JSON text go, without parsing it: deep nesting is what a small body can hurt with. */
const isTooDeep = (text: string): boolean => {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > depthMax) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/** The body as JSON, undefined when it is empty. Throws `input.invalid` with the place where it stops being JSON. */
export const jsonBody = async (c: Context): Promise<Json | undefined> => {
  const text = await c.req.text()
  if (text.trim() === '') return undefined
  if (isTooDeep(text))
    throw invalid(`Cannot read the body as JSON may be nested ${depthMax} deep: it is deeper; flatten it`)
  try {
    return parseJson(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof RangeError)
      throw invalid(`Cannot read the body as its numbers must survive being read: ${message}`)
    const place = /position \d+/.test(message) ? '' : ` at position ${text.length}`
    throw invalid(`Cannot read the body as it must be JSON: ${message}${place}; send valid JSON`)
  }
}

const problemsOf = (issues: readonly { path: PropertyKey[]; message: string }[]): string[] =>
  issues.map(
    ({ path, message }) => `${path.map((part) => `/${String(part)}`).join('') || 'the whole'}: ${message}`,
  )

/** A value as a schema wants it. Throws `input.invalid` that lists every place where it does not fit. */
export const fit = <S extends z.ZodType>(what: string, schema: S, value: unknown): z.output<S> => {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const problems = problemsOf(read.error.issues)
  throw invalid(
    `Cannot read the ${what} as it does not fit: ${problems.join('; ')}; see /openapi.json`,
    problems,
  )
}

export const bodyOf = async <S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> =>
  fit('body', schema, (await jsonBody(c)) ?? {})

export const queryOf = <S extends z.ZodType>(c: Context, schema: S): z.output<S> =>
  fit('query', schema, c.req.query())
