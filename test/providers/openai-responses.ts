import { openAiChat } from './openai-chat.ts'
import { pieces, type Said, type WireFormat } from './wire-format.ts'
import type { SeenRequest } from './wire-server.ts'

/*
 * OpenAI's responses, written after the published schema (not recorded):
 * https://platform.openai.com/docs/api-reference/responses and its streaming events.
 */
const usageOf = ({ input, output, cached = 0 }: NonNullable<Said['usage']>) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: input + output,
})

const defaultUsage = { input: 11, output: 5 }

type Content =
  | { type: 'output_text'; text: string; annotations: never[] }
  | { type: 'refusal'; refusal: string }
type Item = { type: string; id: string; [more: string]: unknown }

const contentOf = ({ text, refusal }: Said): Content[] => [
  ...(text === undefined ? [] : [{ type: 'output_text' as const, text, annotations: [] }]),
  ...(refusal ? [{ type: 'refusal' as const, refusal }] : []),
]

const message = (content: Content[]): Item => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content,
})

const itemsOf = (said: Said): Item[] => {
  const content = contentOf(said)
  return [
    ...(content.length === 0 ? [] : [message(content)]),
    ...(said.calls ?? []).map((call, at) => ({
      type: 'function_call',
      id: `fc_${at}`,
      call_id: call.id,
      name: call.name,
      arguments: call.arguments,
      status: 'completed',
    })),
  ]
}

const reasonOf = (said: Said): string | undefined =>
  said.refusal === '' ? 'content_filter' : said.finish === 'length' ? 'max_output_tokens' : undefined

const responseOf = (said: Said, output = itemsOf(said)) => {
  const reason = reasonOf(said)
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    model: 'gpt-test-2026',
    output,
    usage: usageOf(said.usage ?? defaultUsage),
  }
}

const frame = (value: { type: string; [key: string]: unknown }): string =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

const deltas = (item: Item, output_index: number): string[] => {
  const at = { item_id: item.id, output_index }
  if (item.type === 'function_call')
    return pieces(String(item.arguments)).map((delta) =>
      frame({ type: 'response.function_call_arguments.delta', ...at, delta }),
    )
  return (item.content as Content[]).flatMap((part, content_index) =>
    part.type === 'refusal'
      ? pieces(part.refusal).map((delta) =>
          frame({ type: 'response.refusal.delta', ...at, content_index, delta }),
        )
      : pieces(part.text).map((delta) =>
          frame({ type: 'response.output_text.delta', ...at, content_index, delta }),
        ),
  )
}

const opened = (item: Item): Item =>
  item.type === 'function_call' ? { ...item, arguments: '' } : { ...item, content: [] }

const started = (said: Said): string[] => [
  frame({ type: 'response.created', response: { ...responseOf(said, []), status: 'in_progress' } }),
  ...itemsOf(said).flatMap((item, output_index) => [
    frame({ type: 'response.output_item.added', output_index, item: opened(item) }),
    ...deltas(item, output_index),
    frame({ type: 'response.output_item.done', output_index, item }),
  ]),
]

type Body = {
  input: { role?: string; type?: string; content?: string; call_id?: string; output?: string }[]
  tools: { name: string }[]
  max_output_tokens?: number
  text: { format: { schema: unknown } }
}

const bodyOf = (request: SeenRequest): Body => request.body as Body

export const openAiResponses: WireFormat = {
  ...openAiChat,
  name: 'OpenAI responses',
  providers: { openai: { kind: 'openai', apiKeyEnv: 'OPENAI_API_KEY', api: 'responses' } },
  path: '/v1/responses',
  streamPath: '/v1/responses',
  whole: (said) => ({ json: responseOf(said) }),
  streamed: (said) => ({
    sse: [
      ...started(said),
      frame({
        type: reasonOf(said) === undefined ? 'response.completed' : 'response.incomplete',
        response: responseOf(said),
      }),
    ],
  }),
  cut: (text) => ({ sse: started({ text }).slice(0, -1) }),
  systemOf: (request) => bodyOf(request).input[0]?.content ?? '',
  toolNamesOf: (request) => bodyOf(request).tools.map((tool) => tool.name),
  toolResultsOf: (request) =>
    bodyOf(request)
      .input.filter(({ type }) => type === 'function_call_output')
      .map(({ call_id, output }) => ({ id: call_id ?? '', content: output ?? '' })),
  outputTokensMaxOf: (request) => bodyOf(request).max_output_tokens ?? 0,
  schemaOf: (request) => bodyOf(request).text.format.schema,
}
