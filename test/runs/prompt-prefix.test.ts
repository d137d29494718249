import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { traceOf } from '../../src/domain/trace.ts'
import { formatTrace } from '../../src/domain/trace-text.ts'
import { agent, openConcord, team, tool } from '../../src/index.ts'
import { anthropicMessages } from '../providers/anthropic-messages.ts'
import { googleGenerate } from '../providers/google-generate.ts'
import { openAiChat, openAiCompatible } from '../providers/openai-chat.ts'
import { openAiResponses } from '../providers/openai-responses.ts'
import { type SeenRequest, wireServer } from '../providers/wire-server.ts'

/*
 * Providers cache the longest prefix of a prompt that they have seen before: tools, then system,
 * then messages. What of one request is a prefix of the next decides what a long loop costs.
 */

/** A request's prompt in the order in which providers read it. */
const promptOf = ({ body }: SeenRequest): Buffer => {
  const { tools, system, systemInstruction, messages, input, contents } = body as {
    [member: string]: unknown[]
  }
  const turns = (messages ?? input ?? contents ?? []).map((turn) => JSON.stringify(turn))
  return Buffer.from([JSON.stringify([tools, system, systemInstruction]), ...turns].join('\n'))
}

const sharedBytes = (one: Buffer, two: Buffer): number => {
  let at = 0
  while (at < one.length && one[at] === two[at]) at++
  return at
}

const pages = 'All about lamps, their prices, and who sells them where. '.repeat(20)
const search = tool({
  name: 'memory.search',
  description: 'Finds pages.',
  input: z.object({ query: z.string(), limit: z.number().optional() }),
  permission: 'read',
  execute: ({ query }) => ({ query, pages }),
})
const count = tool({
  name: 'count',
  description: 'Counts.',
  input: z.object({ of: z.string() }),
  permission: 'read',
  execute: () => 3,
})
const writer = agent({
  name: 'm',
  instructions: `You answer questions about lamps. ${'Be exact. '.repeat(40)}`,
  tools: [search, count],
  output: z.object({ answer: z.string() }),
  check: (answer) =>
    answer.answer.length > 3 ? { met: true, reasons: [] } : { met: false, reasons: ['too short'] },
})
const searching = (query: string, n: number) => ({
  id: `call_${n}`,
  name: 'memory_search',
  arguments: JSON.stringify({ query }),
})
const answering = { text: '{"answer":"three lamps"}' }
/**
 * One tool, two at once, an unknown one, one whose arguments do not fit, an answer that does not
 * fit, one that is refused.
 */
const script = [
  { text: 'Looking.', calls: [searching('lamps', 1)] },
  { calls: [searching('shades', 2), { id: 'call_3', name: 'count', arguments: '{"of":"lamps"}' }] },
  { calls: [{ id: 'call_4', name: 'unknown', arguments: '{}' }] },
  { text: 'Again.', calls: [{ id: 'call_5', name: 'count', arguments: '{}' }] },
  { text: '{"answer":3}' },
  { text: '{"answer":"3"}' },
]

describe('the prompt of a loop', () => {
  for (const wire of [openAiChat, openAiCompatible, openAiResponses, anthropicMessages, googleGenerate])
    for (const how of ['whole', 'streamed'] as const)
      it(`begins with the one before, byte for byte: ${wire.name}, ${how}`, async (t) => {
        const server = await wireServer()
        t.after(() => server.close())
        const concord = await openConcord({
          env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: server.url + wire.basePath },
          config: {
            model: wire.id,
            stores: { kind: 'memory' },
            ...(wire.providers === undefined ? {} : { providers: wire.providers }),
            prices: {
              [wire.id]: { inputPerMillion: 1e6, cachedInputPerMillion: 1e5, outputPerMillion: 1e6 },
            },
            teams: {
              t: team({
                agents: [writer],
                plan: () => [{ id: 'a', agent: 'm', payload: 'How many lamps?' }],
              }),
            },
          },
        })
        t.after(() => concord.close())
        if (how === 'streamed') concord.onDelta(() => {})
        server.will(wire[how](answering))
        await concord.run({ text: 'Are there lamps?', team: 't', thread: 'talk' })
        const first = server.requests.length
        server.will(
          ...script.map((said) => wire[how](said)),
          wire[how]({ ...answering, usage: { input: 1000, output: 10, cached: 900 } }),
        )
        const run = await concord.run({ text: 'How many lamps?', team: 't', thread: 'talk' })
        assert.equal(run.status, 'succeeded', run.failure?.message)
        const prompts = server.requests.slice(first).map(promptOf)
        assert.equal(prompts.length, script.length + 1)
        assert.match(String(prompts[0]), /Are there lamps\?/)
        const shares = prompts.slice(1).map((prompt, i) => {
          const before = prompts[i] ?? assert.fail()
          return sharedBytes(before, prompt) / before.length
        })
        const least = Math.min(...shares)
        t.diagnostic(`least share of a prompt that begins the next: ${(100 * least).toFixed(2)} %`)
        assert.ok(least >= 0.99, shares.join(' '))
        // Input of 11 tokens and output of 5 in each call but the last.
        const { spent } = run
        assert.equal(spent.cachedTokens, 900)
        assert.equal(spent.tokens, script.length * 16 + 1010)
        assert.equal(spent.money, script.length * 16 + 100 + 900 * 0.1 + 10)
        assert.match(formatTrace(traceOf(await concord.events(run.id))), /1,106 tokens \(900 cached\)/)
      })
})
