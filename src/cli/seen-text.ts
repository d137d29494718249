import { plural, shorten } from '../domain/amounts.ts'
import { tokensAbout } from '../domain/recall.ts'
import type { Seen } from '../platform/seen.ts'

type Message = Seen['messages'][number]

const sizeOf = ({ messages }: Seen): string =>
  `${plural(messages.length, 'message')}, about ${plural(tokensAbout(JSON.stringify(messages)), 'token')}`

const headOf = (seen: Seen, turn: number): string =>
  `turn ${turn}  ${seen.call.replaceAll(/~[\w-]{22}/g, '')}${seen.agent === undefined ? '' : ` (${seen.agent})`}  ${sizeOf(seen)}  #${seen.version}`

const textOf = (message: Message): string =>
  typeof message.content === 'string' ? message.content : JSON.stringify(message.content)

const messageText = (message: Message, at: number): string => {
  if (message.role === 'tool')
    return `[${at}] ${message.tool} answered call ${message.callId}\n${textOf(message)}`
  const calls = (message.role === 'assistant' ? message.toolCalls : undefined) ?? []
  const called = calls.map((call) => `calls ${call.tool} as ${call.id}: ${JSON.stringify(call.input)}`)
  return [`[${at}] ${message.role}`, ...(textOf(message) === '' ? [] : [textOf(message)]), ...called].join(
    '\n',
  )
}

/** One line a turn, with the end of what was new in it. */
export const turnsText = (turns: readonly Seen[], width: number): string =>
  turns
    .map((seen, i) => {
      const last = seen.messages.at(-1)
      const newest = last === undefined ? '' : textOf(last).replaceAll(/\s+/g, ' ')
      return `${headOf(seen, i + 1)}\n   ${shorten(newest, width - 3)}\n`
    })
    .join('')

/** All of one turn, whole. */
export const turnText = (seen: Seen, turn: number): string =>
  `${headOf(seen, turn)}\n${seen.messages.map((message, i) => `\n${messageText(message, i + 1)}\n`).join('')}`
