import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { agent, type Goal, key, plan, type Step, team } from '../../src/index.ts'
import { concordWith } from './fixture.ts'

const goal: Goal = { text: 'Read them', team: 't', params: { urls: ['a/b', 'c'] } }

const page = z.object({
  url: z.string(),
  'a/b~c': z.object({ words: z.number() }),
  note: z.string().optional(),
})
const reader = agent({
  name: 'reader',
  input: z.object({ url: z.string(), at: z.number().default(0) }),
  output: page,
  run: ({ url, at }) => ({ url, 'a/b~c': { words: url.length + at } }),
})
const adder = agent({
  name: 'adder',
  run: ({ counts }: { counts: number[] }) => ({ sum: counts.reduce((sum, count) => sum + count, 0) }),
})
const sayer = agent({ name: 'sayer', run: ({ say }: { say: unknown }) => ({ said: JSON.stringify(say) }) })
const failing = agent({
  name: 'failing',
  attemptsMax: 1,
  run: (): { sum: number } => {
    throw new Error('never')
  },
})
const agents = [reader, adder, sayer, failing]

describe('a plan with types', () => {
  it('is an ordinary plan: steps with references, each after the one before', () => {
    const stock = key('stock', z.object({ lamps: z.array(z.number()) }))
    const write = plan({ params: z.object({ urls: z.array(z.string()) }) }, (writer) => {
      const { step, forEach, params, state, equals, present } = writer
      const first = step('first', reader, { url: params.urls[0] ?? '' })
      const all = forEach('all', reader, params.urls, (url) => ({ url }), { concurrency: 2 })
      forEach('again', reader, all.output, (one) => ({
        url: one.url,
        at: one['a/b~c'].words,
      }))
      return step(
        'sum',
        adder,
        { counts: [first.output['a/b~c'].words, present(state(stock).lamps[1])] },
        { when: equals(first.output.url, 'a/b'), optional: true, attemptsMax: 2 },
      )
    })
    const steps: Step[] = write(goal)
    assert.deepEqual(steps, [
      { id: 'first', agent: 'reader', payload: { url: 'a/b' }, dependsOn: [] },
      {
        id: 'all',
        agent: 'reader',
        forEach: ['a/b', 'c'],
        payload: { url: { $item: '' } },
        concurrency: 2,
        dependsOn: ['first'],
      },
      {
        id: 'again',
        agent: 'reader',
        forEach: { $step: 'all' },
        payload: { url: { $item: '/url' }, at: { $item: '/a~1b~0c/words' } },
        dependsOn: ['all'],
      },
      {
        id: 'sum',
        agent: 'adder',
        payload: {
          counts: [
            { $step: 'first', path: '/a~1b~0c/words' },
            { $state: 'stock', path: '/lamps/1' },
          ],
        },
        optional: true,
        attemptsMax: 2,
        when: { $step: 'first', path: '/url', equals: 'a/b' },
        dependsOn: ['again'],
        answer: true,
      },
    ])
  })

  it('runs: sequences, fan-outs, nested parts, conditions, and the answer of the step it returns', async () => {
    const concord = await concordWith({
      agents,
      plan: plan(
        { params: z.object({ urls: z.array(z.string()) }) },
        ({ step, forEach, params, equals, present }) => {
          const all = forEach('all', reader, params.urls, (url) => ({ url }))
          const lengths = forEach('lengths', adder, all.output, (one) => ({
            counts: [one['a/b~c'].words, 1],
          }))
          const skipped = step('skipped', adder, { counts: [] }, { when: equals(all.output, []) })
          const said = step('said', sayer, {
            say: { lengths: lengths.output, all: [present(all.output[1])], skipped: skipped.output },
          })
          step('last', adder, { counts: [9] })
          return said
        },
      ),
    })
    const { said } = (await concord.result(goal)) as { said: string }
    assert.deepEqual(JSON.parse(said), {
      lengths: [{ sum: 4 }, { sum: 2 }],
      all: [{ url: 'c', 'a/b~c': { words: 1 } }],
      skipped: null,
    })
  })

  it('runs branches at once, and what is written after them when all have ended', () => {
    const steps = plan(({ step, parallel }) => {
      step('before', adder, { counts: [] })
      const [left, right] = parallel(
        () => {
          const one = step('left-1', adder, { counts: [1] })
          return step('left-2', adder, { counts: [one.output.sum] })
        },
        () => step('right', adder, { counts: [2] }),
      )
      step('after', adder, { counts: [left.output.sum, right.output.sum] })
      parallel()
      step('end', adder, { counts: [] })
    })(goal)
    assert.deepEqual(
      steps.map(({ id, dependsOn }) => [id, dependsOn]),
      [
        ['before', []],
        ['left-1', ['before']],
        ['left-2', ['left-1']],
        ['right', ['before']],
        ['after', ['left-2', 'right']],
        ['end', ['after']],
      ],
    )
  })

  it('gives null for a step that fails and is optional, and items of one that do', async () => {
    const concord = await concordWith({
      agents,
      plan: plan(({ step, forEach }) => {
        const weak = step('weak', failing, {}, { optional: true })
        const items = forEach('items', failing, [1, 2], () => ({}), { optional: true })
        return step('said', sayer, { say: [weak.output, items.output] })
      }),
    })
    assert.deepEqual(await concord.result(goal), { said: '[null,[null,null]]' })
  })

  it('answers null where the step that answers was skipped, whatever ran besides', async () => {
    const concord = await concordWith({
      agents,
      plan: plan(({ step, equals }) => {
        const first = step('first', adder, { counts: [1] })
        return step('sum', adder, { counts: [2] }, { when: equals(first.output.sum, 7) })
      }),
      checker: agent({ name: 'checker', run: () => ({ met: true, reasons: [], summary: 'other' }) }),
    })
    assert.equal(await concord.result(goal), null)
  })

  it('rejects the run whose value is absent, with the reference', async () => {
    const concord = await concordWith({
      agents,
      plan: plan(({ step, present }) => {
        const one = step('one', reader, { url: 'a' })
        return step('said', sayer, { say: present(one.output.note) })
      }),
    })
    const run = await concord.run(goal)
    assert.match(run.failure?.message ?? '', /\{"\$step":"one","path":"\/note"\}, which is not there/)
  })

  for (const [what, write, message] of [
    [
      'an agent that is not in the team',
      plan(({ step }) => step('a', agent({ name: 'stranger', run: () => 1 }))),
      /agent "stranger" is not in the team: reader, adder, sayer, failing; list the same agent/,
    ],
    [
      'another agent of the same name',
      plan(({ step }) => step('a', agent({ name: 'adder', run: () => 1 }))),
      /the team has another agent called "adder"/,
    ],
    [
      'an output as text',
      plan(({ step }) => {
        const { output } = step('a', adder, { counts: [] })
        step('b', sayer, { say: `${output.sum}` })
      }),
      /Cannot make text or a number of \{"\$step":"a","path":"\/sum"\}.*pass it to a step as input/,
    ],
    [
      'a condition on a value',
      plan(({ step, equals }) => {
        step('a', adder, { counts: [] }, { when: equals(3 as never, 3 as never) })
      }),
      /Cannot use equals\(\) as it must be a reference/,
    ],
    [
      'a function that is not at once',
      plan((async () => {}) as never),
      /its function must return one of its steps, or nothing: a promise/,
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      const concord = await concordWith({ agents, plan: write })
      const run = await concord.run(goal)
      assert.equal(run.failure?.code, 'plan.infeasible')
      assert.match(run.failure?.message ?? '', message)
    })

  it('takes no goal whose params do not fit, and fails a run that was forked to such', async () => {
    const params = z.object({ urls: z.array(z.string()) })
    const concord = await concordWith({
      agents,
      plan: plan({ params }, ({ step }) => step('a', adder, { counts: [] })),
    })
    const message = /its params do not fit: \/urls: .*; correct the params/
    await assert.rejects(concord.start({ text: 'x', team: 't' }), { code: 'input.invalid', message })
    await assert.rejects(concord.start({ text: 'x', team: 't', params: { urls: 'a' } }), { message })
    assert.deepEqual(await concord.runs(), [])
    const handle = await concord.start(goal)
    await handle.result()
    const fork = await handle.fork({ at: 1, params: { urls: 3 } })
    const { failure } = await fork.settled()
    assert.equal(failure?.code, 'plan.infeasible')
    assert.match(failure?.message ?? '', message)
  })

  it('refuses steps that come after it was made', () => {
    let later: (() => void) | undefined
    plan(({ step }) => {
      step('a', adder, { counts: [] })
      later = () => step('b', adder, { counts: [] })
    })(goal)
    assert.throws(() => later?.(), /Cannot add step "b" as the plan is made/)
  })
})

describe('the answer of a team', () => {
  const answer = z.object({ total: z.number(), currency: z.string().default('EUR') })

  it('is what its schema makes of the output', async () => {
    const concord = await concordWith({
      agents: [agent({ name: 'a', run: () => ({ total: 3, more: 1 }) })],
      answer,
    })
    assert.deepEqual(await concord.result(goal), { total: 3, currency: 'EUR' })
  })

  it('is refused where it does not fit, with the places, and so is one that cannot be judged at once', async () => {
    const wrong = [
      [answer, /must fit its schema: answer \/total: .*; correct the agent that gives it, or "answer"/],
      [z.object({ total: z.number() }).refine(async () => true), /answers later \(a promise\)/],
      [z.any().transform(() => new Map()), /Cannot return the answer .* Map/],
    ] as const
    for (const [schema, message] of wrong) {
      const out = schema === answer ? { total: 'three' } : { total: 3 }
      const concord = await concordWith({ agents: [agent({ name: 'a', run: () => out })], answer: schema })
      await assert.rejects(concord.result(goal), { code: 'agent.output-invalid', message })
    }
  })

  it('makes a planner plan again, with the reasons', async () => {
    const seen: unknown[] = []
    const planner = agent({
      name: 'planner',
      run: (input: { previous?: { reasons: string[] } }) => {
        seen.push(input.previous?.reasons)
        return { steps: [{ id: 'a', agent: 'a', payload: { n: seen.length } }] }
      },
    })
    const worker = agent({ name: 'a', run: ({ n }: { n: number }) => ({ total: n > 1 ? n : 'one' }) })
    const concord = await concordWith({ agents: [worker], planner, answer })
    assert.deepEqual(await concord.result(goal), { total: 2, currency: 'EUR' })
    assert.equal(seen.length, 2)
    assert.match(String(seen[1]), /^answer \/total: /)
  })
})

describe('the answer of a team with a checker', () => {
  it('is judged after the check, and what is wrong with it makes a new plan', async () => {
    const worker = agent({ name: 'a', run: () => 'work' })
    let checks = 0
    const checker = agent({
      name: 'checker',
      run: () => ({ met: true, reasons: [], summary: ++checks === 1 ? 'all is well' : { total: 5 } }),
    })
    const planner = agent({ name: 'planner', run: () => ({ steps: [{ id: 'a', agent: 'a' }] }) })
    const answer = z.object({ total: z.number() })
    const concord = await concordWith({ agents: [worker], planner, checker, answer })
    const run = await concord.run(goal)
    assert.deepEqual(run.output, { total: 5 }, run.failure?.message)
    assert.equal(checks, 2)
    assert.match(String(run.rejectedPlans[0]?.reasons), /^answer \/: /)
  })
})

describe('an agent of two kinds', () => {
  it('is refused, whatever the types said', async () => {
    for (const [more, kinds] of [
      [{ url: 'http://127.0.0.1:1/run' }, '"run" and "url"'],
      [{ instructions: 'Add.' }, '"run" and "instructions"'],
      [{ team: 'u', reason: () => ({}) }, '"run" and "reason" and "team"'],
    ] as const)
      await assert.rejects(concordWith(team({ agents: [{ ...adder, ...more } as never] })), {
        code: 'config.invalid',
        message: new RegExp(`agent "adder" has ${kinds}, which are different kinds.*; keep one`),
      })
  })
})
