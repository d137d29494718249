/*
 * Servers that call themselves OpenAI-compatible differ in small things: arguments of a tool call as an object, numbers for
 * ids, counts as texts, a content of parts. Their answers are brought to the published form before the SDK reads them:
 * https://platform.openai.com/docs/api-reference/chat
 */

import { isRecord } from '../domain/record.ts'
import { rewriting } from './rewriting.ts'

type Fields = { [name: string]: unknown }

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])

const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value)

const fixCall = (call: Fields): void => {
  call.id = asText(call.id)
  // Some put name and arguments beside the id instead of within `function`.
  if (!isRecord(call.function)) call.function = { name: call.name, arguments: call.arguments }
  const called = call.function as Fields
  const given = called.arguments ?? ''
  called.arguments = typeof given === 'string' ? given : JSON.stringify(given)
}

const fixMessage = (message: Fields): void => {
  if (isRecord(message.tool_calls)) message.tool_calls = [message.tool_calls]
  if (typeof message.content === 'number' || typeof message.content === 'boolean')
    message.content = String(message.content)
  for (const call of listOf(message.tool_calls)) fixCall(call)
}

const fixCounts = (usage: Fields): void => {
  for (const [name, count] of Object.entries(usage)) {
    if (isRecord(count)) fixCounts(count)
    if (typeof count !== 'string') continue
    const number = Number(count)
    if (count.trim() !== '' && Number.isFinite(number)) usage[name] = number
    else delete usage[name]
  }
}

const fix = (answer: unknown): unknown => {
  if (!isRecord(answer)) return answer
  answer.id = asText(answer.id)
  if (typeof answer.model !== 'string') delete answer.model
  if (typeof answer.created === 'string') answer.created = Number(answer.created) || undefined
  for (const choice of listOf(answer.choices)) {
    if (choice.finish_reason !== undefined && typeof choice.finish_reason !== 'string')
      choice.finish_reason = null
    for (const message of [choice.message, choice.delta]) if (isRecord(message)) fixMessage(message)
  }
  if (isRecord(answer.usage)) fixCounts(answer.usage)
  // Half a count would be read as 0 of the other half: without it, the bounds are charged.
  const { prompt_tokens: input, completion_tokens: output } = isRecord(answer.usage) ? answer.usage : {}
  if (typeof input !== 'number' || typeof output !== 'number') delete answer.usage
  return answer
}

const fixed = (text: string): string => {
  try {
    return JSON.stringify(fix(JSON.parse(text)))
  } catch {
    return text
  }
}

/** A fetch whose chat answers, whole or streamed, have the published form as far as it can be known. */
export const lenientChat = (send: typeof globalThis.fetch): typeof globalThis.fetch => rewriting(send, fixed)
