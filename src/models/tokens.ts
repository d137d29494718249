import type { Message, ModelRequest, Part, ToolSpec } from '../ports/model.ts'
import type { JsonSchema } from '../ports/schema.ts'

/*
 * An upper bound of input tokens that holds for every provider, without its tokenizer.
 *
 * Every chat tokenizer in use (byte-level BPE: GPT, Claude, Llama 3, Qwen, Mistral Tekken; SentencePiece with byte fallback:
 * Llama 2, Gemma, Gemini) spends at most one token a UTF-8 byte. Anything tighter fails on some text for some vocabulary:
 * random bytes, rare scripts and control characters do reach one token a byte (measured with the published tokenizers o200k,
 * cl100k, Claude 2, Llama 2 and 3: bound / count = 3.6-4.5 on English papers, 3.1-3.9 on code, 2.8-5 on Chinese, 1.0-1.3 on
 * random characters, never below 1). English is about a quarter of the bound, so
 * a reservation is about four times what is settled. What bytes of the request alone do not show is added by constants,
 * each above what providers document or their chat templates insert.
 */

/** Role markers, names and separators of a chat template; the longest known (harmony, Llama 3) take fewer than ten. */
const messageTokens = 16
/** Beginning-of-text marks and the system text templates insert unasked (harmony about 100, Llama 3.1 about 30). */
const requestTokens = 256
/** The instructions for tool use a provider inserts: Anthropic documents 290-800, Qwen's template about 150. */
const toolUseTokens = 1024
const toolTokens = 64
const outputSchemaTokens = 512
/** The dearest documented image: gpt-4o-mini in high detail, eight tiles: 2,833 + 8 x 5,667 = 48,169. */
const imageTokens = 50_000
/** Pages of a compressed document cannot be counted from its size; the largest context window in common use bounds them. */
const documentTokens = 1_048_576

/** UTF-8 bytes of the text, or of its NFKC form if longer: Claude's published tokenizer normalises first (U+FDFA: 3 bytes become 33). */
const textBound = (text: string): number => {
  const bytes = Buffer.byteLength(text)
  return bytes === text.length ? bytes : Math.max(bytes, Buffer.byteLength(text.normalize('NFKC')))
}

/** Bytes when a template prints the value as JSON, indented, with everything escaped that any printer escapes (Go's: <, >, &; Python's: non-ASCII). */
const jsonBound = (value: unknown): number => {
  const text = JSON.stringify(value, null, 4) ?? ''
  return text.length + 5 * (text.match(/[<>&'\u007f-\uffff]/g)?.length ?? 0)
}

const fileBound = (mediaType: string, data: string): number => {
  if (mediaType.startsWith('text/') || mediaType === 'application/json')
    return 64 + textBound(Buffer.from(data, 'base64').toString())
  if (mediaType.startsWith('image/')) return imageTokens
  // Audio is counted by time (at most 32 tokens a second); speech takes hundreds of bytes a second at the least.
  if (mediaType.startsWith('audio/')) return Math.max(4096, data.length)
  return Math.max(documentTokens, data.length)
}

const partBound = (part: Part): number =>
  part.type === 'text' ? 4 + textBound(part.text) : fileBound(part.mediaType, part.data)

const contentBound = (message: Message): number => {
  if (message.role === 'user' && typeof message.content !== 'string')
    return message.content.reduce((sum, part) => sum + partBound(part), 0)
  if (message.role === 'tool')
    return Math.max(textBound(message.content), jsonBound(message.content)) + message.tool.length * 6 + 64
  const text = textBound(message.content as string)
  if (message.role !== 'assistant') return text
  const given = (message.parts ?? []).reduce((sum, part) => sum + jsonBound(part), text)
  return (message.toolCalls ?? []).reduce(
    (sum, call) =>
      sum + toolTokens + jsonBound([call.id, call.tool, call.invalid ?? null]) + jsonBound(call.input),
    given,
  )
}

const once = <Key extends object>(bound: (key: Key) => number): ((key: Key) => number) => {
  const known = new WeakMap<Key, number>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = bound(key)
      known.set(key, value)
    }
    return value
  }
}

const messageBound = once<Message>((message) => messageTokens + contentBound(message))
const toolBound = once<ToolSpec>((spec) => toolTokens + jsonBound(spec))
const schemaBound = once<JsonSchema>((schema) => outputSchemaTokens + jsonBound(schema))

/**
 * At least as many tokens as any provider will count for the request's input. A message, tool or schema object is measured
 * once and remembered by identity (treat them as immutable), so a growing conversation costs only its new messages.
 * `contextTokensMax` caps the bound: a provider refuses, or cuts, what exceeds its context window.
 */
export const inputTokensBound = (
  request: ModelRequest,
  contextTokensMax = Number.POSITIVE_INFINITY,
): number => {
  let bound = requestTokens
  for (const message of request.messages) bound += messageBound(message)
  if (request.tools !== undefined && request.tools.length > 0) {
    bound += toolUseTokens
    for (const spec of request.tools) bound += toolBound(spec)
  }
  if (request.output !== undefined) bound += schemaBound(request.output.schema) + request.output.name.length
  return Math.min(bound, contextTokensMax)
}
