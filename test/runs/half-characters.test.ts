import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, tool } from '../../src/index.ts'
import type { ModelRequest } from '../../src/ports/model.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from './fixture.ts'

/** Lone surrogates show as escapes in JSON. */
const isWhole = (value: unknown): boolean => !/\\ud[89a-f]/i.test(JSON.stringify(value))

describe('text that is cut', () => {
  it('reaches a model in whole characters, wherever the cut falls, and half of one is replaced', async () => {
    const given: ModelRequest[] = []
    for (const [shift, whole] of [
      [0, '😀'.repeat(40)],
      [1, `x${'😀'.repeat(40)}`],
      [2, `half ${'😀'[1]}${'😀'[0]}`],
    ] as const) {
      const says = tool({
        name: 'says',
        description: '',
        input: z.object({}),
        permission: 'compute',
        execute: () => (shift === 1 ? { text: whole } : whole),
      })
      const model = scriptedModel((request) => {
        given.push(request)
        const asked = request.messages.some(({ role }) => role === 'tool')
        return asked ? whole : callsTool('says', {}, 'c')
      })
      const bounds = { observationCharsMax: 25 + shift }
      const m = agent({ name: 'm', instructions: 'x', model, tools: [says], bounds })
      const concord = await concordWith({ agents: [m] })
      const thread = `t${shift}`
      const run = await concord.run({ text: 'x', team: 't', thread })
      assert.equal(run.status, 'succeeded')
      assert.ok(isWhole(await concord.events(run.id)), 'the log holds half a character')
      await concord.run({ text: 'again', team: 't', thread })
    }
    assert.ok(given.length >= 9)
    for (const request of given) assert.ok(isWhole(request.messages), JSON.stringify(request.messages))
  })

  it('of an earlier answer of a thread is whole', async () => {
    for (const shift of ['', 'x']) {
      const answers = agent({ name: 'a', run: () => `${shift}${'😀'.repeat(5000)}` })
      const config = { memory: { threadTokensMax: 101 } }
      const concord = await concordWith({ agents: [answers] }, config)
      await concord.run({ text: 'one', team: 't', thread: 'talk' })
      const second = await concord.run({ text: 'two', team: 't', thread: 'talk' })
      const { recalled } = await concord.runner.load(second.id)
      assert.equal(recalled?.thread?.length, 1)
      assert.ok(isWhole(recalled))
    }
  })
})
