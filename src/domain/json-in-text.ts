import { mayBeTooLong, parseJson } from './exact.ts'
import type { Json } from './json.ts'

/** Starts that are tried: prose may hold brackets that are never closed. */
const startsMax = 32

const parse = (text: string): { value: Json } | undefined => {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return undefined
  }
}

/** What was found, unless a number of it would be another than is written. */
const exactly = (text: string, found: { value: Json }): { value: Json } | { problem: string } => {
  try {
    for (const candidate of [text, ...fenced(text), ...bracketed(text)])
      if (parse(candidate) !== undefined) parseJson(candidate)
    return found
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** What a reasoning model wrote before its answer, where a server left it in the text. */
const withoutThoughts = (text: string): string => {
  const end = text.lastIndexOf('</think>')
  return end < 0 ? text : text.slice(end + '</think>'.length)
}

/** The longest candidate that is JSON; of equally long ones the last. */
const longest = (candidates: Iterable<string>): { value: Json } | undefined => {
  let best: { value: Json } | undefined
  let length = 0
  for (const candidate of candidates) {
    if (candidate.length < length) continue
    const found = parse(candidate)
    if (found === undefined) continue
    best = found
    length = candidate.length
  }
  return best
}

const fenced = function* (text: string): Iterable<string> {
  for (const [, body = ''] of text.matchAll(/```[^\n`]*\n([\s\S]*?)```/g)) yield body.trim()
  for (const [, body = ''] of text.matchAll(/```(?:\w+\s)?([^\n]*?)```/g)) yield body.trim()
}

/** Where the bracket at `start` is closed, or -1. Brackets within strings do not count. */
const closedAt = (text: string, start: number): number => {
  const open: string[] = []
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{') open.push('}')
    else if (character === '[') open.push(']')
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) return -1
      if (open.length === 0) return at
    }
  }
  return -1
}

const bracketed = function* (text: string): Iterable<string> {
  let from = 0
  for (let starts = 0; starts < startsMax; starts++) {
    const offset = text.slice(from).search(/[{[]/)
    if (offset < 0) return
    const start = from + offset
    const end = closedAt(text, start)
    const candidate = end < 0 ? undefined : text.slice(start, end + 1)
    if (candidate !== undefined) yield candidate
    // Within what is JSON there is nothing more to find; a bracket of prose is stepped over.
    const whole = candidate !== undefined && parse(candidate) !== undefined
    from = whole ? end + 1 : start + 1
  }
}

/**
 * The JSON value in what a model wrote: bare, behind `<think>`, in a code fence whatever its label, or within prose.
 * `problem` is the parser's when there is none. The caller's schema still judges.
 */
export const jsonIn = (text: string): { value: Json } | { problem: string } => {
  const bare = text.replace(/^\uFEFF/, '')
  const answer = withoutThoughts(bare).trim()
  const found =
    parse(bare) ?? parse(answer) ?? longest(fenced(answer)) ?? longest(bracketed(answer)) ?? undefined
  if (found !== undefined) return mayBeTooLong.test(answer) ? exactly(answer, found) : found
  try {
    JSON.parse(answer)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
  return { problem: 'it has no JSON value' }
}
