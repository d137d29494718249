import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { remoteMemory } from '../../src/client.ts'
import { isConcordError } from '../../src/domain/errors.ts'
import type { AgentMemory } from '../../src/index.ts'
import { agent, type Concord, openConcord, serve, team } from '../../src/index.ts'
import type { MemoryPolicy } from '../../src/policy/memory.ts'

const outcome = async (attempt: () => Promise<unknown> | unknown): Promise<unknown> => {
  try {
    return await attempt()
  } catch (error) {
    return isConcordError(error) ? error.code : String(error)
  }
}

const namespaces = [
  'thread/talk',
  'subject/ann',
  'team/t',
  'global',
  'team/other',
  'subject/bob',
  'run/other',
]

/** What an agent can do with its memory, and what comes of it. */
const tried = async (memory: AgentMemory) => {
  const told: { [what: string]: unknown } = {}
  const { state, knowledge } = memory
  told.own = await outcome(async () => (await state.set('k', 1)).ok)
  told.fork = await outcome(async () => (await state.fork(`${state.namespace}/copy`)).get('k'))
  told.forkOther = await outcome(() => state.in('run/other').fork(`${state.namespace}/stolen`))
  for (const name of namespaces) {
    const there = state.in(name)
    told[`set ${name}`] = await outcome(async () => (await there.set('k', 1)).ok)
    told[`get ${name}`] = await outcome(() => there.get('given'))
    told[`list ${name}`] = await outcome(async () => (await there.list()).length >= 0)
    told[`history ${name}`] = await outcome(async () => (await there.history('given')).length)
    told[`publish ${name}`] = await outcome(() => there.publish(`${name}/news`, 1))
    const about = knowledge.in(name)
    told[`add ${name}`] = await outcome(async () => (await about.add({ id: 'mine', text: 'apples' })).outcome)
    told[`search ${name}`] = await outcome(async () =>
      (await about.search('secret')).map(({ document }) => document.id).sort(),
    )
    told[`get ${name} document`] = await outcome(async () => (await about.get('ofBob'))?.id)
    told[`replace ${name}`] = await outcome(() => about.add({ id: 'ofBob', text: 'x' }))
    told[`forget ${name}`] = await outcome(() => about.forget('ofBob'))
  }
  told.thread = await outcome(async () => (await memory.thread()).length)
  told.facts = await outcome(async () => (await memory.subject().facts()).length)
  told.remember = await outcome(async () => (await memory.subject().remember('Likes tea.')).fact)
  told.bob = await outcome(() => memory.subject('bob').facts())
  return told
}

/** Told by the agent itself, and by one elsewhere that has the token of the same step of a like run. */
const here = async (t: TestContext, policy: { memory: MemoryPolicy } | undefined) => {
  const open = async (run: (memory: AgentMemory) => unknown): Promise<Concord> => {
    const one = agent({ name: 'one', run: (_input, context) => run(context) })
    const definition = team({ agents: [one], ...(policy === undefined ? {} : { policy }) })
    const concord = await openConcord({
      config: { stores: { kind: 'memory' }, embedder: 'none', team: 't', teams: { t: definition } },
    })
    t.after(() => concord.close())
    for (const name of namespaces) {
      await concord.state(name).set('given', name)
      await concord.knowledge(name).add({ id: 'open', text: 'a secret of all' })
      await concord.knowledge(name).add({ id: 'ofBob', text: 'a secret of bob', subject: 'bob' })
    }
    return concord
  }
  const goal = { text: 'go', thread: 'talk', subject: 'ann' }
  const inProcess = await (await open(tried)).result(goal)
  const { promise: over, resolve: end } = Promise.withResolvers<unknown>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const elsewhere = await open(async () => {
    begin()
    await over
    return null
  })
  const server = await serve(elsewhere, { port: 0 })
  t.after(() => server.close(0))
  const { id: run } = await elsewhere.start(goal)
  await begun
  const memoryToken = elsewhere.memory.tokens.issue({
    run,
    step: 'one',
    agent: 'one',
    epoch: 1,
    attempt: 1,
    since: 0,
    key: `${run}/1/one/0`,
    subject: 'ann',
    expiresAt: Date.now() + 60_000,
  })
  const overHttp = await tried(remoteMemory({ url: `${server.url}/memory`, memoryToken }))
  end(null)
  await elsewhere.runner.settled(run)
  return { inProcess: inProcess as { [what: string]: unknown }, overHttp }
}

/** What JSON keeps of it. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

describe('what an agent reaches of the memory', () => {
  it('is its run, and its thread, subject, team and all, in the process as over HTTP', async (t) => {
    const { inProcess, overHttp } = await here(t, undefined)
    assert.deepEqual(inProcess, plain(overHttp))
    for (const name of namespaces.slice(0, 4)) {
      assert.equal(inProcess[`set ${name}`], true, name)
      assert.equal(inProcess[`get ${name}`], name)
      assert.deepEqual(inProcess[`search ${name}`], ['open'])
      assert.equal(inProcess[`replace ${name}`], 'policy.denied')
      assert.equal(inProcess[`forget ${name}`], 0)
    }
    for (const name of namespaces.slice(4))
      for (const what of ['set', 'get', 'list', 'history', 'add', 'search'])
        assert.equal(inProcess[`${what} ${name}`], 'policy.denied', `${what} ${name}`)
    assert.equal(inProcess.forkOther, 'policy.denied')
    assert.equal(inProcess.bob, 'policy.denied')
    assert.deepEqual([inProcess.own, inProcess.fork, inProcess.remember], [true, 1, 'Likes tea.'])
  })

  it('is less where the policy of its team says so', async (t) => {
    const memory: MemoryPolicy = { global: 'none', subject: 'none', team: 'read', thread: 'none' }
    const { inProcess, overHttp } = await here(t, { memory })
    assert.deepEqual(inProcess, plain(overHttp))
    for (const name of ['global', 'subject/ann', 'thread/talk'])
      for (const what of ['set', 'get', 'add', 'search'])
        assert.equal(inProcess[`${what} ${name}`], 'policy.denied', `${what} ${name}`)
    assert.deepEqual(
      ['set', 'get', 'add', 'publish', 'forget'].map((what) => inProcess[`${what} team/t`]),
      ['policy.denied', 'team/t', 'policy.denied', 'policy.denied', 'policy.denied'],
    )
    assert.deepEqual(
      [inProcess.thread, inProcess.facts, inProcess.remember],
      ['policy.denied', 'policy.denied', 'policy.denied'],
    )
  })

  it('holds for messages and for writes returned with a result', async (t) => {
    const { promise: listening, resolve: listens } = Promise.withResolvers<void>()
    const listener = agent({
      name: 'listener',
      async run(_input, { state }) {
        const heard = state.subscribe('*')
        await heard.opened
        listens()
        const { value } = await heard.next()
        heard.close()
        return value?.message ?? null
      },
    })
    const writer = agent({
      name: 'writer',
      run: () => ({ output: 1, writes: [{ namespace: 'team/other', key: 'k', value: 1 }] }),
    })
    const concord = await openConcord({
      config: {
        stores: { kind: 'memory' },
        teams: {
          t: team({ agents: [listener], policy: { memory: { global: 'none' } } }),
          w: team({ agents: [writer] }),
        },
      },
    })
    t.after(() => concord.close())
    const answer = concord.result({ text: 'listen', team: 't' })
    await listening
    const user = concord.state('global')
    for (const channel of ['orders', 'team/other', 'subject/bob', 'team/t'])
      await user.publish(channel, channel)
    assert.equal(await answer, 'team/t')
    await assert.rejects(concord.result({ text: 'write', team: 'w' }), { code: 'policy.denied' })
    assert.deepEqual(await concord.state('team/other').list(), [])
  })
})
