import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import type { Json, JsonObject } from '../domain/json.ts'
import type { Message, ModelRequest, ToolCall } from '../ports/model.ts'
import { isStrictSchema } from './strict-schema.ts'

/** Tool names as every provider accepts them (`[a-zA-Z0-9_-]`, at most 64), and back again. */
export type ToolNames = { toWire(name: string): string; fromWire(name: string): string }

/** `memory.search` or an MCP tool's `server/tool` would be refused; the mapping is the same for the same list of names. */
export const toolNames = (names: Iterable<string>): ToolNames => {
  const wire = new Map<string, string>()
  const back = new Map<string, string>()
  const distinct = [...new Set(names)]
  const take = (name: string, as: string) => {
    wire.set(name, as)
    back.set(as, name)
  }
  const fits = (name: string) => /^[a-zA-Z0-9_-]{1,64}$/.test(name)
  for (const name of distinct) if (fits(name)) take(name, name)
  for (const name of distinct) {
    if (fits(name)) continue
    const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 60) || 'tool'
    let candidate = plain
    for (let suffix = 2; back.has(candidate); suffix += 1) candidate = `${plain}_${suffix}`
    take(name, candidate)
  }
  return { toWire: (name) => wire.get(name) ?? name, fromWire: (name) => back.get(name) ?? name }
}

const namesIn = function* (request: ModelRequest): Iterable<string> {
  for (const spec of request.tools ?? []) yield spec.name
  for (const message of request.messages) {
    if (message.role === 'assistant') for (const call of message.toolCalls ?? []) yield call.tool
    if (message.role === 'tool') yield message.tool
  }
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Providers take only objects as arguments, so what the model wrote otherwise is shown back to it inside one. */
const inputToSend = ({ input, invalid }: ToolCall): JsonObject => {
  if (invalid !== undefined) return { invalid_json: invalid }
  return isObject(input) ? input : { value: input }
}

const toUser = (content: Extract<Message, { role: 'user' }>['content']): LanguageModelV4Message => ({
  role: 'user',
  content:
    typeof content === 'string'
      ? [{ type: 'text', text: content }]
      : content.map((part) =>
          part.type === 'text'
            ? { type: 'text', text: part.text }
            : { type: 'file', mediaType: part.mediaType, data: { type: 'data', data: part.data } },
        ),
})

const toAssistant = (
  message: Extract<Message, { role: 'assistant' }>,
  names: ToolNames,
): LanguageModelV4Message => ({
  role: 'assistant',
  content: [
    // Anthropic refuses an empty text block.
    ...(message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]),
    ...(message.toolCalls ?? []).map((call) => ({
      type: 'tool-call' as const,
      toolCallId: call.id,
      toolName: names.toWire(call.tool),
      input: inputToSend(call),
    })),
  ],
})

const toResult = (
  message: Extract<Message, { role: 'tool' }>,
  names: ToolNames,
): LanguageModelV4ToolResultPart => ({
  type: 'tool-result',
  toolCallId: message.callId,
  toolName: names.toWire(message.tool),
  output: { type: message.failed ? 'error-text' : 'text', value: message.content },
})

/**
 * The conversation in the SDK's form. System messages move to the front (a later one is refused by most providers); results
 * of parallel calls share one message (Gemini wants as many results in a turn as calls); an empty assistant turn is left out.
 */
export const toPrompt = (messages: readonly Message[], names: ToolNames): LanguageModelV4Message[] => {
  const prompt: LanguageModelV4Message[] = []
  for (const message of messages)
    if (message.role === 'system') prompt.push({ role: 'system', content: message.content })
  for (const message of messages) {
    if (message.role === 'user') prompt.push(toUser(message.content))
    if (message.role === 'assistant' && (message.content !== '' || message.toolCalls?.length))
      prompt.push(toAssistant(message, names))
    if (message.role !== 'tool') continue
    const last = prompt.at(-1)
    if (last?.role === 'tool') last.content.push(toResult(message, names))
    else prompt.push({ role: 'tool', content: [toResult(message, names)] })
  }
  return prompt
}

const toChoice = (
  choice: ModelRequest['toolChoice'],
  names: ToolNames,
): LanguageModelV4CallOptions['toolChoice'] => {
  if (typeof choice === 'object') return { type: 'tool', toolName: names.toWire(choice.tool) }
  return choice === undefined ? undefined : { type: choice }
}

/** A request as one call of the SDK's interface; `names` translates the answer's tool names back. */
export const toCall = (
  request: ModelRequest,
  outputTokensMax: number,
): { options: LanguageModelV4CallOptions; names: ToolNames } => {
  const names = toolNames(namesIn(request))
  const options: LanguageModelV4CallOptions = {
    prompt: toPrompt(request.messages, names),
    // Always said, so that a budget's reservation holds whatever the provider's default is.
    maxOutputTokens: request.outputTokensMax ?? outputTokensMax,
  }
  if (request.temperature !== undefined) options.temperature = request.temperature
  if (request.seed !== undefined) options.seed = request.seed
  if (request.stop !== undefined) options.stopSequences = request.stop
  if (request.tools !== undefined && request.tools.length > 0) {
    options.tools = request.tools.map(({ name, description, input }) => ({
      type: 'function',
      name: names.toWire(name),
      description,
      inputSchema: input as JSONSchema7,
    }))
    options.toolChoice = toChoice(request.toolChoice, names)
  }
  if (request.output !== undefined) {
    const { name, schema } = request.output
    options.responseFormat = {
      type: 'json',
      name: toolNames([name]).toWire(name),
      schema: schema as JSONSchema7,
    }
    // In strict mode OpenAI refuses a schema with an optional field; unstrict it is a strong hint, and the caller validates.
    const strictJsonSchema = isStrictSchema(schema)
    options.providerOptions = { openai: { strictJsonSchema }, openaiCompatible: { strictJsonSchema } }
  }
  return { options, names }
}
