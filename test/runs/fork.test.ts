import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, tool } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith, decide, eventOf } from './fixture.ts'

type Pay = { amount?: number; to?: string }

const resumed = async (concord: Awaited<ReturnType<typeof concordWith>>, id: string) => {
  await concord.runner.resume(id, 'test').catch(() => {})
  return concord.runner.settled(id)
}

describe('a fork with other params or another goal', () => {
  it('asks its own question: an approval that its origin was given lets nothing through', async () => {
    const paid: Pay[] = []
    const paying = agent({
      name: 'x',
      run: async (_, context) => {
        const { amount, to } = context.goal.params as Pay
        const ok = await context.approve(`Pay ${amount} to ${to}?`)
        return ok ? paid.push({ amount, to }) : null
      },
    })
    const concord = await concordWith({ agents: [paying], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't', params: { amount: 1, to: 'Anna' } })
    await decide(concord, id, { kind: 'approve' })
    const events = await concord.events(id)
    await resumed(concord, id)
    const approved = (await concord.events(id)).findLast((event) => event.type === 'signal.received')
    // While the question is open, when it has been answered, and when the step has continued with the answer.
    for (const at of [events.length, approved?.version ?? 0, (approved?.version ?? 0) + 1]) {
      const { id: fork } = await concord.fork(id, { at, params: { amount: 100_000, to: 'Mallory' } })
      const waiting = await concord.runner.settled(fork)
      assert.equal(waiting.status, 'waiting', `at ${at}: ${JSON.stringify(waiting.output)}`)
      const [wait] = await concord.waits(fork)
      assert.equal(wait?.prompt, 'Pay 100000 to Mallory?')
      const [old] = (await concord.events(id)).flatMap((event) =>
        event.type === 'step.waiting' ? [event.data.wait] : [],
      )
      for (const address of [{ hash: old?.hash ?? '' }, { name: old?.name ?? '' }])
        await assert.rejects(concord.signal(fork, { kind: 'approve', ...address }), {
          code: 'run.not-waiting',
        })
      await decide(concord, fork, { kind: 'reject' })
      assert.equal((await resumed(concord, fork)).output, null)
    }
    assert.deepEqual(paid, [{ amount: 1, to: 'Anna' }])
  })

  it('uses no result of a tool, a model or a step that had not ended, and keeps what had', async () => {
    const done: unknown[] = []
    const find = tool({
      name: 'find',
      description: 'Finds.',
      input: anything,
      permission: 'read',
      execute: (input) => {
        done.push(input)
        return `found ${input}`
      },
    })
    const model = scriptedModel(({ messages }) => `said ${messages[0]?.content}`)
    const before = agent({
      name: 'before',
      run: (_, context) => context.step('b', () => done.push('before')),
    })
    const work = agent({
      name: 'x',
      model,
      tools: [find],
      run: async (_, context) => {
        const what = String(context.goal.params?.what)
        const text = context.goal.text
        const found = [
          (await context.tool('find', what)).output ?? null,
          (await context.model(what)).text,
          await context.step('s', () => `step ${what} ${text}`),
          await context.waitFor('go'),
        ]
        await context.ask(`Is ${what} right?`)
        return found
      },
    })
    const concord = await concordWith({
      agents: [before, work],
      plan: () => [
        { id: 'b', agent: 'before' },
        { id: 'a', agent: 'x', dependsOn: ['b'] },
      ],
    })
    const { id } = await concord.run({ text: 'buy', team: 't', params: { what: 'pen' } })
    await concord.signal(id, { kind: 'signal', name: 'go', value: 'for the pen' })
    await concord.signal(id, { kind: 'signal', name: 'go', value: 'early' })
    assert.equal((await resumed(concord, id)).status, 'waiting')
    const { id: fork } = await concord.fork(id, { params: { what: 'sofa' }, goal: 'sell' })
    assert.equal((await concord.runner.settled(fork)).status, 'waiting')
    assert.deepEqual(
      (await concord.waits(fork)).map(({ for: kind, name }) => [kind, name]),
      [['signal', 'go']],
    )
    await concord.signal(fork, { kind: 'signal', name: 'go', value: 'for the sofa' })
    await resumed(concord, fork)
    assert.equal((await concord.waits(fork))[0]?.prompt, 'Is sofa right?')
    await decide(concord, fork, { kind: 'answer', value: 1 })
    const run = await resumed(concord, fork)
    assert.deepEqual(run.output, ['found sofa', 'said sofa', 'step sofa sell', 'for the sofa'])
    assert.deepEqual(done, ['before', 'pen', 'sofa'])
    // With nothing changed it continues where its origin waits.
    const { id: same } = await concord.fork(id)
    assert.equal((await concord.runner.settled(same)).status, 'waiting')
    await decide(concord, same, { kind: 'answer', value: 1 })
    assert.deepEqual((await resumed(concord, same)).output, [
      'found pen',
      'said pen',
      'step pen buy',
      'for the pen',
    ])
    assert.equal(done.length, 3)
  })

  it('executes items again that had not ended, and those only, whatever their order', async () => {
    const done: unknown[] = []
    const gate = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const work = agent<number, unknown>({
      name: 'x',
      run: async (n, context) => {
        const { colour } = context.goal.params as { colour: string }
        if (n === 1 && colour === 'red') await gate.promise
        done.push([n, colour])
        if (done.length === 3) ended.resolve()
        return [n, colour]
      },
    })
    const concord = await concordWith({
      agents: [work],
      plan: () => [{ id: 'f', agent: 'x', forEach: [0, 1, 2, 3] }],
    })
    const { id } = await concord.start({ text: 'x', team: 't', params: { colour: 'red' } })
    await eventOf(concord, id, (event) => event.type === 'step.succeeded' && event.step === 'f/3')
    const { id: fork } = await concord.fork(id, { params: { colour: 'blue' } })
    const run = await concord.runner.settled(fork)
    gate.resolve()
    assert.deepEqual(
      run.output,
      [
        [0, 'red'],
        [1, 'blue'],
        [2, 'red'],
        [3, 'red'],
      ],
      JSON.stringify(run.failure),
    )
  })

  it('asks again about a fan-out that was approved as a whole, and executes all of it again', async () => {
    const paid: unknown[] = []
    const pay = agent<number, unknown>({
      name: 'x',
      run: async (n, context) => {
        const { amount } = context.goal.params as Pay
        if (n === 2 && amount === 1) await context.waitFor('go')
        paid.push([n, amount])
        return [n, amount]
      },
    })
    const concord = await concordWith({
      agents: [pay],
      plan: () => [{ id: 'f', agent: 'x', forEach: [1, 2], requireApproval: true }],
    })
    const { id } = await concord.run({ text: 'x', team: 't', params: { amount: 1 } })
    await decide(concord, id, { kind: 'approve' })
    assert.equal((await resumed(concord, id)).status, 'waiting')
    const { id: fork } = await concord.fork(id, { params: { amount: 100_000 } })
    assert.equal((await concord.runner.settled(fork)).status, 'waiting')
    assert.deepEqual(paid, [[1, 1]])
    assert.deepEqual(
      (await concord.waits(fork)).map(({ step, for: kind }) => [step, kind]),
      [['f', 'approval']],
    )
    await decide(concord, fork, { kind: 'approve' })
    assert.deepEqual((await resumed(concord, fork)).output, [
      [1, 100_000],
      [2, 100_000],
    ])
  })

  it('has read what its origin had read: what may stand in the state is not sent out unasked', async () => {
    const sent: unknown[] = []
    const reads = tool({
      name: 'reads',
      description: 'Reads.',
      input: anything,
      permission: 'read',
      execute: () => 'secret',
    })
    const send = tool({
      name: 'send',
      description: 'Sends.',
      input: anything,
      permission: 'network',
      isListed: () => true,
      execute: (input) => sent.push(input),
    })
    const x = agent({
      name: 'x',
      tools: [reads, send],
      run: async (_, context) => {
        if ((context.goal.params as { send?: boolean }).send === true)
          return (await context.tool('send', (await context.state.get('kept')) ?? null)).output ?? null
        await context.state.set('kept', (await context.tool('reads', {})).output ?? null)
        return context.waitFor('go')
      },
    })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't', params: {} })
    const { id: fork } = await concord.fork(id, { params: { send: true } })
    assert.equal((await concord.runner.settled(fork)).status, 'waiting')
    assert.deepEqual(sent, [])
    assert.equal((await concord.waits(fork))[0]?.tool, 'send')
  })

  it('has the time that its origin had left at the event, however long ago that was', async () => {
    const clock = manualClock()
    const x = agent({ name: 'x', run: (_, context) => context.waitFor('go') })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] }, { clock })
    const { id } = await concord.run({ text: 'x', team: 't', params: { n: 1 }, budget: { timeMs: 1_000 } })
    clock.advance(600)
    await concord.signal(id, { kind: 'signal', name: 'go', value: 1 })
    await resumed(concord, id)
    const { version } = await eventOf(concord, id, ({ type }) => type === 'run.succeeded')
    clock.advance(3_600_000)
    for (const params of [{}, { n: 2 }]) {
      const { id: fork } = await concord.fork(id, { at: version - 1, params })
      const run = await concord.runner.settled(fork)
      assert.equal(run.status, 'succeeded', run.failure?.message)
    }
    const { id: early } = await concord.fork(id, { at: 6, params: { n: 2 } })
    assert.equal((await concord.runner.settled(early)).status, 'waiting')
    clock.advance(1_100)
    await eventOf(concord, early, ({ type }) => type === 'run.failed')
  })

  it('shows a step that is to be approved with the input it has now', async () => {
    const echo = agent<unknown, unknown>({ name: 'x', run: (input) => input })
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'a', agent: 'x', requireApproval: true }],
    })
    const { id } = await concord.run({ text: 'x', team: 't', params: { n: 1 } })
    const { id: fork } = await concord.fork(id, { params: { n: 2 } })
    await concord.runner.settled(fork)
    assert.deepEqual((await concord.waits(fork))[0]?.input, { goal: 'x', n: 2 })
    await decide(concord, fork, { kind: 'approve' })
    assert.deepEqual((await resumed(concord, fork)).output, { goal: 'x', n: 2 })
  })
})
