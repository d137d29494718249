import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { remoteMemory } from '../../src/client.ts'
import { type AgentContext, agent, type Concord, type Json, team } from '../../src/index.ts'
import { agentApp } from '../../src/server/agent-app.ts'
import { createApp } from '../../src/server/app.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import {
  appOf,
  echo,
  gate,
  httpServer,
  jsonHeaders,
  openMemory,
  problemOf,
  pythonAgent,
  pythonMissing,
  serveAgentHere,
  served,
  soleTeam,
} from './fixture.ts'

type Worker = Parameters<typeof team>[0]['agents'][number]

const goal = (text: string) => ({ text, thread: 'talk', subject: 'ann' })

/** What the worker answers to the second goal of a thread. */
const second = async (t: TestContext, worker: Worker, payload: Json = {}) => {
  const plan = () => [{ id: 'a', agent: 'worker', payload }]
  const concord = await openMemory(t, {
    embedder: 'none',
    team: 't',
    teams: {
      t: team({ agents: [worker], plan }),
      first: team({ agents: [agent({ name: 'one', run: () => 'the answer' })] }),
    },
  })
  await served(t, concord)
  await concord.subject('ann').remember('Drinks tea', { about: 'drink' })
  await concord.run({ ...goal('first'), team: 'first' })
  const run = await concord.run(goal('Which drink is second?'))
  assert.equal(run.status, 'succeeded', run.failure?.message)
  return { concord, run }
}

/** Uses everything there is, and answers what is the same wherever it runs. */
const rememberer = agent({
  name: 'worker',
  run: async (_input: unknown, context: AgentContext) => {
    const { state, knowledge, log } = context
    await state.set('note', 1)
    const team = knowledge.in('team/t')
    const added = await team.add({ id: 'd', text: 'Whales sing.', title: 'Songs' })
    const changed = await team.update('d', { metadata: { year: 2024 } })
    const [hit] = await team.search('what do whales do', {
      filter: { metadata: { year: 2024 } },
      distinct: 'document',
    })
    const listed = await team.list({ limit: 5 })
    await team.add({ id: 'ann', text: 'Ann sails.', subject: 'ann' })
    const about = context.subject()
    const before = await about.facts()
    const kept = await about.remember('Drinks coffee', { about: 'drink' })
    await about.remember('Lives in Bern', { about: 'home' })
    const events = await log.read()
    return {
      state: (await state.entry('note')) ?? null,
      outcomes: [added.outcome, changed.outcome, changed.version],
      hit: [hit?.text, hit?.document.id, hit?.document.title, hit?.document.metadata],
      listed: listed.map(({ id, text }) => [id, text]),
      stats: (await team.stats()).documents,
      forgotten: [await team.forget('d'), await team.forget('d'), await team.forget({ subject: 'ann' })],
      absent: (await team.get('d')) ?? null,
      known: [about.subject, before.map(({ fact }) => fact), kept.supersedes?.fact, Object.keys(kept.source)],
      dropped: [await about.drop('home'), await about.drop('home')],
      recalled: (await about.recall('a drink')).map(({ fact }) => fact),
      thread: (await context.thread()).map(({ goal, answer }) => [goal, answer]),
      log: [events.slice(0, 3).map(({ type }) => type), (await log.read({ after: 1, limit: 1 }))[0]?.version],
    } as Json
  },
})

const comparable = async (concord: Concord, output: Json | undefined, run: string) => {
  const { state, ...rest } = output as { state: { at: number; provenance: { run: string } } }
  const [fact] = await concord.subject('ann').facts()
  assert.equal(fact?.source.run, run)
  return [
    { ...state, at: 0, provenance: { ...state.provenance, run: '' } },
    rest,
    fact?.source.agent,
    fact?.source.step,
  ]
}

describe('the memory of an agent elsewhere', () => {
  it('is the object that an agent in the process has: state, knowledge, log, thread and facts', async (t) => {
    const here = await second(t, rememberer)
    const service = await serveAgentHere(t, rememberer)
    const there = await second(t, agent({ name: 'worker', url: service }))
    const [expected, found] = await Promise.all(
      [here, there].map(({ concord, run }) => comparable(concord, run.output, run.id)),
    )
    assert.deepEqual(found, expected)
    const { thread, known, log } = here.run.output as { [name: string]: Json }
    assert.deepEqual(thread, [['first', 'the answer']])
    assert.deepEqual(known, ['ann', ['Drinks tea'], 'Drinks tea', ['run', 'step', 'agent']])
    assert.deepEqual(log, [['run.queued', 'run.claimed', 'run.started'], 2])
  })

  it('tells a model that is served elsewhere what was said before, as one in the process is told', async (t) => {
    const told = async (place: (worker: Parameters<typeof serveAgentHere>[1]) => Promise<Worker>) => {
      const model = scriptedModel(['well'])
      const { run } = await second(t, await place(agent({ name: 'worker', instructions: 'Answer.', model })))
      assert.equal(run.output, 'well')
      return model.requests[0]?.messages
    }
    const here = await told(async (worker) => worker)
    const there = await told(async (worker) =>
      agent({ name: 'worker', url: await serveAgentHere(t, worker) }),
    )
    assert.match(JSON.stringify(here), /Asked: first\\nAnswered: the answer/)
    assert.match(JSON.stringify(here), /Drinks tea/)
    assert.deepEqual(there, here)
  })

  it('is not what a served model waits for when it cannot be reached', async (t) => {
    const { app, close } = await agentApp(
      agent({ name: 'alone', instructions: 'Answer.', model: scriptedModel(['well']) }),
    )
    t.after(close)
    const answer = await app.request('/run', {
      method: 'POST',
      headers: { ...jsonHeaders, 'concord-memory': 'http://127.0.0.1:1/memory', 'concord-token': 'v1.x.y' },
      body: '{}',
    })
    assert.deepEqual([answer.status, await answer.json()], [200, 'well'])
  })

  it('needs the two headers of a call, in Python too', { skip: pythonMissing }, async (t) => {
    const worker = agent({ name: 'worker', url: await pythonAgent(t, 'rememberer') })
    const { run } = await second(t, worker, { note: 'A note on notes.', fact: 'Drinks coffee' })
    assert.deepEqual(run.plan?.steps.find(({ id }) => id === 'a')?.output, {
      state: 'A note on notes.',
      knowledge: ['A note on notes.'],
      log: ['run.queued', 'run.claimed', 'run.started'],
      thread: [['first', 'the answer']],
      facts: ['Drinks coffee'],
      supersedes: 'Drinks tea',
      source: ['agent', 'run', 'step'],
      dropped: [false, 'policy.denied'],
    })
  })

  it('keeps what was said of a subject, in order, when the call is made again', async (t) => {
    let calls = 0
    const url = await httpServer(t, async (request, response) => {
      request.resume()
      const { headers } = request
      const memory = remoteMemory({
        url: String(headers['concord-memory']),
        memoryToken: String(headers['concord-token']),
      })
      const about = memory.subject()
      await about.remember('Drinks coffee', { about: 'drink' })
      if (++calls === 1) return void response.writeHead(503).end()
      await about.remember('Drinks water', { about: 'drink' })
      response.end(JSON.stringify((await about.facts()).map(({ fact }) => fact)))
    })
    const { concord, run } = await second(t, agent({ name: 'worker', url }))
    assert.deepEqual(run.output, ['Drinks water'])
    const history = await concord.state('subject/ann').history('fact:drink')
    assert.deepEqual(
      history.map(({ value }) => (value as { fact: string }).fact),
      ['Drinks water', 'Drinks coffee', 'Drinks tea'],
    )
  })

  it('does not reach a thread or a subject that the team’s policy keeps from it', async (t) => {
    const done = gate()
    const waiting = agent({ name: 'waiting', run: () => done.opened })
    const policy = { memory: { thread: 'none', subject: 'read' } } as const
    const concord = await openMemory(t, { team: 't', teams: { t: team({ agents: [waiting], policy }) } })
    t.after(done.open)
    const { id: run } = await concord.start(goal('x'))
    const { id: other } = await concord.start('other')
    const memoryToken = concord.memory.tokens.issue({
      run,
      step: 'waiting',
      agent: 'waiting',
      epoch: 1,
      key: 'k',
      attempt: 1,
      since: 0,
      subject: 'ann',
      expiresAt: Date.now() + 60_000,
    })
    const memory = remoteMemory({ url: `${(await served(t, concord)).url}/memory`, memoryToken })
    await assert.rejects(memory.thread(), { code: 'policy.denied' })
    assert.deepEqual(await memory.subject().facts(), [])
    assert.deepEqual(Object.keys(await memory.recalled()), [])
    await assert.rejects(memory.subject().remember('x'), { code: 'policy.denied' })
    await assert.rejects(memory.subject('bob').facts(), { code: 'policy.denied' })
    await assert.rejects(memory.knowledge.forget({ subject: 'bob' }), { code: 'policy.denied' })
    await assert.rejects(
      memory.knowledge.search({ image: { width: 1, height: 1, data: new Uint8Array(4) } }),
      {
        code: 'input.invalid',
      },
    )
    const app = createApp(concord, { token: 'of-the-server' })
    const headers = { ...jsonHeaders, 'concord-token': memoryToken }
    for (const path of [`/memory/thread?run=${other}`, '/memory/facts?subject=bob'])
      assert.equal((await problemOf(await app.request(path, { headers }))).code, 'policy.denied', path)
  })

  it('is open to who may use the server, who then says whose thread and subject is meant', async (t) => {
    const { concord, get, post } = await appOf(t, soleTeam(echo))
    const one = await concord.run(goal('one'))
    const two = await concord.run(goal('two'))
    const turns = async (run: string) =>
      ((await (await get(`/memory/thread?run=${run}`)).json()) as { turns: { goal: string }[] }).turns.map(
        (turn) => turn.goal,
      )
    assert.deepEqual([await turns(one.id), await turns(two.id)], [[], ['one']])
    assert.equal((await problemOf(await get('/memory/thread?run=none'))).code, 'run.unknown')
    assert.equal((await problemOf(await get('/memory/thread'))).code, 'input.invalid')
    assert.equal((await problemOf(await get('/memory/facts'))).code, 'input.invalid')
    const kept = await post('/memory/facts', { subject: 'ann', fact: 'Sails.', about: 'hobby' })
    assert.deepEqual(((await kept.json()) as { source: object }).source, { agent: 'user' })
    const facts = (await (await get('/memory/facts?subject=ann')).json()) as { facts: { fact: string }[] }
    assert.deepEqual(
      facts.facts.map(({ fact }) => fact),
      ['Sails.'],
    )
    const memory = remoteMemory({ url: `${(await served(t, concord)).url}/memory`, run: two.id })
    assert.deepEqual(await memory.log.read(), await concord.events(two.id))
    assert.deepEqual(
      (await memory.thread()).map(({ run }) => run),
      [one.id],
    )
    assert.throws(() => memory.subject(), { code: 'input.invalid' })
    assert.equal((await memory.subject('ann').facts()).length, 1)
  })
})
