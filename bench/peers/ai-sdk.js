import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'

/** https://ai-sdk.dev: generateText with tools and a stop condition, its own mock model. It has neither workflows nor a store. */
export const packages = { ai: '7.0.173', zod: '4.6.7' }

const usage = {
  inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 10, text: 10, reasoning: 0 },
}

export const toolLoop = async ({ turns }) => {
  const doGenerate = async ({ prompt }) => {
    const turn = prompt.length >> 1
    const last = turn >= turns - 1
    return {
      content: last
        ? [{ type: 'text', text: 'found' }]
        : [
            {
              type: 'tool-call',
              toolCallId: `call-${turn}`,
              toolName: 'lookUp',
              input: JSON.stringify({ key: `key ${turn}` }),
            },
          ],
      finishReason: { unified: last ? 'stop' : 'tool-calls', raw: undefined },
      usage,
      warnings: [],
    }
  }
  const lookUp = tool({
    description: 'Looks a key up.',
    inputSchema: z.object({ key: z.string() }),
    execute: async (input) => ({ found: input }),
  })
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        // A new mock each time: it keeps every call it was given.
        const model = new MockLanguageModelV4({ doGenerate })
        const { text, steps } = await generateText({
          model,
          tools: { lookUp },
          prompt: 'find it',
          stopWhen: stepCountIs(turns + 1),
        })
        if (text !== 'found' || steps.length < turns - 1)
          throw new Error(`not found: ${text}, ${steps.length} steps`)
      }
    },
  }
}
