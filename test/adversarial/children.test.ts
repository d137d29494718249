import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { agent, openConcord, type TeamDefinition, team, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith, eventOf } from '../runs/fixture.ts'
import { startProgram } from '../server/fixture.ts'
import { orphanConfig } from './orphan-worker.ts'

const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })

/** A team of one agent that never ends by itself and says when it was stopped. */
const endlessTeam = () => {
  const began = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const definition: TeamDefinition = team({
    agents: [
      agent({
        name: 'endless',
        run: (_input, context) =>
          new Promise((_resolve, reject) => {
            began.resolve()
            context.signal.addEventListener('abort', () => {
              stopped.resolve()
              reject(context.signal.reason)
            })
          }),
      }),
    ],
  })
  return { definition, began: began.promise, stopped: stopped.promise }
}

const boss = agent({
  name: 'boss',
  attemptsMax: 1,
  run: (_input, context) => context.delegate('small', 'do it'),
})
const bossPlan = () => [{ id: 'a', agent: 'boss' }]

describe('children of a run that is no longer wanted', () => {
  it('are cancelled with it, grandchildren too: a child left behind would spend what nobody asks for', async () => {
    const { definition, began, stopped } = endlessTeam()
    const middle = agent({ name: 'middle', run: (_input, context) => context.delegate('smallest', 'go on') })
    const concord = await concordWith(
      { agents: [boss], plan: bossPlan },
      { teams: { small: team({ agents: [middle] }), smallest: definition } },
    )
    const { id } = await concord.start({ text: 'x', team: 't' })
    await began
    await concord.signal(id, { kind: 'cancel' })
    assert.equal((await concord.runner.settled(id)).status, 'cancelled')
    await stopped
    for (const { run } of await concord.runs()) {
      const ended = await eventOf(concord, run, (event) => event.type === 'run.cancelled')
      assert.equal(ended.type, 'run.cancelled')
    }
    assert.equal((await concord.runs()).length, 3)
  })

  it('are cancelled while they wait for a person and nobody owns them', async () => {
    const asks = team({ agents: [echo], plan: () => [{ id: 'e', agent: 'echo', requireApproval: true }] })
    const concord = await concordWith({ agents: [boss], plan: bossPlan }, { teams: { small: asks } })
    const waiting = await concord.run({ text: 'x', team: 't' })
    assert.equal(waiting.status, 'waiting')
    const child = (await concord.runs({ parent: waiting.id }))[0]?.run ?? ''
    await concord.signal(waiting.id, { kind: 'cancel' })
    await concord.runner.resume(waiting.id, 'test')
    assert.equal((await concord.runner.settled(waiting.id)).status, 'cancelled')
    await eventOf(concord, child, (event) => event.type === 'run.cancelled')
  })

  it('are cancelled when another step fails the parent', async () => {
    const { definition, began, stopped } = endlessTeam()
    const failing = agent({
      name: 'failing',
      attemptsMax: 1,
      run: async () => {
        await began
        throw new Error('broken')
      },
    })
    const concord = await concordWith(
      {
        agents: [boss, failing],
        plan: () => [
          { id: 'a', agent: 'boss', dependsOn: [] },
          { id: 'b', agent: 'failing', dependsOn: [] },
        ],
      },
      { teams: { small: definition } },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    await stopped
    const child = (await concord.runs({ parent: run.id }))[0]?.run ?? ''
    await eventOf(concord, child, (event) => event.type === 'run.cancelled')
  })

  it('are cancelled when the plan they belong to is given up for another', async () => {
    const { definition, began, stopped } = endlessTeam()
    const failing = agent({
      name: 'failing',
      attemptsMax: 1,
      run: async () => {
        await began
        throw new Error('broken')
      },
    })
    let plans = 0
    const planner = agent({
      name: 'planner',
      run: () => ({
        steps:
          ++plans === 1
            ? [
                { id: 'a', agent: 'boss', dependsOn: [] },
                { id: 'b', agent: 'failing', dependsOn: [] },
              ]
            : [{ id: 'c', agent: 'echo', payload: 'second plan' }],
      }),
    })
    const concord = await concordWith(
      { agents: [boss, failing, echo], planner },
      { teams: { small: definition } },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'second plan')
    await stopped
    const child = (await concord.runs({ parent: run.id }))[0]?.run ?? ''
    await eventOf(concord, child, (event) => event.type === 'run.cancelled')
  })

  it('are found by the reconciler when the process died between the parent’s end and telling them', async () => {
    const asks = team({ agents: [echo], plan: () => [{ id: 'e', agent: 'echo', requireApproval: true }] })
    const concord = await concordWith({ agents: [boss], plan: bossPlan }, { teams: { small: asks } })
    const waiting = await concord.run({ text: 'x', team: 't' })
    const child = (await concord.runs({ parent: waiting.id }))[0]?.run ?? ''
    // What a dying process leaves: the parent's end, written by hand as its owner would, and nothing else.
    const version = await concord.log.version(`run/${waiting.id}`)
    const summary = await concord.log.run(waiting.id)
    assert.ok(summary)
    await concord.log.append({
      stream: `run/${waiting.id}`,
      expectedVersion: version,
      epoch: (await concord.runner.load(waiting.id)).epoch,
      events: [{ type: 'run.cancelled', at: Date.now(), data: { reason: 'gone' } }],
      summary: { ...summary, status: 'cancelled' },
    })
    await concord.runner.reconcile()
    await eventOf(concord, child, (event) => event.type === 'run.cancelled')
  })
})

describe('a parent that waits for its child', () => {
  it('is woken by the reconciler when the child’s word was lost with its process', async () => {
    const asks = team({
      agents: [echo],
      plan: () => [{ id: 'e', agent: 'echo', payload: 1, requireApproval: true }],
    })
    const concord = await concordWith({ agents: [boss], plan: bossPlan }, { teams: { small: asks } })
    const waiting = await concord.run({ text: 'x', team: 't' })
    const child = (await concord.runs({ parent: waiting.id }))[0]
    assert.ok(child)
    const run = await concord.runner.load(child.run)
    await concord.log.append({
      stream: `run/${child.run}`,
      expectedVersion: run.version,
      epoch: run.epoch,
      events: [{ type: 'run.succeeded', at: Date.now(), data: { output: 'by a process that died' } }],
      summary: { ...child, status: 'succeeded' },
    })
    await concord.runner.reconcile()
    const done = await eventOf(concord, waiting.id, (event) => event.type === 'run.succeeded')
    assert.ok(done.type === 'run.succeeded')
    assert.equal(done.data.output, 'by a process that died')
  })

  it('is paused with the child, and both go on', async () => {
    let calls = 0
    const gate = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const slow = agent({
      name: 'slow',
      run: async () => {
        calls++
        began.resolve()
        await gate.promise
        return 'slowly'
      },
    })
    const small = team({
      agents: [slow, echo],
      plan: () => [
        { id: 's', agent: 'slow' },
        { id: 'e', agent: 'echo', payload: { $step: 's' } },
      ],
    })
    const concord = await concordWith({ agents: [boss], plan: bossPlan }, { teams: { small } })
    const { id } = await concord.start({ text: 'x', team: 't' })
    await began.promise
    const child = (await concord.runs({ parent: id }))[0]?.run ?? ''
    await concord.signal(id, { kind: 'pause' })
    await eventOf(concord, child, (event) => event.type === 'signal.received')
    gate.resolve()
    assert.equal((await concord.runner.settled(id)).status, 'suspended')
    assert.equal((await concord.log.run(child))?.status, 'suspended')
    concord.runner.adopt()
    await concord.signal(id, { kind: 'resume' })
    const done = await eventOf(concord, id, (event) => event.type === 'run.succeeded')
    assert.ok(done.type === 'run.succeeded')
    assert.equal(done.data.output, 'slowly')
    assert.equal(calls, 1)
  })
})

describe('two delegations of one run', () => {
  it('never share a child: item 1 of step "a" and a step called "a-1" look alike in a file name only', async () => {
    const asking = agent<{ n: string }, unknown>({
      name: 'asking',
      run: ({ n }, context) => context.delegate('small', n),
    })
    const small = team({
      agents: [echo],
      plan: (goal) => [{ id: 'e', agent: 'echo', payload: goal.text }],
    })
    const concord = await concordWith(
      {
        agents: [asking, echo],
        plan: () => [
          {
            id: 'a',
            agent: 'asking',
            forEach: ['zero', 'one'],
            payload: { n: { $item: '' } },
            dependsOn: [],
          },
          { id: 'a-1', agent: 'asking', payload: { n: 'other' }, dependsOn: [] },
          {
            id: 'all',
            agent: 'echo',
            payload: [{ $step: 'a' }, { $step: 'a-1' }],
            dependsOn: ['a', 'a-1'],
          },
        ],
      },
      { teams: { small } },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, [['zero', 'one'], 'other'])
  })
})

describe('budgets over children', () => {
  const price = { inputPerMillion: 1, outputPerMillion: 1 }
  const spender = (tokens: number) =>
    scriptedModel(() => ({ text: 'x', usage: { inputTokens: 1, outputTokens: tokens - 1 } }), {
      price,
      outputTokensMax: tokens - 1,
    })

  it('what children spent is spent: one after the other they cannot pass the parent’s limit', async () => {
    let calls = 0
    const model = spender(300)
    const small = team({
      agents: [
        agent({
          name: 'thinks',
          attemptsMax: 1,
          run: async (_input, context) => {
            const answer = await context.model('think', { model })
            calls++
            return answer.text
          },
        }),
      ],
    })
    const many = agent({
      name: 'many',
      attemptsMax: 1,
      run: async (_input, context) => {
        for (let i = 0; i < 10; i++) await context.delegate('small', 'think')
        return 'all'
      },
    })
    const concord = await concordWith(
      { agents: [many], plan: () => [{ id: 'a', agent: 'many' }] },
      { teams: { small } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1000 } })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'budget.exhausted')
    assert.equal(calls, 3)
    assert.ok(run.spent.tokens <= 1000, String(run.spent.tokens))
    assert.equal(run.spent.tokens, 900)
  })

  it('a child does not take what steps beside and after it need', async () => {
    const model = spender(300)
    const thinks = agent({
      name: 'thinks',
      attemptsMax: 1,
      // Each thinks of something else: what is asked the same at the same time is asked once.
      run: async (input, { stepId, model: ask }) =>
        (await ask(`${stepId}: ${JSON.stringify(input)}`, { model })).text,
    })
    const concord = await concordWith(
      {
        agents: [boss, thinks],
        plan: () => [
          { id: 'a', agent: 'boss' },
          { id: 'b', agent: 'thinks', payload: 1 },
          { id: 'c', agent: 'boss', payload: 2 },
          { id: 'd', agent: 'thinks', payload: 1, dependsOn: [] },
        ],
      },
      { teams: { small: team({ agents: [thinks] }) } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 2500 } })
    assert.equal(run.status, 'succeeded', JSON.stringify(run.failure))
    assert.equal(run.spent.tokens, 4 * 300)
  })

  it('what a child spent before it failed is spent as well', async () => {
    const model = spender(300)
    const small = team({
      agents: [
        agent({
          name: 'fails',
          attemptsMax: 1,
          run: async (_input, context) => {
            await context.model('think', { model })
            throw new Error('after spending')
          },
        }),
      ],
    })
    const many = agent({
      name: 'many',
      attemptsMax: 1,
      run: async (_input, context) => {
        let failures = 0
        for (let i = 0; i < 10; i++) await context.delegate('small', 'think').catch(() => failures++)
        return failures
      },
    })
    const concord = await concordWith(
      { agents: [many], plan: () => [{ id: 'a', agent: 'many' }] },
      { teams: { small } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1000 } })
    assert.ok(model.calls() <= 3, `${model.calls()} calls of 300 under a budget of 1000`)
    assert.equal(run.spent.tokens, 300 * model.calls())
  })

  it('the depth a goal allows holds for everything below it', async () => {
    let executed = 0
    const concord = await concordWith({
      agents: [
        agent({
          name: 'self',
          attemptsMax: 1,
          run: (_input, context) => {
            executed++
            return context.delegate('t', 'again')
          },
        }),
      ],
      plan: () => [{ id: 'a', agent: 'self' }],
    })
    const run = await concord.run({ text: 'x', team: 't', budget: { depth: 2 } })
    assert.equal(run.failure?.code, 'bound.reached')
    assert.equal(executed, 3, 'at the depths 0, 1 and 2')
  })

  it('the steps a goal allows hold for everything below it', async () => {
    let executed = 0
    const counting = agent({
      name: 'counting',
      run: () => {
        executed++
        return executed
      },
    })
    const small = team({
      agents: [counting],
      plan: () => [1, 2, 3].map((n) => ({ id: `s${n}`, agent: 'counting', payload: n })),
    })
    const many = agent({
      name: 'many',
      attemptsMax: 1,
      run: async (_input, context) => {
        for (let i = 0; i < 10; i++) await context.delegate('small', 'count')
        return 'all'
      },
    })
    const concord = await concordWith(
      { agents: [many], plan: () => [{ id: 'a', agent: 'many' }] },
      { teams: { small } },
    )
    const run = await concord.run({ text: 'x', team: 't', budget: { steps: 10 } })
    assert.equal(run.status, 'failed')
    assert.ok(executed <= 9, `${executed} steps of children under a budget of 10`)
    assert.equal(executed, 9)
  })

  it('the time a goal allows is the time of everything below it', async () => {
    const small = team({ agents: [echo], plan: () => [{ id: 'e', agent: 'echo', payload: 1 }] })
    const concord = await concordWith({ agents: [boss], plan: bossPlan }, { teams: { small } })
    const run = await concord.run({ text: 'x', team: 't', budget: { timeMs: 60_000 } })
    const child = (await concord.runs({ parent: run.id }))[0]
    const timeMs = child?.goal.budget?.timeMs ?? Number.POSITIVE_INFINITY
    assert.ok(timeMs <= 60_000 && timeMs > 0, String(timeMs))
  })
})

describe('two calls of one model agent within a step', () => {
  it('keep their tool calls apart though the server numbers both from zero', async () => {
    const lookUp = tool({
      name: 'look_up',
      description: 'Looks a word up.',
      input: anything,
      permission: 'read',
      execute: (input) => ({ found: (input as { word: string }).word }),
    })
    const model = scriptedModel(({ messages }) => {
      const last = messages.at(-1)
      if (last?.role === 'tool') return last.content
      const asked = messages.find((message) => message.role === 'user')
      return { toolCalls: [{ id: 'call_0', tool: 'look_up', input: { word: String(asked?.content) } }] }
    })
    const finder = agent({ name: 'finder', instructions: 'Find.', model, tools: [lookUp] })
    const both = agent({
      name: 'both',
      run: async (_input, context) => [
        await context.call('finder', 'first'),
        await context.call('finder', 'second'),
      ],
    })
    const concord = await concordWith({ agents: [both, finder], plan: () => [{ id: 'a', agent: 'both' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, ['{"found":"first"}', '{"found":"second"}'])
  })
})

describe('a child whose parent was taken over', () => {
  it('is cancelled at once when the parent is cancelled under its new owner', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'concord-orphan-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const worker = fileURLToPath(new URL('./orphan-worker.ts', import.meta.url))
    const first = await startProgram(t, process.execPath, [worker, directory])
    await first.kill('SIGKILL')
    const began = Promise.withResolvers<void>()
    const concord = await openConcord({ config: orphanConfig(directory, began.resolve) })
    t.after(() => concord.close())
    await concord.runner.resume('parent', 'test')
    await began.promise
    await concord.signal('parent', { kind: 'cancel' })
    assert.equal((await concord.runner.settled('parent')).status, 'cancelled')
    const child = (await concord.runs({ parent: 'parent' }))[0]?.run ?? ''
    await eventOf(concord, child, (event) => event.type === 'run.cancelled')
  })
})
