import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { ConcordError } from '../domain/errors.ts'
import type { JsonObject } from '../domain/json.ts'
import type { AnswerPart } from '../ports/model.ts'
import type { Attempt } from './attempt.ts'

/** What is gathered of an answer, streamed or not. */
export type Gathered = {
  text: string
  calls: LanguageModelV4ToolCall[]
  /** Reasoning, texts and calls in the order they came. */
  parts: AnswerPart[]
  finish?: LanguageModelV4FinishReason | undefined
  usage?: LanguageModelV4Usage | undefined
  model?: string | undefined
}

const opaqueOf = (metadata: SharedV4ProviderMetadata | undefined): { opaque?: JsonObject } =>
  metadata === undefined ? {} : { opaque: metadata as JsonObject }

const empty = (): Gathered => ({ text: '', calls: [], parts: [] })

const addCall = (gathered: Gathered, call: LanguageModelV4ToolCall): void => {
  if (call.providerExecuted) return
  gathered.parts.push({ type: 'tool-call', at: gathered.calls.length, ...opaqueOf(call.providerMetadata) })
  gathered.calls.push(call)
}

const addContent = (gathered: Gathered, part: LanguageModelV4Content): void => {
  if (part.type === 'text') gathered.text += part.text
  if (part.type === 'text' || part.type === 'reasoning')
    gathered.parts.push({ type: part.type, text: part.text, ...opaqueOf(part.providerMetadata) })
  else if (part.type === 'tool-call') addCall(gathered, part)
}

/** An answer that comes in one piece. */
export const generated = async (
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  running: Attempt,
): Promise<Gathered> => {
  const result = await running.wait(model.doGenerate(call))
  const gathered = empty()
  for (const part of result.content) addContent(gathered, part)
  gathered.finish = result.finishReason
  gathered.usage = result.usage
  gathered.model = result.response?.modelId
  return gathered
}

type Written = Extract<AnswerPart, { type: 'reasoning' | 'text' }>
type Block = Extract<LanguageModelV4StreamPart, { id: string; type: `${'text' | 'reasoning'}-${string}` }>

const isBlock = (part: LanguageModelV4StreamPart): part is Block => /^(?:text|reasoning)-/.test(part.type)

/** Blocks of text and reasoning, told apart by their ids; a signature may come at the start, within or at the end. */
const streamedBlocks = (gathered: Gathered) => {
  const open = new Map<string, Written>()
  return (part: Block): void => {
    const type = part.type.startsWith('text') ? 'text' : 'reasoning'
    const key = `${type}:${part.id}`
    let block = open.get(key)
    if (block === undefined || part.type.endsWith('-start')) {
      block = { type, text: '' }
      open.set(key, block)
      gathered.parts.push(block)
    }
    if (part.providerMetadata !== undefined) Object.assign(block, opaqueOf(part.providerMetadata))
    if ('delta' in part) block.text += part.delta
  }
}

/** An answer as it is written: `onDelta` is given each piece of text. */
export const streamed = async (
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  running: Attempt,
  onDelta: (text: string) => void,
): Promise<Gathered> => {
  running.heard()
  const { stream } = await running.wait(model.doStream(call))
  const gathered = empty()
  const addBlock = streamedBlocks(gathered)
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value: part } = await running.wait(reader.read())
      if (done) return gathered
      running.heard()
      if (part.type !== 'stream-start' && part.type !== 'error') running.began()
      if (isBlock(part)) addBlock(part)
      if (part.type === 'text-delta') {
        gathered.text += part.delta
        onDelta(part.delta)
      } else if (part.type === 'tool-call') addCall(gathered, part)
      else if (part.type === 'response-metadata') gathered.model = part.modelId ?? gathered.model
      else if (part.type === 'error') throw part.error
      else if (part.type === 'finish') {
        gathered.finish = part.finishReason
        gathered.usage = part.usage
      }
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** Refuses an answer that is not whole: broken off, or ended by the server's own error. */
export const complete = (gathered: Gathered, id: string, streaming: boolean): Gathered => {
  const { unified, raw } = gathered.finish ?? {}
  const failed = unified === 'error' || raw?.toLowerCase() === 'error'
  const cut = unified === 'interrupted' || (streaming && unified === undefined)
  if (!failed && !cut) return gathered
  const characters = gathered.text.length
  throw new ConcordError(
    'model.failed',
    failed
      ? `Cannot use the answer of ${id} because the provider ended it with an error (${raw ?? 'error'}) after ${characters} characters; try again`
      : `Cannot use the answer of ${id} as it must be complete: the stream ended after ${characters} characters without saying why; try again`,
    { details: { model: id } },
  )
}

/** The parts that have to go back: none where text and calls, in that order, are all there is. */
export const partsToKeep = ({ parts }: Gathered): AnswerPart[] | undefined =>
  parts.some((part) => part.type === 'reasoning' || part.opaque !== undefined) ? parts : undefined
