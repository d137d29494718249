import type { Event, EventData } from '../domain/event.ts'
import type { Message, ModelAnswer } from '../ports/model.ts'
import { observed, pinned } from './scratchpad.ts'

/** What a model said, as the next request repeats it. */
export const said = ({
  text,
  toolCalls,
  parts,
}: Pick<ModelAnswer, 'text' | 'toolCalls' | 'parts'>): Message => ({
  role: 'assistant',
  content: text,
  ...(toolCalls.length === 0 ? {} : { toolCalls }),
  ...(parts === undefined ? {} : { parts }),
})

/** Ids of the journal's other calls: a server must not be able to name those. */
const looksLikeOurs =
  /^(model|step|tool|agent|child|messages|approve|ask|sleep|wait|signal|compact|condense)[:#~]/

/** Some servers number tool calls from zero in every answer; the log tells calls apart by id. `seen` gets the ids used. */
export const unmistakable = (answer: ModelAnswer, seen: Set<string>, turn: number): ModelAnswer => {
  if (answer.toolCalls.length === 0) return answer
  const toolCalls = answer.toolCalls.map((call, i) => {
    const taken = call.id === '' || seen.has(call.id) || looksLikeOurs.test(call.id)
    const id = taken ? `call-${turn}.${i}-${call.id}` : call.id
    seen.add(id)
    return id === call.id ? call : { ...call, id }
  })
  return { ...answer, toolCalls }
}

/** One call of a model: all that it was given. */
export type Seen = {
  step: string
  agent?: string
  call: string
  turn: number
  /** Version of its event in the run's stream. */
  version: number
  messages: Message[]
}

type Conversation = { messages: Message[]; ids: Set<string>; turn: number; call: string }

/** Calls of the scratchpad of code, not of a model's loop. */
const ofCode = /(?:^|\/)scratchpad#\d+$/

/** `agent:x~…#1/model:7~…#1` and `agent:x~…#1/model:8~…#1` are of one conversation; so are `model#7` and `model#8` of 0.1. */
const conversationOf = (step: string, call: string): string =>
  `${step}|${call.replace(/(?::\d+)?(?:~[\w-]{22})?#\d+$/, '')}`
const loopOf = (step: string, call: string): string => `${step}|${call.replace(/[^/]*$/, 'model')}`

/**
 * What each model call of a run was given, in order, rebuilt from the log, which holds every message once: the messages that were new
 * at a turn, what the model said, and what replaced condensed messages. Calls made again after a failure are told once.
 */
export const whatModelsSaw = (events: Iterable<Event>): Seen[] => {
  const conversations = new Map<string, Conversation>()
  const found: Seen[] = []
  for (const event of events) {
    const step = event.step ?? ''
    if (event.type === 'model.called') {
      const { call, turn } = event.data
      const key = conversationOf(step, call)
      const before = conversations.get(key)
      const again = before !== undefined && before.call === call && before.turn === turn && turn > 1
      const conversation =
        turn === 1 || before === undefined ? { messages: [], ids: new Set<string>(), turn, call } : before
      conversations.set(key, conversation)
      if (!again) conversation.messages.push(...(event.data.messages as Message[]))
      Object.assign(conversation, { turn, call })
      if (again || (turn === 1 && event.data.attempt > 1)) found.splice(lastOf(found, step, call), 1)
      const { agent, version } = event
      const messages = [...conversation.messages]
      found.push({ step, ...(agent === undefined ? {} : { agent }), call, turn, version, messages })
    } else if (event.type === 'model.answered' && event.data.answer !== undefined) {
      const conversation = conversations.get(conversationOf(step, event.data.call))
      if (conversation === undefined) continue
      conversation.messages.push(
        said(unmistakable(asAnswer(event.data.answer), conversation.ids, conversation.turn)),
      )
    } else if (event.type === 'scratchpad.compacted') {
      const { from, to, message, call } = event.data
      if (!ofCode.test(call))
        conversations.get(loopOf(step, call))?.messages.splice(from, to - from, message as Message)
    }
  }
  return found
}

const asAnswer = (answer: unknown): ModelAnswer => answer as ModelAnswer

const lastOf = (found: readonly Seen[], step: string, call: string): number => {
  const at = found.findLastIndex((one) => one.step === step && one.call === call)
  return at < 0 ? found.length : at
}

/** What the scratchpads of code held after each change, in order, rebuilt from the log: `turn` counts the changes. */
export const whatCodeNoted = (events: Iterable<Event>): Seen[] => {
  const pads = new Map<string, { messages: Message[]; turn: number }>()
  const found: Seen[] = []
  for (const event of events) {
    if (event.type !== 'scratchpad.noted' && event.type !== 'scratchpad.compacted') continue
    const { call } = event.data
    if (!ofCode.test(call)) continue
    const { step = '', agent, version } = event
    const key = conversationOf(step, call)
    // The first of a step that was redone: it began with nothing.
    const pad = (call.endsWith('#1') ? undefined : pads.get(key)) ?? { messages: [], turn: 0 }
    pads.set(key, pad)
    pad.turn++
    if (event.type === 'scratchpad.compacted')
      pad.messages.splice(event.data.from, event.data.to - event.data.from, event.data.message as Message)
    else pad.messages.push(notedMessage(event.data))
    const messages = [...pad.messages]
    found.push({ step, ...(agent === undefined ? {} : { agent }), call, turn: pad.turn, version, messages })
  }
  return found
}

/** All that agents saw, whether models or code, in the order of the log. */
export const whatAgentsSaw = (events: readonly Event[]): Seen[] =>
  [...whatModelsSaw(events), ...whatCodeNoted(events)].sort((a, b) => a.version - b.version)

const notedMessage = ({ kind, text, omittedChars }: EventData['scratchpad.noted']): Message => {
  const whole = omittedChars === undefined ? text : `${text}\n[cut: ${omittedChars} more characters]`
  return kind === 'pinned' ? pinned(whole) : observed(whole)
}
