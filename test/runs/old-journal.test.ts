import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft, Wait } from '../../src/domain/event.ts'
import { agent, type Concord, tool } from '../../src/index.ts'
import { anything, concordWith, decide } from './fixture.ts'

const goal = { text: 'x', team: 't' }
const started = { plan: 1, redo: 0, attempt: 1 }

/** A run as 0.1 left it: no `journal` in run.queued, calls named by their order, waits without hash and call. */
const oldRun = async (concord: Concord, id: string, calls: Draft[], wait: Wait): Promise<void> => {
  const of = (type: string, data: unknown, step = 'a'): Draft =>
    ({ type, data, at: 1, step, agent: step === 'a' ? 'x' : '$code' }) as Draft
  const about = (type: string, data: unknown): Draft => ({ type, data, at: 1 }) as Draft
  const steps = [{ id: 'a', agent: 'x' }]
  await concord.log.append({
    stream: `run/${id}`,
    expectedVersion: 0,
    epoch: 1,
    events: [
      about('run.queued', { goal, strategy: 'hierarchical', depth: 0 }),
      about('run.claimed', { owner: 'gone', epoch: 1 }),
      about('run.started', {}),
      about('plan.proposed', { version: 1, steps }),
      about('plan.accepted', { version: 1 }),
      of('step.started', started),
      ...calls,
      of('step.waiting', { plan: 1, redo: 0, wait }),
      about('run.waiting', { for: [wait] }),
    ],
    summary: { run: id, status: 'waiting', goal, createdAt: 1, updatedAt: 1 },
  })
}

const entry = (type: string, data: unknown): Draft => ({ type, data, at: 1, step: 'a', agent: 'x' }) as Draft

describe('a run that 0.1 left waiting', () => {
  it('continues from its journal: calls are known by their order, and none is made again', async () => {
    const effects: unknown[] = []
    const note = tool({
      name: 'note',
      description: 'Notes.',
      input: anything,
      permission: 'read',
      execute: (input) => effects.push(input),
    })
    const inner = agent({ name: 'inner', run: (_, context) => context.step('s', () => effects.push('s')) })
    const x = agent({
      name: 'x',
      tools: [note],
      run: async (_, context) => [
        (await context.tool('note', 1)).output ?? null,
        await context.step('s', () => effects.push('s')),
        await context.call('inner', 1),
        await context.waitFor('go'),
        await context.approve('Pay 10?'),
        await context.waitFor('go'),
        (await context.tool('note', 2)).output ?? null,
      ],
    })
    const concord = await concordWith({ agents: [x, inner], plan: () => [{ id: 'a', agent: 'x' }] })
    await oldRun(
      concord,
      'old',
      [
        entry('tool.called', { call: 'tool:note#1', tool: 'note', input: 1, permission: 'read' }),
        entry('tool.answered', { call: 'tool:note#1', tool: 'note', output: 'noted', ms: 1 }),
        entry('step.recorded', { call: 'step:s#1', name: 's', value: 'done' }),
        entry('step.recorded', { call: 'agent:inner#1/step:s#1', name: 's', value: 'within' }),
        entry('step.waiting', { plan: 1, redo: 0, wait: { for: 'signal', name: 'go' } }),
        {
          type: 'signal.received',
          at: 1,
          data: { inbox: 0, signal: { kind: 'signal', name: 'go', value: 1 } },
        },
        entry('step.started', started),
      ],
      { for: 'approval', name: 'approve#1', prompt: 'Pay 10?' },
    )
    const [wait] = await concord.waits('old')
    assert.match(wait?.hash ?? '', /^[0-9a-f]{64}$/)
    await concord.signal('old', { kind: 'approve', name: 'approve#1' })
    await concord.runner.resume('old', 'test')
    assert.equal((await concord.runner.settled('old')).status, 'waiting')
    await concord.signal('old', { kind: 'signal', name: 'go', value: 2 })
    await concord.runner.resume('old', 'test')
    const run = await concord.runner.settled('old')
    assert.deepEqual(
      run.output,
      ['noted', 'done', 'within', 1, true, 2, 1],
      JSON.stringify(run.failure ?? run.output),
    )
    assert.deepEqual(effects, [2])
  })

  it('asks again what it asked in other words, whole where it was cut', async () => {
    const x = agent({ name: 'x', run: (_, context) => context.approve('Delete all files?') })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    await oldRun(concord, 'old', [], { for: 'approval', name: 'approve#1', prompt: 'Pay 10?' })
    await decide(concord, 'old', { kind: 'approve' })
    await concord.runner.resume('old', 'test')
    assert.equal((await concord.runner.settled('old')).status, 'waiting')
    assert.equal((await concord.waits('old'))[0]?.prompt, 'Delete all files?')
    await decide(concord, 'old', { kind: 'reject' })
    await concord.runner.resume('old', 'test')
    assert.equal((await concord.runner.settled('old')).output, false)
  })
})
