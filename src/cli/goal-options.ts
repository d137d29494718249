import { text as readText } from 'node:stream/consumers'
import type { Limits } from '../domain/budget.ts'
import { ConcordError } from '../domain/errors.ts'
import type { JsonObject } from '../domain/json.ts'
import { nearest } from '../domain/nearest.ts'
import { jsonOrText } from './ask.ts'

const limits = ['tokens', 'money', 'timeMs', 'steps', 'depth'] as const

const invalid = (message: string): ConcordError => new ConcordError('input.invalid', message)

const pairOf = (option: string, given: string): [key: string, value: string] => {
  const at = given.indexOf('=')
  if (at < 1)
    throw invalid(
      `Cannot read ${option} "${given}" as it must be name=value; write for example ${option} topic=agents`,
    )
  return [given.slice(0, at).trim(), given.slice(at + 1)]
}

/** `name=value` pairs; a value that is JSON is taken as JSON, else as text. Throws `input.invalid`. */
export const paramsOf = (given: readonly string[], option = '--param'): JsonObject => {
  const params: JsonObject = {}
  for (const one of given) {
    const [key, value] = pairOf(option, one)
    // Assigning to __proto__ would change the prototype instead of adding a member.
    Object.defineProperty(params, key, {
      value: jsonOrText(value),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return params
}

/** `tokens=1000,money=0.5`; several times or with commas. Throws `input.invalid`. */
export const budgetOf = (given: readonly string[]): Limits | undefined => {
  const budget: Limits = {}
  for (const one of given.flatMap((list) => list.split(','))) {
    const [key, text] = pairOf('--budget', one)
    const limit = limits.find((name) => name === key)
    if (limit === undefined) {
      const meant = nearest(key, limits)
      throw invalid(
        `Cannot limit "${key}" as a budget has ${limits.join(', ')}; ${meant === undefined ? 'choose one of them' : `did you mean ${meant}?`}`,
      )
    }
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!Number.isFinite(value) || value < 0)
      throw invalid(
        `Cannot limit ${limit} to "${text}" as it must be a number from 0 up; write for example --budget ${limit}=1000`,
      )
    budget[limit] = value
  }
  return given.length === 0 ? undefined : budget
}

/** The words of the goal; `-` reads it from the standard input. Throws `input.invalid` when it is empty. */
export const goalText = async (words: readonly string[]): Promise<string> => {
  const goal = words.length === 1 && words[0] === '-' ? await readText(process.stdin) : words.join(' ')
  if (goal.trim() !== '') return goal.trim()
  throw invalid('Cannot run as the goal is empty; write: concord run "<goal>"')
}
