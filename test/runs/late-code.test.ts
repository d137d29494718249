import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentContext, agent, type Concord, type Json, key, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith, eventOf } from './fixture.ts'

/*
 * Code that outlives its attempt: an agent whose libraries ignore the signal. Whatever it asks of its context then must do nothing that
 * can be seen outside.
 */

type Effect = (context: AgentContext) => unknown

const permissions = ['compute', 'read', 'network', 'write', 'execute'] as const

/** Methods of the context that do something, each with a call whose effect is counted outside. */
const effects: { [method: string]: Effect } = {
  step: (context) => context.step('late', () => effect('step')),
  tool: (context) => Promise.all(permissions.map((permission) => context.tool(`${permission}-tool`))),
  model: (context) => context.model('say a word'),
  call: (context) => context.call('other', null),
  delegate: (context) => context.delegate('children', 'work'),
  approve: (context) => context.approve('May I?'),
  ask: (context) => context.ask('Which?'),
  waitFor: (context) => context.waitFor('go'),
  sleep: (context) => context.sleep(1),
  messages: (context) => context.messages(),
  emit: (context) => context.emit('late words'),
  subject: async (context) => {
    await context.subject().remember('I prefer tea', { about: 'tea' })
  },
  async state(context) {
    const codes: unknown[] = []
    for (const [name, write] of Object.entries(writes)) {
      try {
        await write(context)
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        codes.push(code ?? `${name}: ${message}`)
      }
    }
    if (codes.length > 0) throw Object.assign(new Error(codes.join()), { code: [...new Set(codes)].join() })
  },
  knowledge: (context) => context.knowledge.add({ id: 'late', text: 'late words' }),
}

const writes: { [method: string]: Effect } = {
  set: ({ state }) => state.set('late', 1),
  delete: ({ state }) => state.delete('kept'),
  compareAndSet: ({ state }) => state.compareAndSet('late', 0, 1),
  increment: ({ state }) => state.increment('late'),
  update: ({ state }) => state.update('late', () => effect('update')),
  transaction: ({ state }) => state.transaction(() => effect('transaction')),
  publish: ({ state }) => state.publish('late', 1),
  fork: ({ state, runId }) => state.fork(`run/${runId}/fork`),
  merge: ({ state, runId }) => state.merge(`run/${runId}/fork`),
  of: ({ state }) => state.of(key('late', anything)).set(1),
  in: ({ state }) => state.in('global').set('late', 1),
}

/** Members of the context that only read, or only say what the agent has. */
const harmless = [
  ...['agent', 'signal', 'scratchpad', 'runId', 'stepId', 'goal', 'idempotencyKey', 'attempt', 'agents'],
  ...['logger', 'now', 'log', 'recalled', 'thread', 'result', 'hasModel'],
]
const harmlessOfState = [
  ...['namespace', 'entry', 'get', 'peek', 'list', 'history', 'watch', 'sequence', 'subscribe', 'diff'],
]

let done: string[] = []
const effect = (name: string): Json => {
  done.push(name)
  return name
}

const other = agent({ name: 'other', run: () => effect('called') })
const tools = permissions.map((permission) =>
  tool<Json, Json>({
    name: `${permission}-tool`,
    description: 'counts',
    permission,
    input: anything,
    execute: () => effect(permission),
  }),
)
const counting = scriptedModel(() => {
  effect('model')
  return 'a word'
})

/** An agent that does everything it can once its time is over, and resolves `tried` with how each attempt ended. */
const lateAgent = (began: () => void, over: Promise<void>, tried: (ended: string[]) => void) =>
  agent<Json, Json>({
    name: 'late',
    model: counting,
    tools,
    attemptsMax: 1,
    async run(_input, context) {
      if (context.attempt > 1) return 'the second time'
      began()
      await over
      const attempts = Object.entries(effects).map(async ([name, act]) => {
        try {
          await act(context)
          return `${name} resolved`
        } catch (error) {
          return `${name} ${(error as { code?: string }).code}`
        }
      })
      tried(await Promise.all(attempts))
      return 'late'
    },
  })

type Ending = {
  retried?: true
  timeoutMs?: number
  inner?: boolean
  end?: (concord: Concord, id: string) => Promise<unknown>
  ended: string
}

const endings: { [name: string]: Ending } = {
  'was cancelled': { end: (concord, id) => concord.signal(id, { kind: 'cancel' }), ended: 'run.cancelled' },
  'ran out of time': { timeoutMs: 30, ended: 'run.failed' },
  'ran out of time and was tried again': { timeoutMs: 30, retried: true, ended: 'run.succeeded' },
  'ran out of time below an agent that goes on': { timeoutMs: 30, inner: true, ended: 'step.recorded' },
}

const lateIn = async ({ timeoutMs, retried, inner, end, ended }: Ending) => {
  done = []
  const [began, over, tried, finish] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<string[]>(),
    Promise.withResolvers<void>(),
  ]
  const late = {
    ...lateAgent(began.resolve, over.promise, tried.resolve),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retried && { attemptsMax: 2 }),
  }
  const outer = agent<Json, Json>({
    name: 'outer',
    async run(_input, context) {
      await context.call('late', null).catch(() => {})
      await context.step('given up', () => null)
      await finish.promise
      return 'without it'
    },
  })
  const concord = await concordWith(
    {
      policy: { permissions: { write: 'allow', execute: 'allow', network: 'allow' } },
      agents: [late, outer, other],
      plan: () => [{ id: 'a', agent: inner ? 'outer' : 'late' }],
    },
    { teams: { children: { agents: [other], plan: () => [{ id: 'c', agent: 'other' }] } } },
  )
  const heard: string[] = []
  concord.onDelta(({ text }) => heard.push(text))
  const { id } = await concord.start({ text: 'x', team: 't', subject: 'ada' })
  await concord.state(`run/${id}`).set('kept', 'as it was')
  await began.promise
  await end?.(concord, id)
  await eventOf(concord, id, ({ type }) => type === ended)
  over.resolve()
  const ends = await tried.promise
  finish.resolve()
  await concord.runner.settled(id)
  return { concord, id, ends, heard }
}

describe('an agent that still works when its attempt is over', () => {
  for (const [name, ending] of Object.entries(endings))
    it(`does nothing any more when it ${name}`, async () => {
      const { concord, id, ends, heard } = await lateIn(ending)
      assert.deepEqual(done, [])
      assert.deepEqual(heard, [])
      const quiet = ['emit resolved', ...Object.keys(effects).map((method) => `${method} epoch.stale`)]
      assert.deepEqual(
        ends.filter((end) => !quiet.includes(end)),
        [],
      )
      assert.deepEqual(
        (await concord.state(`run/${id}`).list()).map(({ key }) => key),
        ['kept'],
      )
      assert.deepEqual((await concord.runs()).length, 1, 'a child run was started')
      assert.equal(await concord.state('global').get('late'), undefined)
      assert.deepEqual(await concord.subject('ada').facts(), [])
      assert.equal(await concord.knowledge().get('late'), undefined)
    })

  it('is tried with every method there is', async () => {
    let own: string[] = []
    let methods: string[] = []
    const looking = agent({
      name: 'looking',
      run: (_input, context) => {
        own = Object.getOwnPropertyNames(Object.getPrototypeOf(context))
        methods = Object.keys(context.state)
      },
    })
    const concord = await concordWith({ agents: [looking], plan: () => [{ id: 'a', agent: 'looking' }] })
    await concord.run({ text: 'x', team: 't' })
    const known = new Set(['constructor', ...Object.keys(effects), ...harmless])
    assert.ok(own.length > 20, own.join())
    assert.deepEqual(
      own.filter((name) => !known.has(name)),
      [],
      'say in this test whether the method has an effect, and try it',
    )
    const knownOfState = new Set([...Object.keys(writes), ...harmlessOfState])
    assert.deepEqual(
      methods.filter((name) => !knownOfState.has(name)),
      [],
    )
  })

  it('did all of it while its attempt counted', async () => {
    done = []
    const busy = agent<Json, Json>({
      name: 'busy',
      model: counting,
      tools,
      async run(_input, context) {
        const { approve, ask, waitFor, ...rest } = effects
        for (const act of Object.values(rest)) await act(context)
        return Object.keys({ approve, ask, waitFor })
      },
    })
    const concord = await concordWith(
      {
        policy: { permissions: { write: 'allow', execute: 'allow', network: 'allow' } },
        agents: [busy, other],
        plan: () => [{ id: 'a', agent: 'busy' }],
      },
      { teams: { children: { agents: [other], plan: () => [{ id: 'c', agent: 'other' }] } } },
    )
    const heard: string[] = []
    concord.onDelta(({ text }) => heard.push(text))
    const run = await concord.run({ text: 'x', team: 't', subject: 'ada' })
    assert.deepEqual([run.status, run.failure], ['succeeded', undefined])
    const expected = ['step', ...permissions, 'model', 'called', 'called', 'update', 'transaction']
    assert.deepEqual([...done].sort(), [...expected].sort())
    assert.ok(heard.includes('late words'))
  })
})
