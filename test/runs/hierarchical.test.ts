import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, ConcordError, type Step } from '../../src/index.ts'
import { answering, concordWith, typesOf } from './fixture.ts'

const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })
const upper = agent<{ text: string }, string>({ name: 'upper', run: ({ text }) => text.toUpperCase() })

describe('a hierarchical run', () => {
  it('runs steps in the order listed when none depends on another, and hands results on by reference', async () => {
    const concord = await concordWith({
      agents: [upper, echo],
      plan: (goal) => [
        { id: 'a', agent: 'upper', payload: { text: goal.text } },
        { id: 'b', agent: 'echo', payload: { heard: { $step: 'a' }, length: { $state: 'step:a' } } },
      ],
    })
    const run = await concord.run({ text: 'hello', team: 't' })
    assert.equal(run.status, 'succeeded')
    assert.deepEqual(run.output, { heard: 'HELLO', length: 'HELLO' })
    assert.deepEqual(typesOf(await concord.events(run.id), 'step.'), [
      'step.started a',
      'step.succeeded a',
      'step.started b',
      'step.succeeded b',
    ])
  })

  it('runs steps in parallel wherever dependencies permit', async () => {
    let open = 0
    let most = 0
    const gate: (() => void)[] = []
    const meet = agent({
      name: 'meet',
      run: async () => {
        most = Math.max(most, ++open)
        await new Promise<void>((resolve) => {
          gate.push(resolve)
          if (gate.length === 3) for (const go of gate) go()
        })
        open--
        return open
      },
    })
    const parallel = ['a', 'b', 'c'].map((id): Step => ({ id, agent: 'meet', dependsOn: [] }))
    const concord = await concordWith({
      agents: [meet, echo],
      plan: () => [...parallel, { id: 'join', agent: 'echo', payload: 'done', dependsOn: ['a', 'b', 'c'] }],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'done')
    assert.equal(most, 3)
  })

  it('bounds the items of a fan-out under way and keeps their order', async () => {
    let open = 0
    let most = 0
    const slow = agent<{ n: number }, number>({
      name: 'slow',
      run: async ({ n }) => {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setImmediate(resolve))
        open--
        return n * 10
      },
    })
    const concord = await concordWith({
      agents: [slow],
      plan: () => [
        {
          id: 'f',
          agent: 'slow',
          forEach: [1, 2, 3, 4, 5, 6, 7, 8, 9],
          concurrency: 3,
          payload: { n: { $item: '' } },
        },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, [10, 20, 30, 40, 50, 60, 70, 80, 90])
    assert.equal(most, 3)
  })

  it('fans out over an empty list to an empty result', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'f', agent: 'echo', forEach: [] }],
    })
    assert.deepEqual((await concord.run({ text: 'x', team: 't' })).output, [])
  })

  it('skips a step whose condition does not hold, and what refers to it gets null', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [
        { id: 'a', agent: 'echo', payload: { go: false } },
        { id: 'b', agent: 'echo', payload: 'never', when: { $step: 'a', path: '/go', equals: true } },
        { id: 'c', agent: 'echo', payload: { b: { $step: 'b' } } },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, { b: null })
    assert.ok(typesOf(await concord.events(run.id)).includes('step.skipped b'))
  })

  it('tries a failing step again with the same idempotency key, then succeeds', async () => {
    const keys: string[] = []
    const flaky = agent({
      name: 'flaky',
      run: (_input, context) => {
        keys.push(context.idempotencyKey)
        if (keys.length < 3) throw new Error('not yet')
        return 'at last'
      },
    })
    const concord = await concordWith({ agents: [flaky], plan: () => [{ id: 'a', agent: 'flaky' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'at last')
    assert.deepEqual(keys, [`${run.id}/1/a/0`, `${run.id}/1/a/0`, `${run.id}/1/a/0`])
  })

  it('fails with the reason when a step fails for good, and goes on when it is optional', async () => {
    const broken = agent({
      name: 'broken',
      attemptsMax: 1,
      run: () => {
        throw new ConcordError('agent.failed', 'the pump is broken')
      },
    })
    const plan = (optional: boolean) => (): Step[] => [
      { id: 'a', agent: 'broken', optional },
      { id: 'b', agent: 'echo', payload: { a: { $step: 'a' } } },
    ]
    const failing = await concordWith({ agents: [broken, echo], plan: plan(false) })
    const failed = await failing.run({ text: 'x', team: 't' })
    assert.equal(failed.status, 'failed')
    assert.equal(failed.failure?.message, 'the pump is broken')
    const tolerant = await concordWith({ agents: [broken, echo], plan: plan(true) })
    assert.deepEqual((await tolerant.run({ text: 'x', team: 't' })).output, { a: null })
  })

  it('rejects plans that cannot work, telling the planner why, until the bound', async () => {
    const planner = answering('planner', { steps: [{ id: 'a', agent: 'nobody' }] })
    const concord = await concordWith({ agents: [echo, upper], planner, bounds: { plansMax: 3 } })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'plan.infeasible')
    assert.match(run.failure?.message ?? '', /wants agent "nobody", which is not in the team: echo, upper/)
    assert.equal(planner.inputs.length, 3)
    assert.deepEqual(Object.keys(planner.inputs[0] as object), ['goal', 'params'])
    assert.match(
      JSON.stringify(planner.inputs[1]),
      /"previous":\{"plan":\{"steps":\[\{"id":"a","agent":"nobody"\}\]\}.*which is not in the team/,
    )
  })

  for (const [what, steps, reason] of [
    [
      'a cycle',
      [
        { id: 'a', agent: 'echo', dependsOn: ['b'] },
        { id: 'b', agent: 'echo', dependsOn: ['a'] },
      ],
      /wait for each other: a -> b -> a/,
    ],
    [
      'an unknown dependency',
      [{ id: 'a', agent: 'echo', dependsOn: ['z'] }],
      /depends on "z", which is not a step/,
    ],
    [
      'an unresolvable reference',
      [{ id: 'a', agent: 'echo', payload: { x: { $step: 'z' } } }],
      /depends on "z"/,
    ],
    [
      'two steps of one name',
      [
        { id: 'a', agent: 'echo' },
        { id: 'a', agent: 'echo' },
      ],
      /two steps are called "a"/,
    ],
    ['no steps', [], /has no step/],
    ['rubbish', 'go!', /has no "steps" array/],
    [
      'a state key that is not there',
      [{ id: 'a', agent: 'echo', payload: { x: { $state: 'nowhere' } } }],
      /refers to \{"\$state":"nowhere"\}, which is not there/,
    ],
    [
      'a pointer into nothing',
      [
        { id: 'a', agent: 'echo', payload: 1 },
        { id: 'b', agent: 'echo', payload: { $step: 'a', path: '/x' } },
      ],
      /which is not there/,
    ],
  ] as const)
    it(`ends with a clear reason for a plan with ${what}`, async () => {
      const planner = answering('planner', typeof steps === 'string' ? steps : { steps })
      const concord = await concordWith({ agents: [echo], planner, bounds: { plansMax: 1 } })
      const run = await concord.run({ text: 'x', team: 't' })
      assert.equal(run.status, 'failed')
      assert.match(JSON.stringify(run.reasons), new RegExp(reason.source.replaceAll('"', '\\\\"')))
    })

  it('redoes named steps and what was built on them with feedback, under a new key', async () => {
    const keys: string[] = []
    const writer = agent<{ feedback?: string }, string>({
      name: 'writer',
      run: ({ feedback }, context) => {
        keys.push(context.idempotencyKey)
        return feedback === undefined ? 'draft' : `better: ${feedback}`
      },
    })
    const checker = answering(
      'checker',
      { valid: false, reasons: ['too short'], redo: [{ step: 'w', feedback: 'longer' }] },
      { valid: true, summary: 'fine' },
    )
    const concord = await concordWith({
      agents: [writer, echo],
      checker,
      output: 'e',
      plan: () => [
        { id: 'other', agent: 'echo', payload: 1, dependsOn: [] },
        { id: 'w', agent: 'writer', dependsOn: [] },
        { id: 'e', agent: 'echo', payload: { text: { $step: 'w' } }, dependsOn: [] },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'succeeded')
    assert.deepEqual(run.output, { text: 'better: longer' })
    assert.deepEqual(keys, [`${run.id}/1/w/0`, `${run.id}/1/w/1`])
    const types = typesOf(await concord.events(run.id))
    assert.equal(types.filter((type) => type === 'step.succeeded other').length, 1)
    assert.deepEqual(checker.inputs[0], {
      goal: 'x',
      results: [1, 'draft', { text: 'draft' }],
      steps: ['other', 'w', 'e'],
    })
    assert.deepEqual(
      types.filter((type) => type.startsWith('check.')),
      ['check.unmet', 'check.met'],
    )
  })

  it('redoes single items of a fan-out', async () => {
    const reader = agent<{ n: number; feedback?: string }, string>({
      name: 'reader',
      run: ({ n, feedback }) => `${n}${feedback ?? ''}`,
    })
    const checker = answering(
      'checker',
      { met: false, reasons: [], redo: [{ step: 'r/1', feedback: '!' }] },
      { met: true },
    )
    const concord = await concordWith({
      agents: [reader],
      checker,
      plan: () => [{ id: 'r', agent: 'reader', forEach: [1, 2, 3], payload: { n: { $item: '' } } }],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, ['1', '2!', '3'])
    const started = typesOf(await concord.events(run.id), 'step.started')
    assert.deepEqual(started.slice(3), ['step.started $check', 'step.started r/1', 'step.started $check'])
  })

  it('plans anew when the check names no step, with what was learned, and fails when the bound is reached', async () => {
    const planner = answering('planner', { steps: [{ id: 'a', agent: 'echo', payload: 1 }] })
    const checker = answering('checker', { valid: false, reasons: ['wrong'] })
    const concord = await concordWith({ agents: [echo], planner, checker, bounds: { plansMax: 2 } })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'goal.unmet')
    assert.deepEqual(run.reasons, ['wrong'])
    assert.deepEqual((planner.inputs[1] as { previous: unknown }).previous, {
      plan: { steps: [{ id: 'a', agent: 'echo', payload: 1 }] },
      results: { a: 1 },
      reasons: ['wrong'],
    })
  })

  it('bounds redoing', async () => {
    const checker = answering('checker', {
      met: false,
      reasons: ['again'],
      redo: [{ step: 'a', feedback: 'again' }],
    })
    const concord = await concordWith({
      agents: [echo],
      checker,
      plan: () => [{ id: 'a', agent: 'echo' }],
      bounds: { redosMax: 2 },
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'goal.unmet')
    assert.match(run.reasons.join(), /redone 2 times, the bound redosMax/)
    assert.equal(checker.inputs.length, 3)
  })

  it('does not take a checker that answers rubbish for a pass', async () => {
    const concord = await concordWith({
      agents: [echo],
      checker: answering('checker', 'looks good'),
      plan: () => [{ id: 'a', agent: 'echo' }],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'agent.output-invalid')
  })

  it('lets a judge of feasibility reject a plan', async () => {
    const planner = answering(
      'planner',
      { steps: [{ id: 'a', agent: 'echo', payload: 1 }] },
      { steps: [{ id: 'b', agent: 'echo', payload: 2 }] },
    )
    const judge = answering('judge', { feasible: false, reasons: ['no budget for a'] }, { feasible: true })
    const concord = await concordWith({ agents: [echo], planner, feasibility: judge })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 2)
    assert.deepEqual(typesOf(await concord.events(run.id), 'plan.'), [
      'plan.proposed',
      'plan.rejected',
      'plan.proposed',
      'plan.accepted',
    ])
  })

  it('stops at the budget of steps', async () => {
    const concord = await concordWith({
      agents: [echo],
      plan: () => [{ id: 'f', agent: 'echo', forEach: [1, 2, 3, 4, 5], concurrency: 1 }],
    })
    const run = await concord.run({ text: 'x', team: 't', budget: { steps: 3 } })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'budget.exhausted')
    assert.equal(typesOf(await concord.events(run.id), 'step.started').length, 3)
  })
})

describe('a failure that only a person can mend', () => {
  it('is not answered with another plan', async () => {
    const planner = answering('planner', { steps: [{ id: 'a', agent: 'keyless' }] })
    const keyless = agent({
      name: 'keyless',
      run: () => {
        throw new ConcordError('model.key-missing', 'no key')
      },
    })
    const concord = await concordWith({ agents: [keyless], planner })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'model.key-missing')
    assert.equal(planner.inputs.length, 1)
  })
})
