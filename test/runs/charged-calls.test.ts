import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { agent, type Concord, openConcord, type Step, team } from '../../src/index.ts'
import { scriptedModel, serverError } from '../../src/testing/model.ts'
import { anthropicMessages } from '../providers/anthropic-messages.ts'
import { googleGenerate } from '../providers/google-generate.ts'
import { openAiChat, openAiCompatible } from '../providers/openai-chat.ts'
import { type Reply, type WireServer, wireServer } from '../providers/wire-server.ts'
import { concordWith, eventOf } from './fixture.ts'

const plan = (): Step[] => [{ id: 'a', agent: 'm' }]
const outputTokensMax = 50

/** Asks once, and succeeds whatever comes of it. */
const asking = agent({
  name: 'm',
  run: async (_input, context) => {
    const request = { messages: [{ role: 'user' as const, content: 'hello' }], outputTokensMax }
    return context.model(request, { attemptsMax: 1 }).then(
      ({ text }) => text,
      (error) => error.message,
    )
  },
})

for (const wire of [openAiChat, openAiCompatible, anthropicMessages, googleGenerate])
  for (const streaming of [false, true])
    describe(`a call of ${wire.name} that fails${streaming ? ' while it streams' : ''}`, () => {
      let server: WireServer
      let concord: Concord
      before(async () => {
        server = await wireServer()
        concord = await open(server.url)
      })
      after(async () => {
        await concord.close()
        await server.close()
      })

      const open = async (url: string): Promise<Concord> => {
        const opened = await openConcord({
          env: { [wire.keyVariable]: 'test-key', [wire.baseUrlVariable]: url + wire.basePath },
          config: {
            model: wire.id,
            stores: { kind: 'memory' },
            teams: { t: team({ agents: [asking], plan }) },
          },
        })
        if (streaming) opened.onDelta(() => {})
        return opened
      }
      const spentOn = async (reply: Reply, budget = true): Promise<number> => {
        server.will(reply)
        const limits = budget ? { budget: { tokens: 100_000 } } : {}
        const run = await concord.run({ text: 'x', team: 't', ...limits })
        assert.equal(run.status, 'succeeded')
        assert.equal((await concord.runner.load(run.id)).book.reserved.size, 0)
        return run.spent.tokens
      }

      const answered: [string, Reply][] = [
        ['a connection reset before the answer', { ending: 'reset' }],
        ['half a body', { raw: '{"id": "x", "cho', ending: 'reset' }],
        ['a body that is not JSON', { raw: 'oops' }],
        ['a 500', wire.error(500, 'broken')],
        ['a 503', wire.error(503, 'away')],
        ['a 408 of a gateway', wire.error(408, 'late')],
        ...(streaming ? [['a stream that is cut', wire.cut('half an answ')] as [string, Reply]] : []),
      ]
      for (const [what, reply] of answered)
        it(`is charged its bound for ${what}`, async () => {
          assert.ok((await spentOn(reply)) > outputTokensMax)
          assert.ok((await spentOn(reply, false)) > outputTokensMax)
        })

      for (const status of [400, 401, 404, 429])
        it(`costs nothing when it was refused with ${status}`, async () => {
          assert.equal(await spentOn(wire.error(status, 'no')), 0)
        })

      it('costs nothing when nobody listened', async () => {
        const closed = createServer()
        await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
        const { port } = closed.address() as AddressInfo
        await new Promise((resolve) => closed.close(resolve))
        const alone = await open(`http://127.0.0.1:${port}`)
        const run = await alone.run({ text: 'x', team: 't', budget: { tokens: 100_000 } })
        await alone.close()
        assert.match(String(run.output), /ECONNREFUSED/)
        assert.equal(run.spent.tokens, 0)
      })
    })

describe('a stream that began and then says it is refused', () => {
  it('is charged its bound', async () => {
    const server = await wireServer()
    const concord = await openConcord({
      env: { ANTHROPIC_API_KEY: 'test-key', ANTHROPIC_BASE_URL: server.url + anthropicMessages.basePath },
      config: {
        model: anthropicMessages.id,
        stores: { kind: 'memory' },
        teams: { t: team({ agents: [asking], plan }) },
      },
    })
    concord.onDelta(() => {})
    const frame =
      'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"no"}}\n\n'
    const { sse = [] } = anthropicMessages.cut('half an answ')
    server.will({ sse: [...sse, frame] })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 100_000 } })
    await concord.close()
    await server.close()
    assert.match(String(run.output), /limits the rate/)
    assert.ok(run.spent.tokens > outputTokensMax)
  })
})

describe('a call that was sent and given up', () => {
  const hanging = () => scriptedModel([{ hang: true }], { outputTokensMax })

  it('is charged its bound when its step runs out of time', async () => {
    const model = hanging()
    const m = agent({ name: 'm', model, timeoutMs: 20, attemptsMax: 1 })
    const concord = await concordWith({ agents: [m], plan })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 100_000 } })
    assert.equal(run.failure?.code, 'agent.timeout')
    assert.ok(run.spent.tokens > outputTokensMax)
    assert.equal((await concord.runner.load(run.id)).book.reserved.size, 0)
  })

  it('is charged its bound when an agent called by another runs out of time', async () => {
    const inner = agent({ name: 'inner', model: hanging(), timeoutMs: 20 })
    const outer = agent({
      name: 'm',
      run: (_input, context) => context.call('inner', {}).catch((error: Error) => error.message),
    })
    const concord = await concordWith({ agents: [outer, inner], plan })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 100_000 } })
    assert.equal(run.status, 'succeeded')
    assert.ok(run.spent.tokens > outputTokensMax)
  })

  it('is charged its bound when the run is cancelled', async () => {
    const concord = await concordWith({ agents: [agent({ name: 'm', model: hanging() })], plan })
    const { id } = await concord.start({ text: 'x', team: 't', budget: { tokens: 100_000 } })
    await eventOf(concord, id, ({ type }) => type === 'model.called')
    await concord.signal(id, { kind: 'cancel' })
    const { status, book } = await concord.runner.settled(id)
    assert.equal(status, 'cancelled')
    assert.ok(book.spent.tokens > outputTokensMax)
  })

  it('never costs more than the budget, however often it fails', async () => {
    const model = scriptedModel(() => serverError(), { outputTokensMax })
    const m = agent({
      name: 'm',
      run: async (_input, context) => {
        for (let i = 0; i < 20; i++) await context.model('x', { model, attemptsMax: 1 }).catch(() => {})
        return model.calls()
      },
    })
    const concord = await concordWith({ agents: [m], plan })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 500 } })
    assert.ok(run.spent.tokens <= 500)
    assert.ok(model.calls() < 20)
    assert.ok(run.spent.tokens >= model.calls() * outputTokensMax)
  })
})
