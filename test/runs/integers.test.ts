import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { httpServer } from '../server/fixture.ts'
import { concordWith } from './fixture.ts'

const big = '9007199254740993'

describe('an integer that a number cannot hold', () => {
  it('in a tool call is told to the model, which gives it as text; the tool never sees another', async () => {
    const called: unknown[] = []
    const find = tool({
      name: 'find',
      description: 'Finds.',
      input: z.object({ id: z.union([z.number(), z.string()]) }),
      permission: 'read',
      execute: ({ id }) => {
        called.push(id)
        return 'found'
      },
    })
    const told: unknown[] = []
    const model = scriptedModel(({ messages }) => {
      const last = messages.at(-1)
      if (last?.role !== 'tool')
        return {
          toolCalls: [
            {
              id: 'a',
              tool: 'find',
              input: null,
              invalid: `{"id":${big}}`,
              problem: `${big} is an integer that a number cannot hold; give it as text`,
            },
          ],
        }
      told.push(last.content)
      return told.length === 1 ? { toolCalls: [{ id: 'b', tool: 'find', input: { id: big } }] } : 'done'
    })
    const x = agent({ name: 'x', instructions: 'Find.', model, tools: [find] })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'done', JSON.stringify(run.failure))
    assert.deepEqual(called, [big])
    assert.match(String(told[0]), /9007199254740993 is an integer that a number cannot hold; give it as text/)
  })

  it('in an answer with a schema is asked for again, bare, in a fence and in prose', async () => {
    for (const text of [
      `{"id":${big}}`,
      `\`\`\`json\n{"id":${big}}\n\`\`\``,
      `It is {"id": ${big}}, I think.`,
    ]) {
      const model = scriptedModel(({ messages }) => {
        const last = String(messages.at(-1)?.content)
        return last.includes('give it as text') ? `{"id":"${big}"}` : text
      })
      const x = agent({
        name: 'x',
        instructions: 'Say it.',
        model,
        output: z.object({ id: z.union([z.number(), z.string()]) }),
      })
      const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
      const run = await concord.run({ text: 'x', team: 't' })
      assert.deepEqual(run.output, { id: big }, `${text}: ${JSON.stringify(run.failure)}`)
    }
  })

  it('of an agent elsewhere fails its step instead of becoming another', async (t) => {
    const url = await httpServer(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"id":${big}}`)
    })
    const far = agent({ name: 'x', url, attemptsMax: 1 })
    const concord = await concordWith({ agents: [far], plan: () => [{ id: 'a', agent: 'x' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'agent.output-invalid')
    assert.match(run.failure?.message ?? '', /9007199254740993 is an integer/)
  })
})
