import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Json } from '../../src/domain/json.ts'
import { agent, type Step } from '../../src/index.ts'
import { concordWith, decide, eventOf, typesOf } from '../runs/fixture.ts'

const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })

const withPlan = (steps: unknown) =>
  concordWith({
    agents: [echo],
    planner: agent({ name: 'planner', run: () => ({ steps }) }),
    bounds: { plansMax: 1 },
  })

/** What a model may well write, or somebody who wants the runtime to hang or to fall: each must end as an infeasible plan with a reason. */
const hostile: { [what: string]: Json } = {
  'a concurrency of zero, under which no item ever starts': { forEach: [1, 2], concurrency: 0 },
  'a concurrency that is a word': { forEach: [1, 2], concurrency: 'many' },
  'a time-out that is a word, under which none is set': { timeoutMs: '5 minutes' },
  'a time-out below zero': { timeoutMs: -1 },
  'attempts that are not a number': { attemptsMax: 'three' },
  'an approval that is almost asked for': { requireApproval: 'yes' },
  'an option that is a word: "false" would be true': { optional: 'false' },
  'a path that is a number': { payload: { $state: 'k', path: 5 } },
  'a path that is an object, within a list': { payload: [[{ $state: 'k', path: {} }]] },
  'a state key that no store can hold': { payload: { $state: '' } },
  'a state key with half a character': { payload: { $state: '\ud800' } },
  'a condition whose "exists" is a word: "false" would be true': { when: { $state: 'k', exists: 'false' } },
  'an id that is the name of the prototype': { id: '__proto__' },
}

describe('a plan by somebody hostile or confused', () => {
  for (const [what, members] of Object.entries(hostile))
    it(`is refused with a reason: ${what}`, async () => {
      const concord = await withPlan([{ id: 'a', agent: 'echo', ...(members as object) }])
      const run = await concord.run({ text: 'x', team: 't' }, { signal: AbortSignal.timeout(5000) })
      assert.equal(run.status, 'failed')
      assert.equal(run.failure?.code, 'plan.infeasible', JSON.stringify(run.failure))
    })

  it('cannot name what every object has: state key "constructor" is absent, "__proto__" is a key like others', async () => {
    const steps = [
      {
        id: 'a',
        agent: 'echo',
        payload: 'there',
        when: { $state: 'constructor', exists: true },
        dependsOn: [],
      },
      { id: 'b', agent: 'echo', payload: { $state: '__proto__' }, dependsOn: ['w'] },
      { id: 'w', agent: 'writes', dependsOn: [] },
      {
        id: 'all',
        agent: 'echo',
        payload: [{ $step: 'a' }, { $step: 'b' }],
        dependsOn: ['a', 'b'],
      },
    ]
    const concord = await concordWith({
      agents: [
        echo,
        agent({
          name: 'writes',
          run: () => ({ output: 1, writes: [{ key: '__proto__', value: { kept: true } }] }),
        }),
      ],
      plan: () => steps as Step[],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, [null, { kept: true }], JSON.stringify(run.failure))
    assert.equal(({} as { kept?: boolean }).kept, undefined)
  })

  it('keeps a payload’s members called __proto__, and nobody’s prototype changes', async () => {
    const payload = JSON.parse('{"__proto__":{"admin":true},"first":{"$step":"one"}}')
    const concord = await concordWith({
      agents: [echo],
      plan: () => [
        { id: 'one', agent: 'echo', payload: 1 },
        { id: 'two', agent: 'echo', payload },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(JSON.stringify(run.output), '{"__proto__":{"admin":true},"first":1}')
    assert.equal(({} as { admin?: boolean }).admin, undefined)
  })

  it('a strategy that throws ends the run: thrown again by every owner, it would be taken over for ever', async () => {
    let calls = 0
    const concord = await concordWith({ agents: [echo], plan: () => [{ id: 'a', agent: 'echo' }] })
    const { strategy } = concord.team('t')
    const decide = strategy.decide.bind(strategy)
    Object.assign(strategy, {
      decide: (...args: Parameters<typeof decide>) => {
        if (args[0].status === 'running' && ++calls > 0) throw new TypeError('a bug in the strategy')
        return decide(...args)
      },
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.match(run.failure?.message ?? '', /a bug in the strategy/)
    assert.equal(calls, 1)
  })
})

describe('a fan-out', () => {
  it('that a person must approve starts no item before', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'a', agent: 'echo', forEach: [1, 2, 3], requireApproval: true }],
    })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    assert.deepEqual(typesOf(await concord.events(waiting.id), 'step.'), ['step.waiting a'])
    await decide(concord, waiting.id, { kind: 'approve' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.deepEqual(run.output, [1, 2, 3])
  })

  it('that a person rejects fails with the reason, and an optional one is skipped', async () => {
    for (const optional of [false, true]) {
      const concord = await concordWith({
        agents: [echo],
        plan: () => [
          { id: 'a', agent: 'echo', forEach: [1, 2], requireApproval: true, optional },
          { id: 'b', agent: 'echo', payload: 'after' },
        ],
      })
      const waiting = await concord.run({ text: 'x', team: 't' })
      await decide(concord, waiting.id, { kind: 'reject', value: 'no' })
      await concord.runner.resume(waiting.id, 'test')
      const run = await concord.runner.settled(waiting.id)
      assert.equal(run.status, optional ? 'succeeded' : 'failed')
    }
  })

  it('over a written list of references gets their values', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [
        { id: 'one', agent: 'echo', payload: { n: 1 } },
        { id: 'two', agent: 'echo', payload: { n: 2 } },
        {
          id: 'a',
          agent: 'echo',
          forEach: [{ $step: 'one' }, { $step: 'two', path: '/n' }, { deep: [{ $step: 'one', path: '/n' }] }],
        },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, [{ n: 1 }, 2, { deep: [1] }])
  })

  it('redone item by item and then as a whole gives every execution a key of its own', async () => {
    const keys: string[] = []
    const verdicts = [
      { met: false, redo: [{ step: 'f/1', feedback: 'again 1' }] },
      { met: false, redo: [{ step: 'f', feedback: 'all again' }] },
      {
        met: false,
        redo: [
          { step: 'f/0', feedback: 'once more' },
          { step: 'f/2', feedback: 'and this' },
        ],
      },
      { met: true },
    ]
    let checks = 0
    const concord = await concordWith({
      agents: [
        agent<{ n: number; feedback?: string }, unknown>({
          name: 'item',
          run: ({ n, feedback }, context) => {
            keys.push(context.idempotencyKey)
            return `${n} ${feedback ?? 'first'}`
          },
        }),
        echo,
      ],
      plan: () => [
        { id: 'f', agent: 'item', forEach: [0, 1, 2], payload: { n: { $item: '' } } },
        { id: 'sum', agent: 'echo', payload: { $step: 'f' } },
      ],
      checker: agent({ name: 'checker', run: () => ({ reasons: [], ...verdicts[checks++] }) }),
      output: 'sum',
      bounds: { redosMax: 5 },
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, ['0 once more', '1 all again', '2 and this'])
    assert.equal(new Set(keys).size, keys.length, keys.join('\n'))
    assert.equal(keys.length, 3 + 1 + 3 + 2)
  })

  it('of optional items goes on without those that fail; one over nothing is an empty list; a fan-out beyond itemsMax is refused', async () => {
    const odd = agent<number, number>({
      name: 'odd',
      attemptsMax: 1,
      run: (n) => {
        if (n % 2 === 0) throw new Error('even')
        return n
      },
    })
    const concord = await concordWith({
      agents: [odd, echo],
      plan: () => [
        { id: 'f', agent: 'odd', forEach: [1, 2, 3], optional: true },
        { id: 'none', agent: 'odd', forEach: [] },
        { id: 'all', agent: 'echo', payload: [{ $step: 'f' }, { $step: 'none' }] },
      ],
    })
    assert.deepEqual((await concord.run({ text: 'x', team: 't' })).output, [[1, null, 3], []])
    const bounded = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'f', agent: 'echo', forEach: [1, 2, 3] }],
      bounds: { itemsMax: 2 },
    })
    const run = await bounded.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'plan.infeasible')
    assert.match(run.failure?.message ?? '', /itemsMax/)
  })
})

describe('an approval given twice', () => {
  it('approves once: the second does not approve, unseen, what is asked next', async () => {
    const asked: string[] = []
    const twice = agent({
      name: 'twice',
      run: async (_input, context) => {
        asked.push('first')
        await context.approve('the first?')
        asked.push('second')
        return context.approve('the second?')
      },
    })
    const concord = await concordWith({ agents: [twice], plan: () => [{ id: 'a', agent: 'twice' }] })
    const waiting = await concord.run({ text: 'x', team: 't' })
    await decide(concord, waiting.id, { kind: 'approve', step: 'a' })
    await decide(concord, waiting.id, { kind: 'approve', step: 'a' })
    await concord.runner.resume(waiting.id, 'test')
    const run = await concord.runner.settled(waiting.id)
    assert.equal(run.status, 'waiting')
    const last = (await concord.events(waiting.id)).findLast((event) => event.type === 'step.waiting')
    assert.ok(last?.type === 'step.waiting')
    assert.equal(last.data.wait.prompt, 'the second?')
    await eventOf(concord, run.id, (event) => event.type === 'run.waiting')
  })
})
