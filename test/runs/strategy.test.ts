import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { advance } from '../../src/domain/advance.ts'
import { emptyRun } from '../../src/domain/run.ts'
import { agent, type Json, openConcord, type Strategy, team } from '../../src/index.ts'
import { concordWith, eventOf } from './fixture.ts'

const doubling = agent<number, number>({ name: 'doubling', run: (input) => input * 2 })

const outputOf = (context: Parameters<Strategy['decide']>[0], id: string): Json | undefined => {
  const work = context.run.works.get(id)
  return work?.status === 'succeeded' ? work.output : undefined
}

/** Doubles until the number is large enough; no plan, one task again and again. */
const growing = (until: number): Strategy => ({
  name: 'growing',
  decide(context) {
    if (context.run.underWay.size > 0) return
    const now = Number(outputOf(context, 'double') ?? 1)
    if (now >= until) return context.succeed({ now }, ['large enough'])
    context.execute({ id: 'double', agent: 'doubling', payload: now })
  },
})

describe('a strategy of one’s own', () => {
  it('executes tasks that stand in no plan, the same one again, and ends the run', async () => {
    const concord = await concordWith({ agents: [doubling], strategy: growing(100) })
    const run = await concord.run('grow')
    assert.deepEqual([run.status, run.output, run.reasons], ['succeeded', { now: 128 }, ['large enough']])
    const events = await concord.events(run.id)
    const redos = events.flatMap((event) => (event.type === 'step.started' ? [event.data.redo] : []))
    assert.deepEqual(redos, [0, 1, 2, 3, 4, 5, 6])
    assert.equal(run.spent.steps, 7)
    assert.deepEqual(
      run.tasks?.map(({ id, status, output }) => [id, status, output]),
      [['double', 'succeeded', 128]],
    )
    // Whoever claims the run after any event decides the same as the one that had it.
    const { strategy } = concord.team('t')
    const partial = emptyRun(run.id)
    for (const event of events) {
      advance(partial, event)
      const decide = () => strategy.decide(partial, event.at, new Map())
      assert.deepEqual(decide(), decide())
    }
  })

  it('may use references, time-outs and attempts, and hears of failures', async () => {
    let calls = 0
    const flaky = agent<number, number>({
      name: 'flaky',
      run: (input) => {
        if (++calls < 2) throw new Error('once more')
        return input + 1
      },
    })
    const slow = agent({ name: 'slow', run: () => new Promise(() => {}) })
    const concord = await concordWith({
      agents: [doubling, flaky, slow],
      strategy: {
        name: 'chain',
        decide(context) {
          const { works, underWay } = context.run
          if (underWay.size > 0 || context.run.idle.size > 0) return
          if (!works.has('a')) context.execute({ id: 'a', agent: 'doubling', payload: 20 })
          else if (!works.has('b'))
            context.execute({ id: 'b', agent: 'flaky', payload: { $step: 'a' }, attemptsMax: 2 })
          else if (!works.has('c')) context.execute({ id: 'c', agent: 'slow', timeoutMs: 5, attemptsMax: 1 })
          else context.succeed([outputOf(context, 'b') ?? null, works.get('c')?.failure?.code ?? null])
        },
      },
    })
    assert.deepEqual(await concord.result('x'), [41, 'agent.timeout'])
  })

  it('is asked again when state changes that it watches, in the run or the team, before it read and after', async () => {
    const concord = await concordWith({
      agents: [doubling],
      strategy: {
        name: 'listening',
        decide(context) {
          const wanted = [{ key: 'ready' }, { namespace: 'team/t', key: 'price' }]
          for (const one of wanted) context.watch(one)
          const values = context.stateFor(wanted)
          if (values?.ready !== undefined && values.price !== undefined) context.succeed(values)
        },
      },
    })
    for (const pause of [0, 5]) {
      const run = await concord.start('listen')
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
      await concord.state('team/t').set('price', pause)
      await concord.state(`run/${run.id}`).set('ready', true)
      assert.deepEqual(await run.result(), { ready: true, price: pause })
    }
  })

  it('reads no state that the team’s policy keeps from its agents', async () => {
    const strategy: Strategy = {
      name: 'curious',
      decide: (context) => void context.stateFor([{ namespace: 'team/t', key: 'secret' }]),
    }
    const concord = await concordWith({ agents: [doubling], strategy, policy: { memory: { team: 'none' } } })
    assert.equal((await concord.run('x')).failure?.code, 'policy.denied')
    const foreign: Strategy = {
      name: 'curious',
      decide: (context) => context.watch({ namespace: 'team/other', key: '*' }),
    }
    const other = await concordWith({ agents: [doubling], strategy: foreign })
    assert.equal((await other.run('x')).failure?.code, 'policy.denied')
  })

  it('that has nothing to do and waits for nothing ends the run, instead of hanging', async () => {
    const concord = await concordWith({ agents: [doubling], strategy: { name: 'idle', decide() {} } })
    const run = await concord.run('x')
    assert.equal(run.failure?.code, 'goal.unmet')
    assert.match(run.failure?.message ?? '', /nothing under way and waits for nothing \(team "t"\)/)
  })

  it('is refused a task that cannot be, which ends the run with the reason', async () => {
    for (const [task, wrong] of [
      [{ id: 'a/1', agent: 'doubling' }, /no usable "id"/],
      [{ id: 'a', agent: 'doubling', timeoutMs: -1 }, /"timeoutMs" is not/],
    ] as const) {
      const strategy: Strategy = { name: 's', decide: (context) => void context.execute(task) }
      const run = await (await concordWith({ agents: [doubling], strategy })).run('x')
      assert.equal(run.failure?.code, 'input.invalid')
      assert.match(run.failure?.message ?? '', wrong)
    }
    const nobody: Strategy = {
      name: 's',
      decide(context) {
        const work = context.run.works.get('a')
        if (work?.status === 'failed') return context.fail('agent.failed', work.failure?.message ?? '')
        context.execute({ id: 'a', agent: 'nobody' })
      },
    }
    const run = await (await concordWith({ agents: [doubling], strategy: nobody })).run('x')
    assert.match(run.failure?.message ?? '', /agent "nobody"/)
  })

  it('does not see to pauses, cancellations and deadlines: they hold under it', async () => {
    const hanging = agent({
      name: 'hanging',
      run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
    })
    const strategy: Strategy = {
      name: 'one',
      decide: (context) => void context.execute({ id: 'a', agent: 'hanging' }),
    }
    const concord = await concordWith({ agents: [hanging], strategy })
    const cancelled = await concord.start('x')
    await eventOf(concord, cancelled.id, ({ type }) => type === 'step.started')
    await cancelled.cancel('enough')
    assert.equal((await cancelled.settled()).status, 'cancelled')
    const late = await concord.run({ text: 'x', team: 't', budget: { timeMs: 20 } })
    assert.equal(late.failure?.code, 'budget.exhausted')
  })

  it('waits for people as any run does, holding no process, and continues in another one', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const asker = agent({ name: 'asker', run: (_, context) => context.ask('How many?') })
    const strategy: Strategy = {
      name: 'asking',
      decide(context) {
        const answer = outputOf(context, 'ask')
        if (answer !== undefined) context.succeed(answer)
        else context.execute({ id: 'ask', agent: 'asker' })
      },
    }
    const open = (definition: Strategy) =>
      openConcord({
        keep: false,
        config: { stores: { directory }, teams: { t: team({ agents: [asker], strategy: definition }) } },
      })
    const first = await open(strategy)
    const { id, waits } = await first.run('x')
    assert.equal(first.runner.owns(id), false)
    await first.close()
    const other = await open({ name: 'another', decide: (context) => context.succeed('wrong') })
    await other.signal(id, { kind: 'answer', value: 3, hash: waits[0]?.hash ?? '' }, { wake: false })
    await assert.rejects(other.runner.resume(id, 'test'), { code: 'run.blocked' })
    assert.match((await other.blocked(await other.runner.load(id))) ?? '', /strategy "asking"/)
    await other.close()
    const last = await open(strategy)
    t.after(() => last.close())
    assert.equal(await (await last.handle(id)).result(), 3)
  })

  it('that is none is refused when Concord opens', async () => {
    for (const strategy of [{ name: 'x' }, { decide() {} }, 7, 'peers'])
      await assert.rejects(concordWith({ agents: [doubling], strategy: strategy as never }), {
        code: 'config.invalid',
      })
  })
})
