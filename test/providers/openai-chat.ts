import { pieces, type Said, type WireFormat } from './wire-format.ts'
import type { SeenRequest } from './wire-server.ts'

/*
 * OpenAI chat completions, written after the published schema (not recorded):
 * https://platform.openai.com/docs/api-reference/chat (objects `chat.completion` and `chat.completion.chunk`) and
 * https://platform.openai.com/docs/guides/error-codes.
 */
const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'gpt-test-2026' }

const usageOf = ({ input, output, cached }: NonNullable<Said['usage']>) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached ?? 0 },
})

const defaultUsage = { input: 11, output: 5 }

/** A model that refuses says why in `refusal` and ends with `stop`; a filter says nothing. */
const finishOf = (said: Said): string =>
  said.refusal === '' ? 'content_filter' : (said.finish ?? (said.calls?.length ? 'tool_calls' : 'stop'))

const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

const chunk = (delta: unknown, finish: string | null = null) =>
  frame({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })

const chunks = (said: Said): string[] => [
  chunk({ role: 'assistant', content: '' }),
  ...pieces(said.text ?? '').map((content) => chunk({ content })),
  ...pieces(said.refusal ?? '').map((refusal) => chunk({ refusal })),
  ...(said.calls ?? []).flatMap((call, index) => [
    chunk({
      tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
    }),
    ...pieces(call.arguments).map((part) =>
      chunk({ tool_calls: [{ index, function: { arguments: part } }] }),
    ),
  ]),
]

type Body = {
  messages: { role: string; content: string; tool_call_id?: string }[]
  tools: { function: { name: string } }[]
  max_tokens?: number
  max_completion_tokens?: number
  response_format: { json_schema: { schema: unknown } }
}

const bodyOf = (request: SeenRequest): Body => request.body as Body

const error: WireFormat['error'] = (status, message, headers = {}) => ({
  status,
  headers,
  json: { error: { message, type: 'test_error', param: null, code: null } },
})

export const openAiChat: WireFormat = {
  name: 'OpenAI chat completions',
  id: 'openai/gpt-test',
  keyVariable: 'OPENAI_API_KEY',
  baseUrlVariable: 'OPENAI_BASE_URL',
  basePath: '/v1',
  path: '/v1/chat/completions',
  streamPath: '/v1/chat/completions',
  whole: (said) => ({
    json: {
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: said.text ?? null,
            refusal: said.refusal || null,
            ...(said.calls?.length
              ? {
                  tool_calls: said.calls.map((call) => ({
                    id: call.id,
                    type: 'function',
                    function: { name: call.name, arguments: call.arguments },
                  })),
                }
              : {}),
          },
          logprobs: null,
          finish_reason: finishOf(said),
        },
      ],
      usage: usageOf(said.usage ?? defaultUsage),
    },
  }),
  streamed: (said) => ({
    sse: [
      ...chunks(said),
      chunk({}, finishOf(said)),
      frame({
        ...head,
        object: 'chat.completion.chunk',
        choices: [],
        usage: usageOf(said.usage ?? defaultUsage),
      }),
      'data: [DONE]\n\n',
    ],
  }),
  cut: (text) => ({ sse: chunks({ text }) }),
  error,
  keyOf: ({ headers }) => headers.authorization?.replace('Bearer ', ''),
  systemOf: (request) => bodyOf(request).messages[0]?.content ?? '',
  toolNamesOf: (request) => bodyOf(request).tools.map((tool) => tool.function.name),
  toolResultsOf: (request) =>
    bodyOf(request)
      .messages.filter((message) => message.role === 'tool')
      .map((message) => ({ id: message.tool_call_id ?? '', content: message.content })),
  outputTokensMaxOf: (request) => bodyOf(request).max_tokens ?? bodyOf(request).max_completion_tokens ?? 0,
  schemaOf: (request) => bodyOf(request).response_format.json_schema.schema,
}

/** The same format from a server on this machine: other paths and names, no key. */
export const openAiCompatible: WireFormat = {
  ...openAiChat,
  name: 'OpenAI-compatible server',
  id: 'vllm/org/model-test',
  keyVariable: 'VLLM_API_KEY',
  baseUrlVariable: 'VLLM_BASE_URL',
}
