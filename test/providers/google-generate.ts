import { pieces, type Said, type WireFormat } from './wire-format.ts'
import type { SeenRequest } from './wire-server.ts'

/*
 * Google generateContent, written after the published schema (not recorded):
 * https://ai.google.dev/api/generate-content and, for errors, google.rpc.Status with RetryInfo
 * (https://cloud.google.com/apis/design/errors).
 */
const usageOf = ({ input, output, cached }: NonNullable<Said['usage']>) => ({
  promptTokenCount: input,
  candidatesTokenCount: output,
  totalTokenCount: input + output,
  ...(cached ? { cachedContentTokenCount: cached } : {}),
})

const defaultUsage = { input: 11, output: 5 }

const response = (parts: unknown[], finishReason?: string, usage?: Said['usage']) => ({
  candidates: [
    { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) },
  ],
  modelVersion: 'gemini-test-2026',
  ...(usage === undefined ? {} : { usageMetadata: usageOf(usage) }),
})

const callParts = (said: Said) =>
  (said.calls ?? []).map((call) => ({
    functionCall: { id: call.id, name: call.name, args: JSON.parse(call.arguments) },
  }))

const finishOf = (said: Said): string => {
  if (said.refusal !== undefined) return 'SAFETY'
  return said.finish === 'length' ? 'MAX_TOKENS' : 'STOP'
}

const textOf = ({ text, refusal }: Said): string | undefined => text ?? (refusal || undefined)
const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`

type Part = {
  functionResponse?: { id?: string; name: string; response: { content?: string; error?: string } }
}
type Body = {
  systemInstruction: { parts: { text: string }[] }
  contents: { role: string; parts: Part[] }[]
  tools: { functionDeclarations: { name: string }[] }[]
  generationConfig: { maxOutputTokens: number; responseSchema?: unknown; responseJsonSchema?: unknown }
}

const bodyOf = (request: SeenRequest): Body => request.body as Body

export const googleGenerate: WireFormat = {
  name: 'Google generateContent',
  id: 'google/gemini-test',
  keyVariable: 'GOOGLE_GENERATIVE_AI_API_KEY',
  baseUrlVariable: 'GOOGLE_GENERATIVE_AI_BASE_URL',
  basePath: '/v1beta',
  path: '/v1beta/models/gemini-test:generateContent',
  streamPath: '/v1beta/models/gemini-test:streamGenerateContent?alt=sse',
  whole: (said) => ({
    json: response(
      [...(textOf(said) === undefined ? [] : [{ text: textOf(said) }]), ...callParts(said)],
      finishOf(said),
      said.usage ?? defaultUsage,
    ),
  }),
  streamed: (said) => ({
    sse: [
      ...pieces(textOf(said) ?? '').map((text) => frame(response([{ text }]))),
      frame(response([...callParts(said), { text: '' }], finishOf(said), said.usage ?? defaultUsage)),
    ],
  }),
  cut: (text) => ({ sse: pieces(text).map((part) => frame(response([{ text: part }]))) }),
  error: (status, message, headers = {}) => ({
    status,
    headers,
    json: { error: { code: status, message, status: 'TEST', details: [] } },
  }),
  keyOf: ({ headers }) => headers['x-goog-api-key']?.toString(),
  systemOf: (request) =>
    bodyOf(request)
      .systemInstruction.parts.map((part) => part.text)
      .join(''),
  toolNamesOf: (request) =>
    bodyOf(request)
      .tools.flatMap((tool) => tool.functionDeclarations)
      .map((declared) => declared.name),
  toolResultsOf: (request) =>
    bodyOf(request)
      .contents.flatMap((content) => content.parts)
      .flatMap(({ functionResponse }) =>
        functionResponse
          ? [
              {
                id: functionResponse.id ?? '',
                content: functionResponse.response.content ?? functionResponse.response.error ?? '',
              },
            ]
          : [],
      ),
  outputTokensMaxOf: (request) => bodyOf(request).generationConfig.maxOutputTokens,
  schemaOf: (request) =>
    bodyOf(request).generationConfig.responseJsonSchema ?? bodyOf(request).generationConfig.responseSchema,
}
