/* What the compiler says of agents: of one kind each, and called with their types. */
import { z } from 'zod'
import { agent, type Json } from '../../src/index.ts'
import { same } from './equal.ts'

const reader = agent({
  name: 'reader',
  input: z.object({ url: z.string(), depth: z.number().default(1) }),
  output: z.object({ title: z.string(), at: z.date().optional() }),
  run: (input) => {
    same<typeof input, { url: string; depth: number }>()
    return { title: input.url }
  },
})
const model = agent({ name: 'model', instructions: 'Greet.' })
const shaped = agent({ name: 'shaped', model: 'openai/gpt-5', output: z.object({ n: z.number() }) })
const remote = agent({
  name: 'remote',
  url: 'http://127.0.0.1:8001/run',
  token: 'x',
  check: () => ({ met: true, reasons: [] }),
})
const group = agent({ name: 'group', team: 'shop', timeoutMs: 1000 })
const writing = agent({
  name: 'writing',
  output: z.object({ n: z.number() }),
  run: () => ({ output: { n: 1 }, writes: [{ key: 'k', value: 1 }] }),
})
const code = agent({
  name: 'code',
  model: 'openai/gpt-5',
  tools: ['calculator'],
  requiredTools: ['calculator'],
  bounds: { turnsMax: 1 },
  run: async (_, { call }) => {
    const read = await call(reader, { url: 'x' })
    same<typeof read, { title: string; at?: string | undefined }>()
    same<Awaited<ReturnType<typeof said>>, string>()
    const said = () => call(model, 'Ada')
    same<Awaited<ReturnType<typeof counted>>, { n: number }>()
    const counted = () => call(shaped, {})
    same<Awaited<ReturnType<typeof asked>>, Json>()
    const asked = () => call(remote, {})
    const named = await call('reader', { any: 1 })
    same<typeof named, Json>()
    // @ts-expect-error: no such member
    await call(reader, { link: 'x' })
    // @ts-expect-error: a number
    await call(reader, { url: 1 })
    return [said, counted, asked, group, writing].length
  },
})
same<Parameters<typeof code.run>[0], Json>()

// @ts-expect-error: neither code nor a model nor elsewhere
agent({ name: 'none' })
// @ts-expect-error: code and elsewhere
agent({ name: 'mixed', run: () => 1, url: 'http://127.0.0.1/run' })
// @ts-expect-error: code and a model's instructions
agent({ name: 'mixed', run: () => 1, instructions: 'Greet.' })
// @ts-expect-error: two kinds of code
agent({ name: 'mixed', run: () => 1, reason: () => ({ plan: () => ({ answer: 1 }) }) })
// @ts-expect-error: code with loop and a team
agent({ name: 'mixed', reason: () => ({ plan: () => ({ answer: 1 }) }), team: 'x' })
// @ts-expect-error: a model and a team
agent({ name: 'mixed', instructions: 'Greet.', team: 'x' })
// @ts-expect-error: elsewhere and tools
agent({ name: 'mixed', url: 'http://127.0.0.1/run', tools: ['calculator'] })
// @ts-expect-error: a token for nothing
agent({ name: 'mixed', instructions: 'Greet.', token: 'x' })
// @ts-expect-error: code is not asked at a temperature
agent({ name: 'mixed', run: () => 1, temperature: 1 })
// @ts-expect-error: no such member
agent({ name: 'mixed', run: () => 1, retries: 3 })
// @ts-expect-error: not what the schema says
agent({ name: 'wrong', output: z.object({ n: z.number() }), run: () => ({ n: 'one' }) })
// @ts-expect-error: not what the schema makes
agent({ name: 'wrong', input: z.object({ n: z.number() }), run: (input: { n: string }) => input.n })
