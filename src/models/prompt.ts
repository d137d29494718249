import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { JsonObject } from '../domain/json.ts'
import { isObject } from '../domain/reference.ts'
import { wellFormed } from '../domain/text/well-formed.ts'
import type { AnswerPart, Message, ModelRequest, ToolCall } from '../ports/model.ts'
import type { StructuredOutput } from './provider-config.ts'
import { isObjectRoot, objectRoot } from './root-schema.ts'
import { isStrictSchema } from './strict-schema.ts'

/** How a request was put on the wire, to read its answer. */
export type Wire = {
  names: ToolNames
  /** Tools whose input was sent as the member `value` of an object. */
  wrapped: ReadonlySet<string>
  /** Whether the answer's schema was. */
  outputWrapped: boolean
}

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

const namesIn = function* (request: Pick<ModelRequest, 'messages' | 'tools'>): Iterable<string> {
  for (const spec of request.tools ?? []) yield spec.name
  for (const message of request.messages) {
    if (message.role === 'assistant') for (const call of message.toolCalls ?? []) yield call.tool
    if (message.role === 'tool') yield message.tool
  }
}

/** Providers take only objects as arguments, so what the model wrote otherwise is shown back to it inside one. */
const inputToSend = ({ input, invalid, tool }: ToolCall, wrapped: ReadonlySet<string>): JsonObject => {
  if (invalid !== undefined) return { invalid_json: invalid }
  return isObject(input) && !wrapped.has(tool) ? input : { value: input }
}

type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content']
type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content']

const isBlank = (text: string): boolean => text.trim() === ''

/** Anthropic refuses a blank text block. */
const toUser = (content: Extract<Message, { role: 'user' }>['content']): UserContent => {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts
    .filter((part) => part.type !== 'text' || !isBlank(part.text))
    .map((part) =>
      part.type === 'text'
        ? { type: 'text', text: part.text }
        : { type: 'file', mediaType: part.mediaType, data: { type: 'data', data: part.data } },
    )
}

/** What the model gave back of itself, in its order; else its text and its calls. */
const partsOf = ({ content, toolCalls = [], parts }: Extract<Message, { role: 'assistant' }>): AnswerPart[] =>
  parts ?? [
    { type: 'text', text: content },
    ...toolCalls.map((_, at) => ({ type: 'tool-call' as const, at })),
  ]

const toAssistant = (
  message: Extract<Message, { role: 'assistant' }>,
  { names, wrapped }: Wire,
): AssistantContent =>
  partsOf(message).flatMap((part): AssistantContent => {
    const own = part.opaque === undefined ? {} : { providerOptions: part.opaque as SharedV4ProviderOptions }
    if (part.type !== 'tool-call')
      return part.type === 'text' && isBlank(part.text) && part.opaque === undefined
        ? []
        : [{ type: part.type, text: part.text, ...own }]
    const call = message.toolCalls?.[part.at]
    if (call === undefined) return []
    const input = inputToSend(call, wrapped)
    return [{ type: 'tool-call', toolCallId: call.id, toolName: names.toWire(call.tool), input, ...own }]
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

const systemOf = (messages: readonly Message[]): string =>
  messages
    .flatMap((message) => (message.role === 'system' ? [message.content] : []))
    .filter((text) => !isBlank(text))
    .join('\n\n')

/**
 * The conversation in the SDK's form. System messages are one at the front (a later one is refused by most providers);
 * neighbours of one role are one message (chat templates of local models want roles to alternate; Gemini wants as many
 * results in a turn as calls); blank texts and turns without content are left out.
 */
export const toPrompt = (messages: readonly Message[], wire: Wire): LanguageModelV4Message[] => {
  const system = systemOf(messages)
  const prompt: LanguageModelV4Message[] = system === '' ? [] : [{ role: 'system', content: system }]
  for (const message of messages) {
    const last = prompt.at(-1)
    if (message.role === 'user') {
      const content = toUser(message.content)
      if (last?.role === 'user') last.content.push(...content)
      else if (content.length > 0) prompt.push({ role: 'user', content })
    } else if (message.role === 'assistant') {
      const content = toAssistant(message, wire)
      if (last?.role === 'assistant') last.content.push(...content)
      else if (content.length > 0) prompt.push({ role: 'assistant', content })
    } else if (message.role === 'tool') {
      const result = toResult(message, wire.names)
      if (last?.role === 'tool') last.content.push(result)
      else prompt.push({ role: 'tool', content: [result] })
    }
  }
  return wellFormed(prompt)
}

const toChoice = (
  choice: ModelRequest['toolChoice'],
  names: ToolNames,
): LanguageModelV4CallOptions['toolChoice'] => {
  if (typeof choice === 'object') return { type: 'tool', toolName: names.toWire(choice.tool) }
  return choice === undefined ? undefined : { type: choice }
}

const wireOf = ({ messages, tools = [], output }: ModelRequest, sendsSchema: boolean): Wire => ({
  names: toolNames(namesIn({ messages, tools })),
  wrapped: new Set(tools.filter(({ input }) => !isObjectRoot(input)).map(({ name }) => name)),
  outputWrapped: sendsSchema && output !== undefined && !isObjectRoot(output.schema),
})

/** A schema that is not sent as such has to stand in the prompt; model agents have it there already. */
const withSchema = (request: ModelRequest): readonly Message[] => {
  const schema = JSON.stringify(request.output?.schema)
  const told = request.messages.some(
    ({ role, content }) => role === 'system' && typeof content === 'string' && content.includes(schema),
  )
  if (told) return request.messages
  const content = `Answer with one JSON value of this JSON Schema and nothing else:\n${schema}`
  return [...request.messages, { role: 'system', content }]
}

const addTools = (options: LanguageModelV4CallOptions, request: ModelRequest, { names }: Wire): void => {
  if (request.tools === undefined || request.tools.length === 0) return
  options.tools = request.tools.map(({ name, description, input }) => ({
    type: 'function',
    name: names.toWire(name),
    description,
    inputSchema: objectRoot(input) as JSONSchema7,
  }))
  options.toolChoice = toChoice(request.toolChoice, names)
}

const addSchema = (
  options: LanguageModelV4CallOptions,
  { name, schema }: NonNullable<ModelRequest['output']>,
): void => {
  const sent = objectRoot(schema)
  options.responseFormat = { type: 'json', name: toolNames([name]).toWire(name), schema: sent as JSONSchema7 }
  // In strict mode OpenAI refuses a schema with an optional field; unstrict it is a strong hint, and the caller validates.
  const strictJsonSchema = isStrictSchema(sent)
  options.providerOptions = { openai: { strictJsonSchema }, openaiCompatible: { strictJsonSchema } }
}

/** A request as one call of the SDK's interface; `wire` is needed to read the answer. */
export const toCall = (
  request: ModelRequest,
  outputTokensMax: number,
  structuredOutput: StructuredOutput = 'always',
): { options: LanguageModelV4CallOptions; wire: Wire } => {
  const { output, tools = [] } = request
  const sendsSchema =
    structuredOutput === 'always' || (structuredOutput === 'without-tools' && tools.length === 0)
  const wire = wireOf(request, sendsSchema)
  const messages = output === undefined || sendsSchema ? request.messages : withSchema(request)
  const options: LanguageModelV4CallOptions = {
    prompt: toPrompt(messages, wire),
    // Always said, so that a budget's reservation holds whatever the provider's default is.
    maxOutputTokens: request.outputTokensMax ?? outputTokensMax,
  }
  if (request.temperature !== undefined) options.temperature = request.temperature
  if (request.seed !== undefined) options.seed = request.seed
  if (request.stop !== undefined) options.stopSequences = request.stop
  addTools(options, request, wire)
  if (output !== undefined && sendsSchema) addSchema(options, output)
  return { options, wire }
}
