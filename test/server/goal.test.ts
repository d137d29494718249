import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import { createApp } from '../../src/server/app.ts'
import { appOf, echo, gate, jsonHeaders, openMemory, problemOf, served, soleTeam } from './fixture.ts'

describe('POST /goal', () => {
  it('answers 200 with the output and the run when the goal is satisfied', async (t) => {
    const { post } = await appOf(t, soleTeam(echo))
    const response = await post('/goal', { goal: 'say it', params: { word: 'hello' } })
    assert.equal(response.status, 200)
    const { runId, ...body } = (await response.json()) as { runId: string }
    assert.deepEqual(body, { status: 'success', output: { goal: 'say it', word: 'hello' } })
    assert.match(runId, /^\w{16}$/)
  })

  it('answers 400 problem details with run, reasons and code when the goal is not satisfied', async (t) => {
    const checker = agent({
      name: 'checker',
      run: () => ({ valid: false, reasons: ['no source is cited', 'too short'] }),
    })
    const { post } = await appOf(t, {
      team: 't',
      teams: { t: team({ agents: [echo], plan: () => [{ id: 'a', agent: 'echo' }], checker }) },
    })
    const response = await post('/goal', { goal: 'x' })
    const problem = await problemOf(response)
    assert.equal(response.status, 400)
    assert.deepEqual(
      [problem.status, problem.code, problem.type, problem.title],
      [400, 'goal.unmet', 'urn:concord:error:goal.unmet', 'Goal unmet'],
    )
    assert.deepEqual(problem.reasons, ['no source is cited', 'too short'])
    assert.match(problem.detail, /no source is cited; too short/)
    assert.equal(response.headers.get('location'), `/runs/${problem.runId}`)
    assert.equal(response.headers.get('x-request-id'), problem.requestId)
  })

  it('answers 400, not 502, when an agent fails, and tells no stack', async (t) => {
    const broken = agent({
      name: 'broken',
      attemptsMax: 1,
      run: () => {
        throw new Error('the disk is gone')
      },
    })
    const { post } = await appOf(t, soleTeam(broken))
    const problem = await problemOf(await post('/goal', { goal: 'x' }))
    assert.deepEqual([problem.status, problem.code], [400, 'agent.failed'])
    assert.match(problem.detail, /the disk is gone/)
    assert.doesNotMatch(JSON.stringify(problem), /\.ts:\d+/)
  })

  it('answers 202 with Location and Preference-Applied at once when asked to', async (t) => {
    const hold = gate()
    const slow = agent({ name: 'slow', run: () => hold.opened.then(() => 'done') })
    const { post, get, concord } = await appOf(t, soleTeam(slow))
    const response = await post('/goal', { goal: 'x' }, { prefer: 'respond-async' })
    const { runId } = (await response.json()) as { runId: string }
    assert.equal(response.status, 202)
    assert.equal(response.headers.get('preference-applied'), 'respond-async')
    assert.equal(response.headers.get('location'), `/runs/${runId}`)
    hold.open()
    await concord.runner.settled(runId)
    const run = (await (await get(`/runs/${runId}`)).json()) as { status: string; output: unknown }
    assert.deepEqual([run.status, run.output], ['succeeded', 'done'])
  })

  it('answers 202 when the preferred wait is over, and the run goes on', async (t) => {
    const hold = gate()
    const slow = agent({ name: 'slow', run: () => hold.opened.then(() => 'done') })
    const { post, concord } = await appOf(t, soleTeam(slow))
    const response = await post('/goal', { goal: 'x' }, { prefer: 'respond-async, wait=0' })
    assert.deepEqual(
      [response.status, response.headers.get('preference-applied')],
      [202, 'respond-async, wait=0'],
    )
    hold.open()
    const { runId } = (await response.json()) as { runId: string }
    assert.equal((await concord.runner.settled(runId)).status, 'succeeded')
  })

  it('answers 202 with what it waits for when a person has to approve', async (t) => {
    const { post, get, concord } = await appOf(t, {
      team: 't',
      teams: {
        t: team({
          agents: [echo],
          plan: () => [{ id: 'a', agent: 'echo', payload: 7, requireApproval: true }],
        }),
      },
    })
    const response = await post('/goal', { goal: 'x' })
    const body = (await response.json()) as { runId: string; status: string; waits: { hash?: string }[] }
    assert.equal(response.status, 202)
    assert.equal(body.status, 'waiting')
    const [wait] = body.waits
    assert.match(String(wait?.hash), /^[0-9a-f]{64}$/)
    assert.deepEqual(body.waits, [
      {
        step: 'a',
        for: 'approval',
        name: `approve@${String(wait?.hash).slice(0, 12)}`,
        prompt: 'Approve step "a" (agent echo)?',
        agent: 'echo',
        input: 7,
        hash: wait?.hash,
      },
    ])
    const approve = { by: 'the-cfo', hash: wait?.hash }
    assert.equal((await post(`/runs/${body.runId}/approve`, approve)).status, 202)
    for await (const _ of concord.follow(body.runId));
    const run = (await (await get(`/runs/${body.runId}`)).json()) as { output: unknown }
    assert.equal(run.output, 7)
    // Who approved is who was authenticated; what the caller says of itself is kept as that.
    const received = (await concord.events(body.runId)).find((event) => event.type === 'signal.received')
    assert.ok(received?.type === 'signal.received')
    assert.deepEqual([received.data.signal.by, received.data.signal.claimedBy], ['local', 'the-cfo'])
  })

  it('waits on while the run only waits for a timer or a child at work, and answers 202 when the child waits for a person', async (t) => {
    const napping = agent({
      name: 'napping',
      run: async (_input, context) => {
        await context.sleep(1000)
        return 'rested'
      },
    })
    const asking = agent({
      name: 'asking',
      run: async (_input, context) => {
        await context.sleep(1000)
        return context.ask('which?')
      },
    })
    const parent = agent({ name: 'parent', run: (_input, context) => context.delegate('below', 'x') })
    const { post } = await appOf(t, {
      teams: {
        nap: team({ agents: [napping] }),
        below: team({ agents: [asking] }),
        above: team({ agents: [parent] }),
      },
    })
    const [rested, waiting] = await Promise.all([
      post('/goal', { goal: 'x', team: 'nap' }),
      post('/goal', { goal: 'x', team: 'above' }),
    ])
    assert.deepEqual([rested.status, waiting.status], [200, 202])
    const { waits } = (await waiting.json()) as { waits: { for: string }[] }
    assert.deepEqual(
      waits.map((wait) => wait.for),
      ['child'],
    )
  })

  it('gives the same key the same run, also to requests at the same instant, and runs it once', async (t) => {
    let calls = 0
    const counting = agent({ name: 'counting', run: () => ++calls })
    const { post, concord } = await appOf(t, soleTeam(counting))
    const key = { 'idempotency-key': 'order-4711' }
    const same = await Promise.all([1, 2, 3, 4].map(() => post('/goal', { goal: 'x' }, key)))
    const later = await post('/goal', { goal: 'x' }, key)
    const bodies = await Promise.all([...same, later].map((response) => response.json()))
    assert.deepEqual(new Set(bodies.map((body) => JSON.stringify(body))).size, 1)
    assert.deepEqual([calls, (await concord.runs()).length], [1, 1])
    const other = await post('/goal', { goal: 'x' }, { 'idempotency-key': 'order-4712' })
    assert.notDeepEqual(await other.json(), bodies[0])
  })

  it('refuses a key that belongs to another goal, named run included', async (t) => {
    const { post } = await appOf(t, soleTeam(echo))
    const key = { 'idempotency-key': 'k' }
    const first = (await (await post('/goal', { goal: 'x', params: { a: 1, b: 2 } }, key)).json()) as {
      runId: string
    }
    assert.equal((await post('/goal', { params: { b: 2, a: 1 }, goal: ' x ' }, key)).status, 200)
    for (const body of [
      { goal: 'y' },
      { goal: 'x' },
      { goal: 'x', params: { a: 1, b: 2 }, budget: { steps: 9 } },
    ]) {
      const problem = await problemOf(await post('/goal', body, key))
      assert.deepEqual([problem.status, problem.code, problem.runId], [422, 'key.reused', first.runId])
    }
    assert.equal((await post('/goal', { goal: 'x' }, { 'idempotency-key': 'k'.repeat(300) })).status, 400)
  })

  it('compares a key with what was sent, whatever defaults and policies make of it', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'concord-key-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    let salt = 0
    const under = async (config: ConcordConfig, body: object) => {
      const concord = await openConcord({ config: { ...config, stores: { directory } } })
      try {
        concord.runner.adopt()
        const response = await createApp(concord).request('/goal', {
          method: 'POST',
          headers: { ...jsonHeaders, 'idempotency-key': 'k' },
          body: JSON.stringify(body),
        })
        const answer = (await response.json()) as { runId: string; code?: string }
        return { ...answer, status: response.status }
      } finally {
        await concord.close()
      }
    }
    const salted: ConcordConfig['beforeStore'] = (_, record) =>
      JSON.parse(JSON.stringify(record).replaceAll('4711', () => `pin-${++salt}`))
    const { teams = {} } = soleTeam(echo)
    const two = { ...teams, u: team({ agents: [echo] }) }
    const body = { goal: 'x', params: { pin: '4711' } }
    const first = await under({ team: 't', teams: two, beforeStore: salted }, body)
    assert.equal(first.status, 200)
    for (const config of [
      { team: 't', teams: two, beforeStore: salted },
      { team: 'u', teams: two, budget: { steps: 5 } },
      { team: 't', teams: two, budget: { tokens: 5 } },
    ])
      assert.deepEqual((await under(config, body)).runId, first.runId)
    for (const other of [
      { ...body, params: { pin: '4712' } },
      { ...body, budget: {} },
      { ...body, team: 't' },
    ]) {
      const refused = await under({ team: 't', teams: two, beforeStore: salted }, other)
      assert.deepEqual([refused.status, refused.code], [422, 'key.reused'], JSON.stringify(other))
    }
  })

  it('keeps params of any name, `__proto__` included', async (t) => {
    const { app, concord } = await appOf(t, soleTeam(echo))
    const body = '{"goal":"x","params":{"__proto__":{"admin":true},"constructor":1}}'
    const response = await app.request('/goal', { method: 'POST', headers: jsonHeaders, body })
    const { output, runId } = (await response.json()) as { output: object; runId: string }
    assert.equal(JSON.stringify(output), '{"goal":"x","__proto__":{"admin":true},"constructor":1}')
    const params = (await concord.log.run(runId))?.goal.params ?? {}
    assert.deepEqual(Object.keys(params), ['__proto__', 'constructor'])
    const strict = '{"goal":"x","__proto__":{"budget":{}}}'
    assert.equal(
      (await app.request('/goal', { method: 'POST', headers: jsonHeaders, body: strict })).status,
      400,
    )
  })

  it('goes on when the client goes away, and answers it when it asks again with its key', async (t) => {
    const hold = gate()
    const started = gate()
    const slow = agent({
      name: 'slow',
      run: async () => {
        started.open()
        await hold.opened
        return 'done'
      },
    })
    const concord = await openMemory(t, soleTeam(slow))
    const { url } = await served(t, concord)
    const request = {
      method: 'POST',
      headers: { ...jsonHeaders, 'idempotency-key': 'k' },
      body: '{"goal":"x"}',
    }
    const client = new AbortController()
    const gone = fetch(`${url}/goal`, { ...request, signal: client.signal })
    await started.opened
    client.abort()
    await assert.rejects(gone, { name: 'AbortError' })
    const [run] = await concord.runs()
    assert.equal(run?.status, 'running')
    hold.open()
    const again = await fetch(`${url}/goal`, request)
    assert.deepEqual(await again.json(), { status: 'success', output: 'done', runId: run.run })
  })

  it('says what is wrong with a body, place by place', async (t) => {
    const { post } = await appOf(t, soleTeam(echo))
    const cases: [unknown, RegExp][] = [
      [{}, /\/goal/],
      [{ goal: '' }, /\/goal/],
      [{ goal: 'x', params: [] }, /\/params/],
      [{ goal: 'x', bugdet: { steps: 1 } }, /bugdet/],
      [{ goal: 'x', budget: { token: 1 } }, /\/budget.*token/],
      [{ goal: 'x', budget: { tokens: -1 } }, /\/budget\/tokens/],
      ['{"goal": tru}', /position 1[0-9]/],
      ['{"goal": "x"', /position 12/],
      ['', /\/goal/],
      ['[]', /the whole/],
      [`{"goal":"x","params":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`, /200 deep/],
    ]
    for (const [body, expected] of cases) {
      const problem = await problemOf(await post('/goal', body))
      assert.deepEqual([problem.status, problem.code], [400, 'input.invalid'])
      assert.match(problem.detail, expected)
    }
    const problem = await problemOf(await post('/goal', { goal: 'x', team: 'nobody' }))
    assert.deepEqual([problem.status, problem.code], [404, 'team.unknown'])
  })
})
