import { pieces, type Said, type WireFormat } from './wire-format.ts'
import type { SeenRequest } from './wire-server.ts'

/*
 * Anthropic messages, written after the published schema (not recorded):
 * https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/api/messages-streaming and
 * https://docs.anthropic.com/en/api/errors.
 */
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-test-2026' }

const usageOf = ({ input, output, cached = 0 }: NonNullable<Said['usage']>) => ({
  // Anthropic counts cached tokens beside, not within, `input_tokens`.
  input_tokens: input - cached,
  output_tokens: output,
  cache_read_input_tokens: cached,
  cache_creation_input_tokens: 0,
})

const defaultUsage = { input: 11, output: 5 }

const stopOf = (said: Said): string => {
  if (said.refusal !== undefined) return 'refusal'
  if (said.finish === 'length') return 'max_tokens'
  return said.calls?.length ? 'tool_use' : 'end_turn'
}

const textOf = ({ text, refusal }: Said): string | undefined => text ?? (refusal || undefined)

const frame = (value: { type: string; [key: string]: unknown }): string =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

const started = (said: Said): string[] => {
  const { output, ...input } = said.usage ?? defaultUsage
  const usage = usageOf({ ...input, output: 1 })
  const frames = [
    frame({
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage },
    }),
    frame({ type: 'ping' }),
  ]
  let index = 0
  const written = textOf(said)
  if (written !== undefined) {
    frames.push(frame({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } }))
    for (const text of pieces(written))
      frames.push(frame({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }))
    frames.push(frame({ type: 'content_block_stop', index }))
    index += 1
  }
  for (const call of said.calls ?? []) {
    const block = { type: 'tool_use', id: call.id, name: call.name, input: {} }
    frames.push(frame({ type: 'content_block_start', index, content_block: block }))
    for (const part of pieces(call.arguments))
      frames.push(
        frame({
          type: 'content_block_delta',
          index,
          delta: { type: 'input_json_delta', partial_json: part },
        }),
      )
    frames.push(frame({ type: 'content_block_stop', index }))
    index += 1
  }
  return frames
}

const typeOf = (status: number): string => {
  const types: { [status: number]: string } = {
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    429: 'rate_limit_error',
    500: 'api_error',
    529: 'overloaded_error',
  }
  return types[status] ?? 'invalid_request_error'
}

type Block = { type: string; tool_use_id: string; content: string | { text: string }[] }
type Body = {
  system: { text: string }[]
  messages: { role: string; content: Block[] }[]
  tools: { name: string; input_schema: unknown }[]
  max_tokens: number
  output_config?: { format?: { schema: unknown } }
}

const bodyOf = (request: SeenRequest): Body => request.body as Body

export const anthropicMessages: WireFormat = {
  name: 'Anthropic messages',
  id: 'anthropic/claude-test',
  keyVariable: 'ANTHROPIC_API_KEY',
  baseUrlVariable: 'ANTHROPIC_BASE_URL',
  basePath: '/v1',
  path: '/v1/messages',
  streamPath: '/v1/messages',
  whole: (said) => ({
    json: {
      ...head,
      content: [
        ...(textOf(said) === undefined ? [] : [{ type: 'text', text: textOf(said) }]),
        ...(said.calls ?? []).map((call) => ({
          type: 'tool_use',
          id: call.id,
          name: call.name,
          input: JSON.parse(call.arguments),
        })),
      ],
      stop_reason: stopOf(said),
      stop_sequence: null,
      usage: usageOf(said.usage ?? defaultUsage),
    },
  }),
  streamed: (said) => ({
    sse: [
      ...started(said),
      frame({
        type: 'message_delta',
        delta: { stop_reason: stopOf(said), stop_sequence: null },
        usage: { output_tokens: (said.usage ?? defaultUsage).output },
      }),
      frame({ type: 'message_stop' }),
    ],
  }),
  cut: (text) => ({ sse: started({ text }).slice(0, -1) }),
  error: (status, message, headers = {}) => ({
    status,
    headers,
    json: { type: 'error', error: { type: typeOf(status), message }, request_id: 'req_1' },
  }),
  keyOf: ({ headers }) => headers['x-api-key']?.toString(),
  systemOf: (request) =>
    bodyOf(request)
      .system.map((block) => block.text)
      .join(''),
  toolNamesOf: (request) => bodyOf(request).tools.map((tool) => tool.name),
  toolResultsOf: (request) =>
    bodyOf(request)
      .messages.flatMap((message) => message.content)
      .filter((block) => block.type === 'tool_result')
      .map(({ tool_use_id, content }) => ({
        id: tool_use_id,
        content: typeof content === 'string' ? content : content.map((part) => part.text).join(''),
      })),
  outputTokensMaxOf: (request) => bodyOf(request).max_tokens,
  // A model that is not known to write JSON by itself is given the schema as a tool it must call.
  schemaOf: (request) =>
    bodyOf(request).output_config?.format?.schema ??
    bodyOf(request).tools.find((tool) => tool.name === 'json')?.input_schema,
}
