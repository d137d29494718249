import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentContext, agent, type Conflict, type Json, type OnConflict } from '../../src/index.ts'
import { concordWith } from './fixture.ts'

type Stock = { pens: number; by: string[] }

/** An agent that reads, is overtaken by somebody each time until `overtaken` times, and writes. */
const writer = (onConflict: OnConflict | undefined, overtaken: number) => {
  let times = 0
  return agent({
    name: 'writer',
    attemptsMax: 1,
    run: async (_, context: AgentContext) => {
      const state = context.state.in('global')
      const change = async (value: Json | undefined) => {
        const { pens, by } = (value ?? { pens: 0, by: [] }) as Stock
        if (times++ < overtaken) await others(context, times)
        return { pens: pens + 10, by: [...by, 'writer'] }
      }
      await state.update('stock', change, onConflict === undefined ? {} : { onConflict })
      return (await state.get('stock')) ?? null
    },
  })
}

const others = async (context: AgentContext, n: number): Promise<void> => {
  const state = context.state.in('global')
  const { pens, by } = ((await state.get('stock')) ?? { pens: 0, by: [] }) as Stock
  await state.set('stock', { pens: pens + 1, by: [...by, `other ${n}`] })
}

const mediator = (
  seen: Conflict[],
  more: (context: AgentContext, times: number) => Promise<void> = async () => {},
) =>
  agent({
    name: 'peacemaker',
    role: 'mediator',
    run: async (conflict: Conflict, context: AgentContext) => {
      seen.push(conflict)
      await more(context, seen.length)
      const [base, mine, theirs] = [conflict.base.value, conflict.mine.value, conflict.theirs.value].map(
        (value) => (value ?? { pens: 0, by: [] }) as Stock,
      ) as [Stock, Stock, Stock]
      return { pens: theirs.pens + mine.pens - base.pens, by: [...theirs.by, 'merged'] }
    },
  })

const plan = () => [{ id: 'a', agent: 'writer' }]

describe('a write that somebody came before', () => {
  it('is made anew from what they wrote, and that is told', async () => {
    const concord = await concordWith({ agents: [writer(undefined, 2)], plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { pens: 12, by: ['other 1', 'other 2', 'writer'] })
    const resolved = (await concord.events(run.id)).filter(({ type }) => type === 'conflict.resolved')
    assert.equal(resolved.length, 1)
    const [event] = resolved
    assert.ok(event?.type === 'conflict.resolved')
    assert.deepEqual(
      [event.data.by, event.data.attempts, event.data.theirs.version, event.data.resolution.version],
      ['retry', 3, 2, 3],
    )
    assert.equal(event.step, 'a')
  })

  it('fails where that is wanted, with both versions, and writes nothing', async () => {
    const concord = await concordWith({ agents: [writer('fail', 1)], plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.match(run.failure?.message ?? '', /version 0 was read, 1 is there/)
    assert.deepEqual(await concord.state('global').get('stock'), { pens: 1, by: ['other 1'] })
  })

  it('is handed to a mediator with both versions and who wrote them; what it returns is written', async () => {
    const seen: Conflict[] = []
    const concord = await concordWith({
      agents: [writer({ mediator: 'peacemaker' }, 1), mediator(seen)],
      plan,
    })
    await concord.state('global').set('stock', { pens: 5, by: ['user'] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { pens: 16, by: ['user', 'other 1', 'merged'] })
    const [conflict] = seen
    assert.deepEqual(
      [conflict?.base.version, conflict?.theirs.version, conflict?.namespace, conflict?.key],
      [1, 2, 'global', 'stock'],
    )
    assert.deepEqual(conflict?.base.provenance, { agent: 'user' })
    assert.equal(conflict?.theirs.provenance.agent, 'writer')
    assert.equal(conflict?.mine.provenance.run, run.id)
    const event = (await concord.events(run.id)).find(({ type }) => type === 'conflict.resolved')
    assert.ok(event?.type === 'conflict.resolved')
    assert.deepEqual(
      [event.data.by, event.data.mediator, event.data.theirs.value, event.data.resolution.value],
      ['mediator', 'peacemaker', { pens: 6, by: ['user', 'other 1'] }, run.output],
    )
  })

  it('is mediated again when somebody comes before the mediator, a bounded number of times', async () => {
    const seen: Conflict[] = []
    const agents = [
      writer({ mediator: 'peacemaker' }, 1),
      mediator(seen, (context, n) => (n < 3 ? others(context, 10 + n) : Promise.resolve())),
    ]
    const concord = await concordWith({ agents, plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(seen.length, 3)
    assert.equal((run.output as Stock).pens, 13)
    const endless = await concordWith({
      agents: [writer({ mediator: 'peacemaker' }, 1), mediator([], (context, n) => others(context, 10 + n))],
      plan,
    })
    const failed = await endless.run({ text: 'x', team: 't' })
    assert.match(failed.failure?.message ?? '', /5 others came between each time, the bound attemptsMax/)
  })

  it('needs a mediator that is one', async () => {
    const concord = await concordWith({
      agents: [writer({ mediator: 'writer' }, 1)],
      plan,
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.match(run.failure?.message ?? '', /its role must be mediator: specialist/)
    await assert.rejects(
      concord.state('global').update(
        'k',
        async () => {
          await concord.state('global').set('k', 1)
          return 2
        },
        { onConflict: { mediator: 'x' } },
      ),
      { code: 'agent.unknown' },
    )
  })

  it('is made again on what stands by an attempt after one that failed', async () => {
    const seen: Conflict[] = []
    const write = writer({ mediator: 'peacemaker' }, 1)
    const failing = agent({
      ...write,
      attemptsMax: 3,
      run: async (input, context: AgentContext) => {
        const output = await write.run(input, context)
        if (context.attempt < 3) throw new Error('after the write')
        return output ?? null
      },
    })
    const concord = await concordWith({ agents: [failing, mediator(seen)], plan })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { pens: 31, by: ['other 1', 'merged', 'writer', 'writer'] })
    assert.equal(seen.length, 1)
  })
})
