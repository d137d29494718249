/* Models and tools of the AI SDK fit where ours do, as their packages type them. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { dynamicTool, jsonSchema, tool as sdkTool } from '@ai-sdk/provider-utils'
import { z } from 'zod'
import { agent, defineConfig, team, tool } from '../../src/index.ts'

const openai = createOpenAI({ apiKey: 'x' })
const weather = sdkTool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }, { abortSignal }) => ({ city, cold: abortSignal === undefined }),
})
const dynamic = dynamicTool({ inputSchema: jsonSchema({ type: 'object' }), execute: async () => 'x' })
const ours = tool({
  name: 'ours',
  description: '',
  input: z.object({ n: z.number() }),
  permission: 'compute',
  execute: ({ n }) => n,
})

const one = agent({
  name: 'one',
  model: openai('gpt-5'),
  tools: { weather, dynamic },
  condenseWith: openai('gpt-5-mini'),
})
const two = agent({
  name: 'two',
  model: createAnthropic({ apiKey: 'x' })('claude'),
  tools: [ours, 'calculator', { weather }],
})
const code = agent({
  name: 'code',
  tools: { weather, ours },
  run: (_, { model }) => model('x', { model: openai('gpt-5') }),
})

export const config = defineConfig({
  model: openai('gpt-5'),
  models: { small: openai('gpt-5-mini'), large: 'openai/gpt-5' },
  tools: { weather },
  teams: { t: team({ agents: [one, two, code] }) },
})

// @ts-expect-error: an AI SDK tool has no name in a list
agent({ name: 'wrong', instructions: '', tools: [weather] })
// @ts-expect-error: an embedding model
agent({ name: 'wrong', instructions: '', model: openai.embeddingModel('e') })
