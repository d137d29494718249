import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, team, tool } from '../../src/index.ts'
import type { ModelRequest } from '../../src/ports/model.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith, decide, eventOf } from '../runs/fixture.ts'

describe('a model agent that is executed again in the middle of a turn', () => {
  it('has exactly the conversation it had: of three tool calls the one that was done is not done again', async () => {
    const done: string[] = []
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: anything,
      permission: 'write',
      execute: (input) => {
        done.push((input as { at: string }).at)
        return { saw: (input as { at: string }).at }
      },
    })
    // The second call needs a person: the step is left in the middle of the turn and executed again.
    const ask = tool({ ...look, name: 'ask', requireApproval: true })
    const model = scriptedModel(({ messages }) => {
      const turns = messages.filter((message) => message.role === 'assistant').length
      if (turns === 0)
        return {
          text: 'three at once',
          toolCalls: [
            { id: 'c1', tool: 'look', input: { at: 'one' } },
            { id: 'c2', tool: 'ask', input: { at: 'two' } },
            { id: 'c3', tool: 'look', input: { at: 'three' } },
          ],
        }
      return turns === 1 ? { toolCalls: [{ id: 'c4', tool: 'look', input: { at: 'four' } }] } : 'seen'
    })
    const policy = { tools: { look: 'allow', ask: 'allow' } } as const
    const looking = agent({ name: 'looking', instructions: 'Look.', model, tools: [look, ask], policy })
    const concord = await concordWith({
      agents: [looking],
      plan: () => [{ id: 'a', agent: 'looking', payload: 'go' }],
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    assert.deepEqual(done, ['one', 'three'])
    await decide(concord, waiting.id, { kind: 'approve' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.equal(run.output, 'seen')
    assert.deepEqual(done, ['one', 'three', 'two', 'four'])
    assert.equal(model.calls(), 3)
    const seen = (model.requests[1] as ModelRequest).messages.slice(2)
    assert.deepEqual(seen, [
      {
        role: 'assistant',
        content: 'three at once',
        toolCalls: [
          { id: 'c1', tool: 'look', input: { at: 'one' } },
          { id: 'c2', tool: 'ask', input: { at: 'two' } },
          { id: 'c3', tool: 'look', input: { at: 'three' } },
        ],
      },
      { role: 'tool', callId: 'c1', tool: 'look', content: '{"saw":"one"}' },
      { role: 'tool', callId: 'c2', tool: 'ask', content: '{"saw":"two"}' },
      { role: 'tool', callId: 'c3', tool: 'look', content: '{"saw":"three"}' },
    ])
  })

  it('is not fooled by a server that names tool calls like entries of the journal, or all the same', async () => {
    let executed = 0
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: anything,
      permission: 'read',
      execute: () => ++executed,
    })
    const ids = ['model#2', 'messages#1', 'wait:x', '', '', 'same', 'same']
    const model = scriptedModel((_request, index) => {
      if (index < 2) return { toolCalls: ids.map((id) => ({ id, tool: 'look', input: {} })) }
      return index === 2 ? { toolCalls: [{ id: 'step:1', tool: 'sure', input: {} }] } : 'done'
    })
    const sure = tool({ ...look, name: 'sure', requireApproval: true, execute: () => 0 })
    const looking = agent({ name: 'looking', instructions: 'Look.', model, tools: [look, sure] })
    const concord = await concordWith({ agents: [looking], plan: () => [{ id: 'a', agent: 'looking' }] })
    // Left for an approval, the step is executed again from its journal.
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    await decide(concord, waiting.id, { kind: 'approve' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.equal(run.output, 'done', JSON.stringify(run.failure))
    assert.equal(executed, ids.length * 2)
    assert.equal(model.calls(), 4)
  })
})

describe('a model agent whose answers were not accepted', () => {
  it('is not executed again to say the same from its journal', async () => {
    const model = scriptedModel(() => 'not JSON')
    const strict = agent({
      name: 'strict',
      instructions: 'Answer.',
      model,
      check: () => ({ met: false, reasons: ['never good enough'] }),
    })
    const concord = await concordWith({ agents: [strict] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'agent.output-invalid')
    const events = await concord.events(run.id)
    assert.equal(events.filter((event) => event.type === 'step.started').length, 1)
    assert.equal(model.calls(), 3)
  })
})

describe('evidence of an agent that another calls', () => {
  it('names its own tool calls, as the model knows them, and not those of others', async () => {
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: anything,
      permission: 'read',
      execute: (input) => ({ found: (input as { word: string }).word }),
    })
    const model = scriptedModel(({ messages }) => {
      const turns = messages.filter((message) => message.role === 'assistant').length
      const word = String(messages.findLast((message) => message.role === 'user')?.content)
      if (turns === 0) return { toolCalls: [{ id: 'c0', tool: 'look', input: { word } }] }
      return JSON.stringify({ word: { call: 'c0', value: turns === 1 ? word : 'second' } })
    })
    const finder = agent({
      name: 'finder',
      instructions: 'Find.',
      model,
      tools: [look],
      output: z.object({ word: z.unknown() }) as never,
      evidence: [{ field: '/word', tool: 'look' }],
      bounds: { revisionsMax: 1 },
    })
    const outer = agent({
      name: 'outer',
      run: async (_input, context) => [
        await context.call('finder', 'first'),
        await context.call('finder', 'second'),
      ],
    })
    const concord = await concordWith({ agents: [outer, finder], plan: () => [{ id: 'a', agent: 'outer' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'succeeded', JSON.stringify(run.failure))
  })
})

describe('calls in parallel', () => {
  it('keep their own entries under Promise.all, in a step and in agents it calls, across a failure', async () => {
    const effects: string[] = []
    const inner = agent<string, unknown>({
      name: 'inner',
      run: (name, context) =>
        Promise.all(
          ['x', 'y'].map((part) =>
            context.step('part', (key) => {
              effects.push(key)
              return `${name}${part}`
            }),
          ),
        ),
    })
    const outer = agent({
      name: 'outer',
      run: async (_input, context) => {
        const all = await Promise.all(['a', 'b', 'c'].map((name) => context.call('inner', name)))
        if (context.attempt === 1) throw new Error('once')
        return all
      },
    })
    const concord = await concordWith({ agents: [outer, inner], plan: () => [{ id: 's', agent: 'outer' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, [
      ['ax', 'ay'],
      ['bx', 'by'],
      ['cx', 'cy'],
    ])
    assert.equal(effects.length, 6)
    assert.equal(new Set(effects).size, 6)
  })

  it('a step that failed is tried again with the key it had', async () => {
    const keys: string[] = []
    const trying = agent({
      name: 'trying',
      run: (_input, context) =>
        context.step('pay', (key) => {
          keys.push(key)
          if (keys.length === 1) throw new Error('the connection broke: was it paid?')
          return 'paid'
        }),
    })
    const concord = await concordWith({ agents: [trying] })
    assert.equal((await concord.run({ text: 'x', team: 't' })).output, 'paid')
    assert.equal(keys.length, 2)
    assert.equal(keys[0], keys[1])
  })
})

describe('an agent called by another', () => {
  it('that waits for a person makes the step wait, even if the other swallows that', async () => {
    const asking = agent({ name: 'asking', run: (_input, context) => context.ask('how many?') })
    const careless = agent({
      name: 'careless',
      run: async (_input, context) => context.call('asking', 1).catch(() => 'swallowed'),
    })
    const concord = await concordWith({
      agents: [careless, asking],
      plan: () => [{ id: 'a', agent: 'careless' }],
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    await decide(concord, waiting.id, { kind: 'answer', value: 3 })
    await concord.runner.resume(waiting.id, 'test')
    assert.equal((await concord.runner.settled(waiting.id)).output, 3)
  })

  it('writes what it returns with its result, once', async () => {
    const writing = agent<number, unknown>({
      name: 'writing',
      run: (n) => ({ output: n, writes: [{ key: `k${n}`, value: n }] }),
    })
    const outer = agent({
      name: 'outer',
      run: async (_input, context) => {
        await context.call('writing', 1)
        await context.call('writing', 2)
        if (context.attempt === 1) throw new Error('once')
        const entries = await context.state.list()
        return entries.map(({ key, version }) => [key, version])
      },
    })
    const concord = await concordWith({ agents: [outer, writing], plan: () => [{ id: 'a', agent: 'outer' }] })
    assert.deepEqual((await concord.run({ text: 'x', team: 't' })).output, [
      ['k1', 1],
      ['k2', 1],
    ])
  })

  it('that is too slow fails alone, with what it called in turn', async () => {
    const stopped = Promise.withResolvers<void>()
    const slowest = agent({
      name: 'slowest',
      run: (_input, context) =>
        new Promise(() => context.signal.addEventListener('abort', () => stopped.resolve())),
    })
    const slow = agent({
      name: 'slow',
      timeoutMs: 20,
      run: (_input, context) => context.call('slowest', 1),
    })
    const outer = agent({
      name: 'outer',
      run: (_input, context) => context.call('slow', 1).catch((error) => error.code),
    })
    const concord = await concordWith({
      agents: [outer, slow, slowest],
      plan: () => [{ id: 'a', agent: 'outer' }],
    })
    assert.equal((await concord.run({ text: 'x', team: 't' })).output, 'agent.timeout')
    await stopped.promise
  })
})

describe('budgets', () => {
  it('are not passed by parallel calls, within a step and across steps', async () => {
    const model = scriptedModel(() => ({ text: 'x', usage: { inputTokens: 1, outputTokens: 99 } }), {
      outputTokensMax: 99,
    })
    const spender = agent({
      name: 'spender',
      attemptsMax: 1,
      run: async (_input, context) =>
        (await Promise.allSettled(Array.from({ length: 5 }, () => context.model('go', { model })))).filter(
          ({ status }) => status === 'fulfilled',
        ).length,
    })
    const concord = await concordWith({
      agents: [spender],
      plan: () => [{ id: 'a', agent: 'spender', forEach: [1, 2, 3, 4, 5] }],
    })
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1000 } })
    assert.equal(run.status, 'succeeded')
    assert.ok(model.calls() > 0 && run.spent.tokens <= 1000, String(run.spent.tokens))
    assert.equal(run.spent.tokens, model.calls() * 100)
    assert.equal((await concord.runner.load(run.id)).book.reserved.size, 0)
  })
})

describe('a message to a run', () => {
  it('reaches a model agent at its next turn, and at the same turn when it is executed again', async () => {
    const between = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: anything,
      permission: 'read',
      execute: async () => {
        between.resolve()
        await told.promise
        return 'nothing yet'
      },
    })
    const confirm = tool({ ...look, name: 'confirm', requireApproval: true, execute: () => 'confirmed' })
    const model = scriptedModel(({ messages }) => {
      const turns = messages.filter((message) => message.role === 'assistant').length
      if (turns === 0) return { toolCalls: [{ id: 'c1', tool: 'look', input: {} }] }
      if (turns === 1) return { toolCalls: [{ id: 'c2', tool: 'confirm', input: {} }] }
      return messages
        .filter((message) => message.role === 'user')
        .map(({ content }) => content)
        .join('|')
    })
    const looking = agent({ name: 'looking', instructions: 'Look.', model, tools: [look, confirm] })
    const concord = await concordWith({
      agents: [looking],
      plan: () => [{ id: 'a', agent: 'looking', payload: 'go' }],
    })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await between.promise
    await concord.signal(id, { kind: 'message', value: 'only papers of 2024', by: 'ann' })
    await eventOf(concord, id, (event) => event.type === 'signal.received')
    told.resolve()
    assert.equal((await concord.runner.settled(id)).status, 'waiting')
    // While it waits another comes: it is told where the journal ends, not before.
    await concord.signal(id, { kind: 'message', value: 'and be brief' })
    await decide(concord, id, { kind: 'approve' })
    await concord.runner.resume(id, 'test')
    const run = await concord.runner.settled(id)
    assert.equal(
      run.output,
      'go|Message from ann, sent while you work: only papers of 2024|Message, sent while you work: and be brief',
    )
    const [, second, third] = model.requests
    const place = (request: ModelRequest | undefined) =>
      request?.messages.findIndex(({ content }) => String(content).includes('2024'))
    assert.equal(place(second), place(third))
    assert.equal(model.calls(), 3)
  })

  it('is read by code, in order, once each, and by every step; one for a step by that step only', async () => {
    const gate = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const reading = agent({
      name: 'reading',
      run: async (_input, context) => {
        began.resolve()
        await gate.promise
        const first = (await context.messages()).map(({ value }) => value)
        const second = (await context.messages()).length
        if (context.attempt === 1) throw new Error('once')
        return [first, second]
      },
    })
    const concord = await concordWith({
      agents: [reading],
      plan: () => [
        { id: 'a', agent: 'reading' },
        { id: 'b', agent: 'reading', dependsOn: ['a'] },
      ],
      output: 'b',
    })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await began.promise
    await concord.signal(id, { kind: 'message', value: 'one' })
    await concord.signal(id, { kind: 'message', value: { two: 2 }, step: 'a' })
    await concord.signal(id, { kind: 'message', value: 'three', step: 'b' })
    let received = 0
    await eventOf(concord, id, (event) => event.type === 'signal.received' && ++received === 3)
    gate.resolve()
    const run = await concord.runner.settled(id)
    assert.deepEqual(run.plan?.steps.get('a')?.output, [['one', { two: 2 }], 0])
    assert.deepEqual(run.output, [['one', 'three'], 0])
  })
})

describe('a fork in the middle of everything', () => {
  it('asks a child of its own where its origin waits for one', async () => {
    const asks = team({
      agents: [agent<unknown, unknown>({ name: 'echo', run: (input) => input })],
      plan: () => [{ id: 'e', agent: 'echo', payload: 'yes', requireApproval: true }],
    })
    const boss = agent({ name: 'boss', run: (_input, context) => context.delegate('asks', 'may I?') })
    const concord = await concordWith(
      { agents: [boss], plan: () => [{ id: 'a', agent: 'boss' }] },
      { teams: { asks } },
    )
    concord.runner.adopt()
    const origin = await concord.run({ text: 'x', team: 't' })
    const { id: fork } = await concord.fork(origin.id)
    assert.equal((await concord.runner.settled(fork)).status, 'waiting')
    const [child] = await concord.runs({ parent: fork })
    assert.ok(child)
    await decide(concord, child.run, { kind: 'approve' })
    const done = await eventOf(concord, fork, (event) => event.type === 'run.succeeded')
    assert.ok(done.type === 'run.succeeded')
    assert.equal(done.data.output, 'yes')
    assert.equal((await concord.log.run(origin.id))?.status, 'waiting')
  })

  it('holds no reservation of its origin, and does not revive state that had expired', async () => {
    const hanging = scriptedModel([{ hang: true }, 'answered'], { outputTokensMax: 500 })
    const thinking = agent({
      name: 'thinking',
      run: async (_input, context) => {
        if (context.runId === 'origin') await context.state.set('short', 1, { ttlMs: 1 })
        const text = (await context.model('go', { model: hanging })).text
        return [text, (await context.state.get('short')) ?? null]
      },
    })
    const concord = await concordWith({ agents: [thinking] })
    const goal = { text: 'x', team: 't', budget: { tokens: 1000 } }
    const { id } = await concord.start(goal, { id: 'origin' })
    await eventOf(concord, id, (event) => event.type === 'model.called')
    while ((await concord.state(`run/${id}`).get('short')) !== undefined) await new Promise(setImmediate)
    const { id: fork } = await concord.fork(id)
    const forked = await concord.runner.settled(fork)
    assert.deepEqual(forked.output, ['answered', null], JSON.stringify(forked.failure))
    assert.equal(forked.book.reserved.size, 0)
    const first = (await concord.events(fork)).find((event) => event.type === 'budget.reserved')
    assert.ok(first?.type === 'budget.reserved')
    assert.ok(first.data.key.startsWith(fork), first.data.key)
    await concord.signal(id, { kind: 'cancel' })
  })

  it('at every event ends as its origin did, whatever was under way there', async () => {
    let checks = 0
    const child = team({ agents: [agent({ name: 'c', run: () => 'child' })] })
    const work = agent<{ n: number; feedback?: string }, unknown>({
      name: 'work',
      run: async ({ n, feedback }, context) => {
        const first = await context.step('first', () => n * 2)
        await context.state.update('sum', (sum) => Number(sum ?? 0) + first)
        return [first, feedback ?? null, n === 1 ? await context.delegate('child', 'go') : null]
      },
    })
    const concord = await concordWith(
      {
        agents: [work],
        plan: () => [
          { id: 'f', agent: 'work', forEach: [1, 2], payload: { n: { $item: '' } } },
          { id: 'w', agent: 'work', payload: { n: 3 } },
        ],
        checker: agent<{ results: unknown[] }, unknown>({
          name: 'checker',
          run: ({ results }) => {
            checks++
            return JSON.stringify(results).includes('again')
              ? { met: true, reasons: [], output: results }
              : { met: false, reasons: ['once more'], redo: [{ step: 'f/1', feedback: 'again' }] }
          },
        }),
      },
      { teams: { child } },
    )
    const origin = await concord.run({ text: 'x', team: 't' }, { id: 'origin' })
    assert.equal(origin.status, 'succeeded')
    const events = await concord.events('origin')
    for (const { version } of events.slice(0, -1)) {
      const forked = await concord.runner.settled((await concord.fork('origin', { at: version })).id)
      assert.deepEqual(
        forked.output,
        origin.output,
        `forked at ${version}: ${JSON.stringify(forked.failure)}`,
      )
    }
    assert.ok(checks > 2)
  })
})
