import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, tool } from '../../src/index.ts'
import { anything, concordWith, decide, eventOf } from './fixture.ts'

const settledAgain = async (concord: Awaited<ReturnType<typeof concordWith>>, id: string) => {
  await concord.runner.resume(id, 'test').catch(() => {})
  return concord.runner.settled(id)
}

describe('an approval', () => {
  it('shows the whole input of the tool that would be called, and its agent, before anything is decided', async () => {
    const paid: unknown[] = []
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: anything,
      permission: 'write',
      requireApproval: true,
      execute: (input) => paid.push(input),
    })
    const input = { note: 'n'.repeat(2_000), to: 'Mallory' }
    const x = agent({
      name: 'x',
      tools: [pay],
      run: async (_, context) => (await context.tool('pay', input)).output ?? null,
    })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't' })
    const [wait] = await concord.waits(id)
    assert.deepEqual([wait?.agent, wait?.tool, wait?.input], ['x', 'pay', input])
    assert.match(wait?.prompt ?? '', /"to":"Mallory"\}\)/)
    await decide(concord, id, { kind: 'approve' })
    assert.equal((await settledAgain(concord, id)).output, 1)
    assert.deepEqual(paid, [input])
  })

  it('must be named: without name or hash it is refused, with the waits and their hashes', async () => {
    const x = agent({ name: 'x', run: (_, context) => context.ask('how many?') })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't' })
    const waits = await concord.waits(id)
    for (const kind of ['approve', 'reject', 'answer'] as const) {
      for (const address of [{}, { step: 'a' }])
        await assert.rejects(
          concord.signal(id, { kind, ...address }),
          (error: { code: string; details: object }) => {
            assert.equal(error.code, 'input.invalid')
            assert.deepEqual(error.details, { waits })
            return true
          },
        )
      const hash = waits[0]?.hash ?? ''
      for (const address of [{ name: 'ask' }, { hash: hash.slice(0, 7) }, { hash: `${hash.slice(0, 8)}x` }])
        await assert.rejects(concord.signal(id, { kind, ...address }), { code: 'run.not-waiting' })
    }
    // Put into the inbox past that check, it decides nothing either.
    await concord.runner.send(id, { kind: 'answer', value: 1 })
    assert.equal((await settledAgain(concord, id)).status, 'waiting')
    await concord.signal(id, { kind: 'answer', value: 2, hash: waits[0]?.hash?.slice(0, 8) ?? '' })
    assert.equal((await settledAgain(concord, id)).output, 2)
  })

  it('sent twice, by name or by hash, does not approve the same question of a step that was redone', async () => {
    let checks = 0
    const x = agent({ name: 'x', run: (_, context) => context.approve('Pay?') })
    const checker = agent({
      name: 'check',
      run: () =>
        ++checks === 1
          ? { met: false, reasons: ['once more'], redo: [{ step: 'a' }] }
          : { met: true, reasons: [] },
    })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }], checker })
    const { id } = await concord.run({ text: 'x', team: 't' })
    const [wait] = await concord.waits(id)
    assert.ok(wait?.hash !== undefined)
    await concord.signal(id, { kind: 'approve', name: wait.name }, { wake: false })
    // The second click, before the run has read the first: it is recorded, and fits nothing.
    await concord.signal(id, { kind: 'approve', hash: wait.hash }, { wake: false })
    assert.equal((await settledAgain(concord, id)).status, 'waiting')
    const [next] = await concord.waits(id)
    assert.equal(next?.prompt, wait.prompt)
    assert.notEqual(next?.hash, wait.hash)
    for (const address of [{ name: wait.name }, { hash: wait.hash }])
      await assert.rejects(concord.signal(id, { kind: 'approve', ...address }), { code: 'run.not-waiting' })
    await decide(concord, id, { kind: 'reject' })
    assert.equal((await settledAgain(concord, id)).plan?.steps.get('a')?.output, false)
  })

  it('of a step shows its input, which is what it is called with, whatever is written in the meantime', async () => {
    const inputs: unknown[] = []
    const x = agent<unknown, unknown>({ name: 'x', run: (input) => inputs.push(input) })
    const writing = agent({
      name: 'w',
      run: async (_, context) => {
        await context.state.set('to', 'Anna')
        return 1
      },
    })
    const concord = await concordWith({
      agents: [x, writing],
      plan: () => [
        { id: 'w', agent: 'w' },
        { id: 'a', agent: 'x', payload: { to: { $state: 'to' } }, requireApproval: true, dependsOn: ['w'] },
        {
          id: 'f',
          agent: 'x',
          forEach: [1, 2],
          payload: { to: { $state: 'to' }, n: { $item: '' } },
          requireApproval: true,
          dependsOn: ['a'],
        },
      ],
    })
    const { id } = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual((await concord.waits(id))[0]?.input, { to: 'Anna' })
    await concord.state(`run/${id}`).set('to', 'Mallory')
    await decide(concord, id, { kind: 'approve' })
    await settledAgain(concord, id)
    assert.deepEqual(inputs, [{ to: 'Anna' }])
    assert.deepEqual((await concord.waits(id))[0]?.input, {
      forEach: [1, 2],
      payload: { to: 'Mallory', n: { $item: '' } },
    })
    await decide(concord, id, { kind: 'approve' })
    assert.equal((await settledAgain(concord, id)).status, 'succeeded')
    assert.deepEqual(
      new Set(inputs.map((input) => JSON.stringify(input))),
      new Set(['{"to":"Anna"}', '{"to":"Mallory","n":1}', '{"to":"Mallory","n":2}']),
    )
    const received = await eventOf(concord, id, (event) => event.type === 'signal.received')
    assert.ok(received.type === 'signal.received' && received.data.signal.hash?.length === 64)
  })
})
