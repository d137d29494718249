import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { agent, type Concord, type Limits, type TeamDefinition, team } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { concordWith } from '../runs/fixture.ts'

const price = { inputPerMillion: 1_000_000, outputPerMillion: 1_000_000 }
/** Each call costs its bound, or less where `actual` is. */
const spender = (bound: number, actual = bound) =>
  scriptedModel(() => ({ text: 'x', usage: { inputTokens: 1, outputTokens: actual - 1 } }), {
    price,
    outputTokensMax: bound - 1,
  })

const runsOf = async (concord: Concord) => {
  const runs = await concord.runs()
  return Promise.all(runs.map(async ({ run }) => ({ run, events: await concord.events(run) })))
}

type Units = 'tokens' | 'money'

/** What all runs of the tree were billed: in the end, and before the first of them was refused something. */
const billed = async (concord: Concord, unit: Units = 'tokens') => {
  const events = (await runsOf(concord)).flatMap((each) => each.events)
  events.sort((a, b) => a.position - b.position)
  let all = 0
  let before: number | undefined
  for (const event of events) {
    if (event.type === 'model.answered') all += event.data[unit]
    if (event.type === 'budget.exhausted') before ??= all
  }
  return { all, before: before ?? all }
}

/** Children of one parent, at once: each makes as many calls as its goal says. */
const spendingTeams = (model: ReturnType<typeof spender>, calls: readonly number[], budget?: Limits) => {
  const spends = agent({
    name: 'spends',
    attemptsMax: 1,
    run: async (_input, context) => {
      for (let i = 0; i < Number(context.goal.text); i++) await context.model(`think ${i}`, { model })
      return 'spent'
    },
  })
  const hands = agent<number, unknown>({
    name: 'hands',
    attemptsMax: 1,
    run: (n, context) => context.delegate('small', String(n), budget === undefined ? {} : { budget }),
  })
  const definition: TeamDefinition = {
    agents: [hands],
    bounds: { plansMax: 1 },
    plan: () =>
      calls.map((n, i) => ({ id: `c${i}`, agent: 'hands', payload: n, optional: true, dependsOn: [] })),
  }
  return { definition, teams: { small: team({ agents: [spends] }) } }
}

describe('a tight budget over a tree', () => {
  for (const unit of ['tokens', 'money'] as const)
    it(`of ${unit} goes to whoever needs it: at least 90 % before anybody is refused`, async (t) => {
      const { definition, teams } = spendingTeams(spender(100), [1000, 2, 2, 2, 2, 2])
      const concord = await concordWith(definition, { teams })
      const run = await concord.run({ text: 'x', team: 't', budget: { [unit]: 6_050 } })
      const { all, before } = await billed(concord, unit)
      t.diagnostic(`${before} of 6050 before the first refusal, ${all} in the end`)
      assert.ok(before >= 0.9 * 6_050, `${before} of 6050 before the first refusal`)
      assert.ok(all <= 6_050, `${all} of 6050`)
      assert.equal(run.spent[unit], all)
    })

  it('of tokens, where bounds are above what calls cost', async (t) => {
    const { definition, teams } = spendingTeams(spender(100, 30), [1000, 2, 500, 2])
    const concord = await concordWith(definition, { teams })
    await concord.run({ text: 'x', team: 't', budget: { tokens: 4_000 } })
    const { all, before } = await billed(concord)
    t.diagnostic(`${before} of 4000 before the first refusal, ${all} in the end`)
    assert.ok(before >= 0.9 * 4_000, `${before} of 4000 before the first refusal`)
    assert.ok(all <= 4_000, `${all} of 4000`)
  })

  it('of tokens over three levels', async (t) => {
    const { definition, teams } = spendingTeams(spender(100), [1000, 2, 20])
    const leads = agent({
      name: 'leads',
      attemptsMax: 1,
      run: (_input, context) => context.delegate('middle', 'x'),
    })
    const concord = await concordWith(
      {
        agents: [leads],
        plan: () => [0, 1, 2, 3].map((i) => ({ id: `m${i}`, agent: 'leads', optional: true, dependsOn: [] })),
      },
      { teams: { ...teams, middle: team(definition) } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 20_000 } })
    const { all, before } = await billed(concord)
    t.diagnostic(`${before} of 20000 before the first refusal, ${all} in the end`)
    assert.ok(before >= 0.9 * 20_000, `${before} of 20000 before the first refusal`)
    assert.ok(all <= 20_000, `${all} of 20000`)
    assert.equal(run.spent.tokens, all)
    assert.equal((await concord.runs()).length, 17)
  })

  it('of steps', async () => {
    let executed = 0
    const counts = agent({ name: 'counts', attemptsMax: 1, run: () => ++executed })
    const small = team({
      agents: [counts],
      plan: ({ text }) =>
        Array.from({ length: Number(text) }, (_, i) => ({ id: `s${i}`, agent: 'counts', payload: i })),
    })
    const { definition } = spendingTeams(spender(1), [3, 60, 1, 1, 1])
    const concord = await concordWith(definition, { teams: { small } })
    const run = await concord.run({ text: 'x', team: 't', budget: { steps: 72 } })
    assert.equal(run.status, 'succeeded', JSON.stringify(run.failure))
    assert.equal(executed, 66)
    const exhausted = (await runsOf(concord)).flatMap(({ events }) =>
      events.filter((event) => event.type === 'budget.exhausted'),
    )
    assert.deepEqual(exhausted, [])
  })

  it('with all children short at once: one is refused with the reason, and what it gives back serves the others', async () => {
    const { definition, teams } = spendingTeams(spender(300), [1, 1, 1, 1])
    const concord = await concordWith(definition, { teams })
    await concord.run({ text: 'x', team: 't', budget: { tokens: 1_000 } })
    assert.equal((await billed(concord)).all, 900)
    const runs = await runsOf(concord)
    const failures = runs.flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'run.failed' ? [event.data.failure] : [])),
    )
    assert.deepEqual(
      failures.map((failure) => failure.code),
      ['budget.exhausted'],
    )
    assert.match(failures[0]?.message ?? '', /Cannot spend \d+ more tokens as the budget allows/)
  })

  it('what delegate was given stays the ceiling of a child', async () => {
    const { definition, teams } = spendingTeams(spender(100), [1000, 1000, 1], { tokens: 550 })
    const concord = await concordWith(definition, { teams })
    const { id } = await concord.run({ text: 'x', team: 't', budget: { tokens: 10_000 } })
    for (const { run } of await concord.runs({ parent: id })) {
      const { book } = await concord.runner.load(run)
      assert.ok(book.spent.tokens <= 550, `${run}: ${book.spent.tokens}`)
    }
    assert.equal((await billed(concord)).all, 1_100)
  })

  it('beside a child that waits for a person: who is short is refused, nobody waits for days', async () => {
    const model = spender(100)
    const asks = agent({
      name: 'asks',
      run: async (_input, context) => (await context.approve('Go on?')) && 'went on',
    })
    const { definition, teams } = spendingTeams(model, [1000])
    const waits = agent({ name: 'waits', run: (_input, context) => context.delegate('asking', 'x') })
    const concord = await concordWith(
      {
        ...definition,
        agents: [...definition.agents, waits],
        plan: (goal) => [{ id: 'w', agent: 'waits', dependsOn: [] }, ...(definition.plan?.(goal) ?? [])],
      },
      { teams: { ...teams, asking: team({ agents: [asks] }) } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 4_000 } })
    assert.equal(run.status, 'waiting')
    assert.equal((await concord.runner.load(run.id)).plan?.steps.get('c0')?.status, 'skipped')
    assert.ok((await billed(concord)).all >= 0.7 * 4_000)
  })

  it('is waited for by a call of the parent itself, as long as a child may give back', async () => {
    const model = spender(100, 30)
    const gate = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      attemptsMax: 1,
      run: async (_input, context) => {
        await context.model('think', { model })
        began.resolve()
        await gate.promise
        return 1
      },
    })
    const hands = agent({
      name: 'hands',
      attemptsMax: 1,
      run: (_input, context) => context.delegate('small', 'x'),
    })
    const own = agent({
      name: 'own',
      attemptsMax: 1,
      run: async (_input, context) => {
        await began.promise
        const answer = context.model('think', { model })
        setImmediate(gate.resolve)
        return (await answer).text
      },
    })
    const concord = await concordWith(
      {
        agents: [hands, own],
        bounds: { plansMax: 1 },
        plan: () => [
          { id: 'h', agent: 'hands', dependsOn: [] },
          { id: 'o', agent: 'own', dependsOn: [] },
        ],
      },
      { teams: { small: team({ agents: [slow] }) } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 250 } })
    assert.equal(run.status, 'succeeded', JSON.stringify(run.failure))
    assert.equal(run.spent.tokens, 60)
  })
})

type Tree = { calls: number; children: Tree[] }

const treesOf = (depth: number): fc.Arbitrary<Tree> =>
  fc.record({
    calls: fc.nat({ max: 6 }),
    children: depth === 0 ? fc.constant([]) : fc.array(treesOf(depth - 1), { maxLength: 3 }),
  })

describe('random trees under random budgets', () => {
  it('never spend more than is allowed, and all of their runs end', async () => {
    await fc.assert(
      fc.asyncProperty(
        treesOf(2),
        fc.integer({ min: 50, max: 2_000 }),
        fc.integer({ min: 5, max: 60 }),
        fc.boolean(),
        async (tree, tokens, steps, optional) => {
          const model = spender(100, 60)
          const works = agent<number, unknown>({
            name: 'works',
            attemptsMax: 1,
            run: async (n, context) => {
              for (let i = 0; i < n; i++) await context.model(`think ${i}`, { model })
              return n
            },
          })
          const hands = agent<unknown, unknown>({
            name: 'hands',
            attemptsMax: 1,
            run: (below, context) => context.delegate('t', JSON.stringify(below)),
          })
          const concord = await concordWith({
            agents: [works, hands],
            bounds: { plansMax: 1 },
            plan: ({ text }) => {
              const { calls, children } = JSON.parse(text) as Tree
              return [
                { id: 'own', agent: 'works', payload: calls, optional, dependsOn: [] },
                ...children.map((child, i) => ({
                  id: `c${i}`,
                  agent: 'hands',
                  payload: child,
                  optional,
                  dependsOn: [],
                })),
              ]
            },
          })
          const id = await concord.runner.start({
            goal: { text: JSON.stringify(tree), team: 't', budget: { tokens, steps } },
          })
          const run = await concord.runner.settled(id)
          assert.ok(run.status === 'succeeded' || run.status === 'failed', run.status)
          assert.ok(run.book.spent.tokens <= tokens, `${run.book.spent.tokens} of ${tokens}`)
          assert.ok(run.book.steps <= steps, `${run.book.steps} of ${steps} steps`)
          assert.ok((await billed(concord)).all <= tokens)
          for (const { run: each } of await concord.runs()) {
            const { goal, book } = await concord.runner.load(each)
            for (const limit of ['tokens', 'steps'] as const)
              assert.ok((book.limits[limit] ?? 0) >= (goal.budget?.[limit] ?? 0))
          }
          await concord.close()
        },
      ),
      { numRuns: 60 },
    )
  })
})
