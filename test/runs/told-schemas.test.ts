import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import * as mini from 'zod/mini'
import * as zod3 from 'zod/v3'
import { agent, type Schema, type Step, tool, withJsonSchema } from '../../src/index.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from './fixture.ts'

const plan = (): Step[] => [{ id: 'a', agent: 'm', payload: 'go' }]
const withOutput = (output: Schema) =>
  concordWith({
    agents: [agent({ name: 'm', instructions: 'x', model: scriptedModel(['1']), output })],
    plan,
  })

describe('a schema that a model cannot be told', () => {
  const cases: [name: string, schema: Schema, wrong: RegExp][] = [
    ['a date within an object', z.object({ from: z.date() }), /the schema at \/from because Date/],
    ['a date in a list', z.object({ days: z.array(z.object({ on: z.date() })) }), /at \/days\/on because/],
    ['an optional map', z.object({ m: z.optional(z.map(z.string(), z.string())) }), /at \/m because Map/],
    ['one of a union', z.union([z.string(), z.object({ n: z.bigint() })]), /at \/n because BigInt/],
    ['a value of its own kind', z.custom(() => true), /at \/ because Custom/],
    ['zod/mini', mini.object({ a: mini.string() }), /of zod because its library does not say/],
    ['zod 3', zod3.object({ a: zod3.string() }), /of zod because its library does not say/],
  ]
  for (const [name, schema, wrong] of cases)
    it(`is refused when the team is assembled, with its place: ${name}`, async () => {
      await assert.rejects(withOutput(schema), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'config.invalid')
        assert.match(error.message, /agent "m"/)
        assert.match(error.message, wrong)
        return true
      })
      const bad = tool({
        name: 'book',
        description: 'Books.',
        input: schema as Schema<unknown, never>,
        permission: 'compute',
        execute: () => null,
      })
      const booking = agent({ name: 'm', instructions: 'x', model: scriptedModel(['1']), tools: [bad] })
      await assert.rejects(concordWith({ agents: [booking], plan }), /agent "m": tool "book"/)
    })

  it('does not matter to an agent that is code', async () => {
    const code = agent({
      name: 'm',
      input: z.object({ on: z.coerce.date() }),
      run: ({ on }) => on.getUTCFullYear(),
    })
    const concord = await concordWith({
      agents: [code],
      plan: () => [{ id: 'a', agent: 'm', payload: { on: '2026-11-30' } }],
    })
    assert.equal(await concord.result({ text: 'x', team: 't' }), 2026)
  })

  it('can be given its JSON Schema', async () => {
    const told = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    const model = scriptedModel(['{"a":1}', '{"a":"x"}'])
    const output = withJsonSchema(mini.object({ a: mini.string() }), told)
    const concord = await concordWith({ agents: [agent({ name: 'm', model, output })], plan })
    assert.deepEqual(await concord.result({ text: 'x', team: 't' }), { a: 'x' })
    assert.deepEqual(model.requests[0]?.output?.schema, { ...told, additionalProperties: false })
  })
})

describe('a schema that transforms', () => {
  it('is told as what it takes in, and the agent returns what it makes of it', async () => {
    const output = z.object({ year: z.string().transform(Number) })
    const model = scriptedModel(['{"year":"2026"}'])
    const concord = await concordWith({ agents: [agent({ name: 'm', model, output })], plan })
    assert.deepEqual(await concord.result({ text: 'x', team: 't' }), { year: 2026 })
    const schema = model.requests[0]?.output?.schema as { properties: object }
    assert.deepEqual(schema.properties, { year: { type: 'string' } })
  })

  it('is told so for tools', async () => {
    const seen: unknown[] = []
    const on = tool({
      name: 'on',
      description: 'A day.',
      input: z.object({ day: z.iso.date().transform((text) => text.split('-').map(Number)) }),
      permission: 'compute',
      execute: ({ day }) => seen.push(day),
    })
    const model = scriptedModel([callsTool('on', { day: '2026-11-30' }), 'done'])
    const concord = await concordWith({ agents: [agent({ name: 'm', model, tools: [on] })], plan })
    await concord.result({ text: 'x', team: 't' })
    assert.deepEqual(seen, [[2026, 11, 30]])
  })
})
