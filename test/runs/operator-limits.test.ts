import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { agent, type Concord, type Goal, openConcord, team } from '../../src/index.ts'
import { createApp } from '../../src/server/app.ts'
import { eventOf } from './fixture.ts'

/** A team that wants twenty steps under an operator who allows three. */
const operated = async (): Promise<Concord> => {
  const echo = agent({ name: 'echo', run: (input) => input })
  const boss = agent({
    name: 'boss',
    run: (_, context) => context.delegate('many', 'x', { budget: { steps: 9999 } }),
  })
  const concord = await openConcord({
    config: {
      stores: { kind: 'memory' },
      budget: { steps: 3, timeMs: 60_000, depth: 2 },
      team: 'many',
      teams: {
        many: team({
          agents: [echo],
          plan: () => Array.from({ length: 20 }, (_, i) => ({ id: `s${i}`, agent: 'echo' })),
          wakeOn: { state: 'news', goal: 'woken' },
        }),
        one: team({ agents: [echo] }),
        boss: team({ agents: [boss] }),
      },
    },
  })
  after(() => concord.close())
  concord.runner.adopt()
  return concord
}

const budgetOf = async (concord: Concord, run: string): Promise<Goal['budget']> =>
  (await concord.log.run(run))?.goal.budget

const ceiling = { steps: 3, timeMs: 60_000, depth: 2 }

describe("the operator's budget", () => {
  it('is a ceiling for what callers over HTTP ask for, limit by limit', async () => {
    const concord = await operated()
    const app = createApp(concord)
    const ask = (budget: unknown) =>
      app.request('/goal', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ goal: 'x', ...(budget === undefined ? {} : { budget }) }),
      })
    for (const budget of [undefined, {}, { steps: 9999 }, { tokens: 5, depth: 100, timeMs: 1e12 }]) {
      const response = await ask(budget)
      const { code, runId } = (await response.json()) as { code: string; runId: string }
      assert.deepEqual([response.status, code], [400, 'plan.infeasible'], JSON.stringify(budget))
      const kept = await budgetOf(concord, runId)
      assert.deepEqual(kept, { ...ceiling, ...(budget && 'tokens' in budget ? { tokens: 5 } : {}) })
    }
    for (const budget of [null, { steps: null }]) assert.equal((await ask(budget)).status, 400)
  })

  it('holds for every other way a run begins: library, runner, child, wake, fork', async () => {
    const concord = await operated()
    const open = { text: 'x', budget: { steps: 9999 } }
    for (const budget of [{}, null, { steps: 1e15 }]) {
      const run = await concord.run({ text: 'x', budget } as Parameters<Concord['run']>[0])
      assert.deepEqual([run.failure?.code, run.budget], ['plan.infeasible', ceiling])
    }
    assert.deepEqual(await budgetOf(concord, (await concord.start(open)).id), ceiling)
    const direct = await concord.runner.start({ goal: { ...open, team: 'one' } })
    assert.deepEqual(await budgetOf(concord, direct), ceiling)

    const above = await concord.run({ text: 'x', team: 'boss' })
    assert.match(above.failure?.message ?? '', /20 steps, the budget allows [0-3] more/)

    const ended = await concord.run({ text: 'x', team: 'one', budget: { steps: 2 } })
    const { id: fork } = await concord.fork(ended.id, { at: 1, goal: 'y' })
    assert.deepEqual(await budgetOf(concord, fork), { ...ceiling, steps: 2 })

    await concord.watchers.start()
    await concord.state('global').set('news', 1)
    const woken = Promise.withResolvers<string>()
    const off = concord.log.onCommit(async () => {
      for (const { run, goal } of await concord.runs()) if (goal.text === 'woken') woken.resolve(run)
    })
    const id = await woken.promise
    off()
    await eventOf(concord, id, ({ type }) => type === 'run.failed')
    assert.deepEqual(await budgetOf(concord, id), ceiling)
  })

  it('refuses limits that would limit nothing', async () => {
    const concord = await operated()
    for (const budget of [{ token: 5 }, { steps: Number.NaN }, { steps: 1 / 0 }, { tokens: '5' }])
      await assert.rejects(concord.start({ text: 'x', budget } as Parameters<Concord['start']>[0]), {
        code: 'input.invalid',
      })
  })
})
