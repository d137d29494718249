import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { heldProvider } from './provider.ts'

/** Asks the model as often as `params.calls` says, at once, and answers with all it said. */
const asking = agent({
  name: 'asking',
  timeoutMs: 1_000_000,
  run: (_, { goal, model }) =>
    Promise.all(
      Array.from({ length: Number(goal.params?.calls ?? 1) }, (_, i) =>
        model({ messages: [{ role: 'user', content: `${goal.text} ${i + 1}` }] }),
      ),
    ).then((answers) => answers.map(({ text }) => text)),
})

const open = async (t: TestContext, limits: object, more: ConcordConfig = {}) => {
  const provider = await heldProvider(t)
  const clock = manualClock()
  const concord = await openConcord({
    keep: false,
    clock,
    env: { OPENAI_API_KEY: 'test', OPENAI_BASE_URL: provider.url },
    config: {
      model: 'openai/m',
      providers: { openai: limits },
      stores: { kind: 'memory' },
      teams: { t: team({ agents: [asking] }) },
      team: 't',
      ...more,
    },
  })
  t.after(() => concord.close())
  return { provider, clock, concord }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the limits of a provider', () => {
  it('keep calls of many runs to so many at once', async (t) => {
    const { provider, concord } = await open(t, { callsMax: 3 })
    const runs = [1, 2, 3, 4, 5].map((i) => concord.run({ text: `run ${i}`, params: { calls: 4 } }))
    for (let answered = 0; answered < 20; answered++) {
      await provider.arrived(Math.min(20, answered + 3))
      provider.answer()
    }
    for (const [i, run] of (await Promise.all(runs)).entries())
      assert.deepEqual(
        run.output,
        [1, 2, 3, 4].map((call) => `to run ${i + 1} ${call}`),
      )
    assert.equal(provider.most(), 3)
  })

  it('let runs take turns, however many calls one of them has', async (t) => {
    const { provider, concord } = await open(t, { callsMax: 1 })
    const busy = concord.run({ text: 'busy', params: { calls: 5 } })
    await provider.arrived(1)
    const other = concord.run('other')
    while ((await concord.runs()).some(({ status }) => status === 'queued')) await turn()
    await turn()
    for (let i = 1; i <= 6; i++) {
      await provider.arrived(i)
      provider.answer()
    }
    await Promise.all([busy, other])
    assert.ok(provider.seen.indexOf('other 1') <= 2, provider.seen.join())
  })

  it('send no more in a minute than they say', async (t) => {
    const { provider, clock, concord } = await open(t, { callsPerMinuteMax: 2 })
    const run = concord.run({ text: 'run', params: { calls: 3 } })
    await provider.arrived(2)
    provider.answer()
    provider.answer()
    clock.advance(59_000)
    for (let i = 0; i < 20; i++) await turn()
    assert.equal(provider.seen.length, 2)
    clock.advance(1_000)
    await provider.arrived(3)
    provider.answer()
    assert.equal((await run).status, 'succeeded')
  })

  it('record and reserve nothing of a call that waits, and none of its time', async (t) => {
    const { provider, clock, concord } = await open(t, { callsMax: 1 })
    const first = concord.run('first')
    await provider.arrived(1)
    const second = await concord.start({ text: 'second', budget: { tokens: 100_000 } })
    for (let i = 0; i < 20; i++) await turn()
    const types = async () => (await concord.events(second.id)).map(({ type }) => type)
    assert.ok((await types()).includes('step.started'))
    assert.ok(!(await types()).some((type) => type === 'model.called' || type === 'budget.reserved'))
    clock.advance(500_000)
    provider.answer()
    await first
    await provider.arrived(2)
    provider.answer()
    await second.result()
    const answered = (await concord.events(second.id)).filter((event) => event.type === 'model.answered')
    assert.deepEqual(
      answered.map(({ data }) => [data.attempt, data.ms]),
      [[1, 0]],
    )
  })

  it('leave a call that waits to a cancel and to the deadline of its run', async (t) => {
    const { provider, clock, concord } = await open(t, { callsMax: 1 })
    const first = concord.run('first')
    await provider.arrived(1)
    const cancelled = await concord.start('cancelled')
    const late = await concord.start({ text: 'late', budget: { timeMs: 10_000 } })
    for (let i = 0; i < 20; i++) await turn()
    await cancelled.cancel()
    assert.equal((await cancelled.settled()).status, 'cancelled')
    clock.advance(11_000)
    const view = await late.settled()
    assert.equal(view.status, 'failed')
    assert.equal(view.failure?.code, 'budget.exhausted')
    provider.answer()
    assert.equal((await first).status, 'succeeded')
    const next = concord.run('next')
    await provider.arrived(2)
    provider.answer()
    await next
    assert.deepEqual(provider.seen, ['first 1', 'next 1'])
    for (const { id } of [cancelled, late])
      assert.ok(!(await concord.events(id)).some(({ type }) => type === 'model.called'))
  })

  it('do not take the time of a wait from the agent', async (t) => {
    const hurried = agent({
      name: 'hurried',
      timeoutMs: 5_000,
      attemptsMax: 1,
      run: (_, { goal, model }) =>
        model({ messages: [{ role: 'user', content: goal.text }] }).then(({ text }) => text),
    })
    const { provider, clock, concord } = await open(
      t,
      { callsMax: 1 },
      { teams: { t: team({ agents: [asking] }), hurried: team({ agents: [hurried] }) } },
    )
    /** Waits 20 seconds for its turn. */
    const afterWait = async (text: string) => {
      const sent = provider.seen.length
      const first = concord.run('first')
      await provider.arrived(sent + 1)
      const run = concord.run({ text, team: 'hurried' })
      for (let i = 0; i < 20; i++) await turn()
      for (let i = 0; i < 10; i++) clock.advance(2_000)
      provider.answer()
      await first
      await provider.arrived(sent + 2)
      return { run }
    }
    const second = await afterWait('second')
    clock.advance(4_000)
    provider.answer()
    assert.equal((await second.run).output, 'to second')
    // Its own time ends, and the wait is not given twice.
    const third = await afterWait('third')
    clock.advance(6_000)
    assert.equal((await third.run).failure?.code, 'agent.timeout')
  })

  it('leave a provider alone for as long as it asks for, whoever calls', async (t) => {
    const { provider, clock, concord } = await open(t, { callsMax: 4 })
    const first = concord.run('first')
    await provider.arrived(1)
    provider.answer({ status: 429, headers: { 'retry-after': '30' } })
    const events = concord.follow((await concord.runs())[0]?.run ?? '')
    for await (const event of events) if (event.type === 'model.answered') break
    const second = concord.run('second')
    for (let i = 0; i < 20; i++) await turn()
    clock.advance(29_000)
    for (let i = 0; i < 20; i++) await turn()
    assert.deepEqual(provider.seen, ['first 1'])
    clock.advance(1_000)
    await provider.arrived(3)
    provider.answer()
    provider.answer()
    assert.deepEqual([(await first).status, (await second).status], ['succeeded', 'succeeded'])
  })

  it('do not hold what is answered from what was kept', async (t) => {
    const { provider, concord } = await open(t, { callsMax: 1 }, { modelCache: true })
    const first = concord.run('same')
    await provider.arrived(1)
    provider.answer()
    await first
    const blocking = concord.run('other')
    await provider.arrived(2)
    assert.deepEqual((await concord.run('same')).output, ['to same 1'])
    provider.answer()
    await blocking
  })

  it('are whole numbers from 1', async (t) => {
    await assert.rejects(open(t, { callsMax: 0 }), {
      code: 'config.invalid',
      message: /providers\.openai\.callsMax/,
    })
  })
})
