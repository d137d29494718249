import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, type Step, tool } from '../../src/index.ts'
import { callsTool, rateLimited, scriptedModel } from '../../src/testing/model.ts'
import { concordWith, decide, typesOf } from './fixture.ts'

const price = { inputPerMillion: 1, outputPerMillion: 10 }
const one = (agentName: string) => (): Step[] => [{ id: 'a', agent: agentName, payload: 'go' }]
const add = tool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ a: z.number(), b: z.number() }),
  permission: 'compute',
  execute: ({ a, b }) => a + b,
})

describe('a model agent', () => {
  it('plans with tools, observes, answers; every transition is an event', async () => {
    const model = scriptedModel([callsTool('add', { a: 1, b: 2 }), 'three'])
    const concord = await concordWith({
      agents: [agent({ name: 'm', instructions: 'Add.', model, tools: [add] })],
      plan: one('m'),
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'three')
    assert.deepEqual(typesOf(await concord.events(run.id), 'model.', 'tool.', 'check.'), [
      'model.called a',
      'model.answered a',
      'tool.called a',
      'tool.answered a',
      'model.called a',
      'model.answered a',
      'check.met a',
    ])
    assert.deepEqual(model.requests[1]?.messages.at(-1), {
      role: 'tool',
      callId: 'call-add',
      tool: 'add',
      content: '3',
    })
  })

  it('writes each message of a conversation to the log once', async () => {
    const model = scriptedModel((request) =>
      request.messages.length < 40 ? callsTool('add', { a: 1, b: 1 }, `c${request.messages.length}`) : 'done',
    )
    const concord = await concordWith({ agents: [agent({ name: 'm', model, tools: [add] })], plan: one('m') })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'succeeded')
    const called = (await concord.events(run.id)).filter((event) => event.type === 'model.called')
    assert.ok(called.length > 15)
    for (const event of called.slice(1))
      assert.equal(event.type === 'model.called' && event.data.messages.length, 1)
  })

  it('gets invalid arguments and unknown tools back as what it has to mend', async () => {
    const model = scriptedModel([
      callsTool('add', { a: 'one' }, 'c1'),
      callsTool('nothing', {}, 'c2'),
      'sorry',
    ])
    const concord = await concordWith({ agents: [agent({ name: 'm', model, tools: [add] })], plan: one('m') })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'sorry')
    const seen = model.requests.at(-1)?.messages.filter((message) => message.role === 'tool') ?? []
    assert.match(JSON.stringify(seen[0]), /failed: .*\/a/)
    assert.match(JSON.stringify(seen[1]), /there is no tool \\"nothing\\"; there are: add/)
    assert.equal(
      typesOf(await concord.events(run.id), 'plan.rejected').filter((type) => type.endsWith(' a')).length,
      2,
    )
    assert.equal(typesOf(await concord.events(run.id), 'tool.called').length, 0)
  })

  it('tells apart tool calls to which a server gives the same id', async () => {
    const model = scriptedModel([
      callsTool('add', { a: 1, b: 1 }, 'call_0'),
      callsTool('add', { a: 2, b: 2 }, 'call_0'),
      'done',
    ])
    const concord = await concordWith({ agents: [agent({ name: 'm', model, tools: [add] })], plan: one('m') })
    await concord.run({ text: 'x', team: 't' })
    const results = model.requests
      .at(-1)
      ?.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []))
    assert.deepEqual(results, ['2', '4'])
  })

  it('has to call required tools and to carry evidence that the log holds', async () => {
    const output = z.object({ sum: z.object({ call: z.string(), value: z.number() }) })
    const model = scriptedModel([
      JSON.stringify({ sum: { call: 'made-up', value: 3 } }),
      callsTool('add', { a: 1, b: 2 }, 'real'),
      JSON.stringify({ sum: { call: 'real', value: 4 } }),
      JSON.stringify({ sum: { call: 'real', value: 3 } }),
    ])
    const concord = await concordWith({
      agents: [
        agent({
          name: 'm',
          model,
          tools: [add],
          output,
          requiredTools: ['add'],
          evidence: [{ field: '/sum', tool: 'add' }],
        }),
      ],
      plan: one('m'),
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { sum: { call: 'real', value: 3 } })
    const unmet = (await concord.events(run.id)).flatMap((event) =>
      event.type === 'check.unmet' ? [event.data.reasons.join('; ')] : [],
    )
    assert.match(
      unmet[0] ?? '',
      /tool "add" has to be called.*names tool call "made-up", which the log does not hold/,
    )
    assert.match(unmet[1] ?? '', /a value that call "real" did not return/)
  })

  it('fails when its answers are never accepted, and when it never ends', async () => {
    const output = z.object({ n: z.number() })
    const stubborn = scriptedModel(() => 'not JSON')
    const first = await concordWith({
      agents: [agent({ name: 'm', model: stubborn, output, attemptsMax: 1 })],
      plan: one('m'),
    })
    const failed = await first.run({ text: 'x', team: 't' })
    assert.equal(failed.failure?.code, 'agent.output-invalid')
    assert.equal(stubborn.calls(), 3)
    let n = 0
    const endless = scriptedModel(() => callsTool('add', { a: 1, b: 1 }, `c${n++}`))
    const second = await concordWith({
      agents: [agent({ name: 'm', model: endless, tools: [add], bounds: { turnsMax: 5 } })],
      plan: one('m'),
    })
    const bounded = await second.run({ text: 'x', team: 't' })
    assert.equal(bounded.failure?.code, 'bound.reached')
    assert.equal(endless.calls(), 5)
  })

  it('survives a tool that throws or returns rubbish', async () => {
    const bad = tool({
      name: 'bad',
      description: '',
      input: z.object({}),
      permission: 'compute',
      output: z.object({ ok: z.boolean() }),
      execute: () => ({ ok: 'maybe' }) as never,
    })
    const worse = tool({
      name: 'worse',
      description: '',
      input: z.object({}),
      permission: 'compute',
      execute: () => {
        throw new Error('boom')
      },
    })
    const model = scriptedModel([callsTool('bad', {}, 'c1'), callsTool('worse', {}, 'c2'), 'gave up'])
    const concord = await concordWith({
      agents: [agent({ name: 'm', model, tools: [bad, worse] })],
      plan: one('m'),
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'gave up')
    const failures = (await concord.events(run.id)).flatMap((event) =>
      event.type === 'tool.answered' ? [event.data.failure?.code] : [],
    )
    assert.deepEqual(failures, ['tool.output-invalid', 'tool.failed'])
  })

  it('tries again when the provider is busy, every attempt an event', async () => {
    const model = scriptedModel([rateLimited(1), rateLimited(1), 'hello'])
    const concord = await concordWith({ agents: [agent({ name: 'm', model })], plan: one('m') })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'hello')
    assert.equal(typesOf(await concord.events(run.id), 'model.called').length, 3)
  })

  it('waits for a person where a tool needs approval, without asking the model again', async () => {
    const paid = tool({
      name: 'pay',
      description: '',
      input: z.object({}),
      permission: 'write',
      requireApproval: true,
      execute: () => 'paid',
    })
    const model = scriptedModel([callsTool('pay', {}, 'c1'), 'done'])
    const concord = await concordWith({
      agents: [agent({ name: 'm', model, tools: [paid] })],
      plan: one('m'),
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    await decide(concord, waiting.id, { kind: 'approve' })
    await concord.runner.resume(waiting.id, 'test')
    assert.equal((await concord.runner.settled(waiting.id)).output, 'done')
    assert.equal(model.calls(), 2)
  })

  it('may not use a tool that the policy denies', async () => {
    const model = scriptedModel([callsTool('add', { a: 1, b: 1 }, 'c1'), 'refused'])
    const concord = await concordWith({
      agents: [agent({ name: 'm', model, tools: [add] })],
      plan: one('m'),
      policy: { permissions: { compute: 'deny' } },
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'refused')
    assert.equal(typesOf(await concord.events(run.id), 'tool.called').length, 0)
  })
})

describe('a budget', () => {
  it('is reserved before each call and never overshot, whole tree included', async () => {
    const model = scriptedModel(() => ({ text: 'x', usage: { inputTokens: 100, outputTokens: 100 } }), {
      price,
      outputTokensMax: 200,
    })
    const m = agent({ name: 'm', model, instructions: 'x', attemptsMax: 1 })
    const concord = await concordWith({
      agents: [m],
      plan: () => [{ id: 'f', agent: 'm', forEach: [1, 2, 3, 4, 5, 6, 7, 8], optional: true }],
    })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1500 } })
    assert.ok(run.spent.tokens <= 1500, `spent ${run.spent.tokens}`)
    const events = await concord.events(run.id)
    assert.ok(events.some((event) => event.type === 'budget.exhausted'))
    assert.equal(
      events.filter((event) => event.type === 'budget.reserved').length,
      events.filter((event) => event.type === 'budget.settled').length,
    )
    assert.equal((await concord.runner.load(run.id)).book.reserved.size, 0)
  })

  it('of money refuses a plan before it starts when a model of it has no price, and says which and what to do', async () => {
    const [priced, unpriced] = [{ ...scriptedModel(['x']), price }, scriptedModel(['x'])]
    let done = 0
    const agents = [
      agent({ name: 'code', run: () => ++done }),
      agent({ name: 'priced', model: priced }),
      agent({ name: 'unpriced', model: unpriced }),
    ]
    const plan = (...names: string[]) => names.map((name) => ({ id: name, agent: name }))
    // Told what was wrong with its first plan, it does without.
    const planner = agent({
      name: 'p',
      run: (input) => ({
        steps: plan('code', 'previous' in (input as object) ? 'priced' : 'unpriced'),
      }),
    })
    const concord = await concordWith(
      { agents, plan: () => plan('code', 'unpriced') },
      {
        teams: {
          checked: { agents: agents.slice(0, 1), plan: () => plan('code'), checker: agents[2]! },
          planned: { agents, planner: planner },
        },
      },
    )
    const run = (team: string, budget: object) => concord.run({ text: 'x', team, budget })
    const refused = await run('t', { money: 1 })
    assert.equal(refused.failure?.code, 'plan.infeasible')
    assert.match(
      refused.failure?.message ?? '',
      /step "unpriced" wants agent "unpriced": its model ".*", which has no price, cannot be used under a money budget; add prices/,
    )
    const unchecked = await run('checked', { money: 1 })
    assert.match(unchecked.failure?.message ?? '', /with agent "unpriced": its model/)
    assert.equal(done, 0)
    assert.equal((await run('planned', { money: 1 })).status, 'succeeded')
    assert.deepEqual([done, unpriced.calls()], [1, 0])
    assert.equal((await run('t', { tokens: 100_000 })).status, 'succeeded')
    assert.equal(unpriced.calls(), 1)
  })

  it('of money stops code that asks an unpriced model at its first call', async () => {
    const model = scriptedModel(['x'])
    const code = agent({
      name: 'm',
      run: async (_input, context) => (await context.model('x', { model })).text,
    })
    const concord = await concordWith({ agents: [code], plan: one('m') })
    const run = await concord.run({ text: 'x', team: 't', budget: { money: 1 } })
    assert.equal(run.failure?.code, 'plan.infeasible')
    assert.match(run.failure?.message ?? '', /has no price.*add prices/)
    assert.equal(model.calls(), 0)
  })

  it('of time ends the run', async () => {
    const slow = agent({
      name: 'slow',
      run: (_i, context) =>
        new Promise((_r, reject) =>
          context.signal.addEventListener('abort', () => reject(new Error('late'))),
        ),
    })
    const concord = await concordWith({ agents: [slow], plan: one('slow') })
    const run = await concord.run({ text: 'x', team: 't', budget: { timeMs: 50 } })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'budget.exhausted')
  })
})
