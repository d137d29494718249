import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type AnyAgent, agent, type Step, team } from '../../src/index.ts'
import { appOf, echo, gate, type Problem, problemOf, soleTeam } from './fixture.ts'

type RunBody = {
  id: string
  status: string
  output?: unknown
  waits: { step: string; for: string; name: string; hash?: string }[]
  plan?: { version: number; steps: { id: string; status: string; dependsOn: string[]; output?: unknown }[] }
  failure?: { code: string; message: string }
  spent: { steps: number }
  reasons: string[]
}

const hashOf = async (run: (id: string) => Promise<RunBody>, id: string) => (await run(id)).waits[0]?.hash

const asking = agent({
  name: 'asking',
  run: async (_input, context) => ({ answer: await context.ask('how many?') }),
})
const waitingFor = agent({ name: 'waiting', run: (_input, context) => context.waitFor('go') })

const planned = async (
  t: TestContext,
  steps: Step[],
  agents: AnyAgent[] = [echo, asking, waitingFor],
  adopt = true,
) => {
  const made = await appOf(t, { team: 't', teams: { t: team({ agents, plan: () => steps }) } }, {}, adopt)
  const { post, get, concord } = made
  const start = async (params = {}) => {
    const response = await post('/goal', { goal: 'x', params })
    return ((await response.json()) as { runId: string }).runId
  }
  const run = async (id: string) => (await (await get(`/runs/${id}`)).json()) as RunBody
  const over = async (id: string) => {
    for await (const _ of concord.follow(id));
    return run(id)
  }
  return { ...made, start, run, over }
}

describe('GET /runs', () => {
  it('lists the newest first, a page at a time, by status and team', async (t) => {
    const { post, get } = await appOf(t, {
      teams: { a: team({ agents: [echo] }), b: team({ agents: [asking] }) },
    })
    for (const name of ['a', 'a', 'b']) await post('/goal', { goal: `for ${name}`, team: name })
    const list = async (query: string) =>
      (await (await get(`/runs${query}`)).json()) as {
        runs: { status: string; team: string; createdAt: number }[]
        next?: string
      }
    const all = await list('')
    assert.equal(all.runs.length, 3)
    assert.deepEqual(
      all.runs.map((run) => run.createdAt),
      all.runs.map((run) => run.createdAt).toSorted((x, y) => y - x),
    )
    assert.equal((await list('?status=waiting')).runs[0]?.team, 'b')
    assert.equal((await list('?status=waiting,succeeded')).runs.length, 3)
    assert.equal((await list('?team=a')).runs.length, 2)
    let seen = 0
    for (let page = await list('?limit=1'), pages = 0; pages < 5; pages++) {
      seen += page.runs.length
      if (page.next === undefined) break
      page = await list(`?limit=1&before=${page.next}`)
    }
    assert.equal(seen, 3)
    for (const query of ['?status=done', '?limit=0', '?limit=many', '?nope=1']) {
      const problem = await problemOf(await get(`/runs${query}`))
      assert.deepEqual([problem.status, problem.code], [400, 'input.invalid'])
    }
  })
})

describe('GET /runs/{id}', () => {
  it('shows the plan with the status of each step, what is waited for, and what was spent', async (t) => {
    const { start, run } = await planned(t, [
      { id: 'a', agent: 'echo', payload: 1 },
      { id: 'b', agent: 'asking' },
      { id: 'c', agent: 'echo', payload: { $step: 'b' } },
    ])
    const body = await run(await start())
    assert.equal(body.status, 'waiting')
    assert.deepEqual(
      body.plan?.steps.map(({ id, status, dependsOn }) => [id, status, dependsOn]),
      [
        ['a', 'succeeded', []],
        ['b', 'waiting', ['a']],
        ['c', 'pending', ['b']],
      ],
    )
    assert.deepEqual(
      body.waits.map((wait) => [wait.step, wait.for, wait.name]),
      [['b', 'answer', `ask@${body.waits[0]?.hash?.slice(0, 12)}`]],
    )
    assert.equal(body.spent.steps, 2)
    assert.equal(body.output, undefined)
  })

  it('answers 404 for runs that are not there, whatever the id looks like', async (t) => {
    const { get, post } = await appOf(t, soleTeam(echo))
    for (const id of ['nope', '%E0%A4%A', '%00', '..%2f..%2fetc', '%F0%9F%92%A9', 'a'.repeat(1000), "'--"]) {
      for (const response of [
        await get(`/runs/${id}`),
        await get(`/runs/${id}/events`),
        await post(`/runs/${id}/cancel`),
        await post(`/runs/${id}/fork`),
      ]) {
        const problem = await problemOf(response)
        assert.deepEqual([problem.status, problem.code], [404, 'run.unknown'], id)
      }
    }
  })
})

describe('GET /runs/{id}/trace', () => {
  it('is a tree of what was done, as JSON and as text', async (t) => {
    const { start, get } = await planned(t, [
      { id: 'a', agent: 'echo', payload: 1 },
      { id: 'b', agent: 'echo', payload: { $step: 'a' } },
    ])
    const id = await start()
    const trace = (await (await get(`/runs/${id}/trace`)).json()) as { kind: string; children: object[] }
    assert.equal(trace.kind, 'run')
    assert.ok(trace.children.length > 0)
    const response = await get(`/runs/${id}/trace?format=text`)
    const text = await response.text()
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
    assert.match(text, /succeeded/)
    assert.match(text, /\bb\b/)
    assert.equal((await get(`/runs/${id}/trace?format=xml`)).status, 400)
  })
})

describe('signals', () => {
  it('answer a question once; the second answer finds nothing waiting', async (t) => {
    const { start, post, over, run } = await planned(t, [{ id: 'a', agent: 'asking' }])
    const id = await start()
    const hash = await hashOf(run, id)
    assert.equal((await post(`/runs/${id}/answer`, { value: 3, hash })).status, 202)
    const body = await over(id)
    assert.deepEqual(body.output, { answer: 3 })
    const late = await problemOf(await post(`/runs/${id}/answer`, { value: 4, hash }))
    assert.deepEqual([late.status, late.code], [409, 'run.finished'])
  })

  it('approve only what was asked when the button was pressed: a double click does not approve the next step', async (t) => {
    const { start, post, run, concord } = await planned(t, [
      { id: 'first', agent: 'echo', payload: 1, requireApproval: true },
      { id: 'second', agent: 'echo', payload: 2, requireApproval: true },
    ])
    const id = await start()
    const { name } = (await run(id)).waits[0] ?? {}
    const [one, two] = await Promise.all([
      post(`/runs/${id}/approve`, { name }),
      post(`/runs/${id}/approve`, { name }),
    ])
    assert.equal(one.status, 202)
    assert.ok(two.status === 202 || two.status === 409)
    const waitingFor = async () => (await run(id)).waits.map((wait) => wait.step).join()
    for await (const event of concord.follow(id))
      if (event.type === 'step.waiting' && event.step === 'second') break
    assert.equal(await waitingFor(), 'second')
    const wrong = await problemOf(await post(`/runs/${id}/approve`, { name }))
    assert.deepEqual([wrong.status, wrong.code], [409, 'run.not-waiting'])
  })

  it('ask which is meant when several steps wait', async (t) => {
    const { start, post, over, run } = await planned(t, [
      { id: 'a', agent: 'echo', payload: 1, requireApproval: true, dependsOn: [] },
      { id: 'b', agent: 'echo', payload: 2, requireApproval: true, dependsOn: [] },
    ])
    const id = await start()
    const problem = (await problemOf(await post(`/runs/${id}/approve`))) as Problem & {
      waits: { name: string; hash: string }[]
    }
    assert.deepEqual([problem.status, problem.code], [400, 'input.invalid'])
    assert.deepEqual(problem.waits, (await run(id)).waits)
    for (const { hash } of problem.waits)
      assert.equal((await post(`/runs/${id}/approve`, { hash })).status, 202)
    assert.equal((await over(id)).status, 'succeeded')
  })

  it('reject with the reason in the failure', async (t) => {
    const { start, post, over, run } = await planned(t, [{ id: 'a', agent: 'echo', requireApproval: true }])
    const id = await start()
    await post(`/runs/${id}/reject`, { reason: 'too dear', hash: await hashOf(run, id) })
    const body = await over(id)
    assert.equal(body.failure?.code, 'policy.denied')
    assert.match(body.failure?.message ?? '', /too dear/)
  })

  it('carry a value to a step that waits for their name, sent before it waits as well', async (t) => {
    const { start, post, over } = await planned(t, [{ id: 'a', agent: 'waiting' }])
    const id = await start()
    await post(`/runs/${id}/signal`, { name: 'other', value: 1 })
    await post(`/runs/${id}/signal`, { name: 'go', value: { n: 2 } })
    assert.deepEqual((await over(id)).output, { n: 2 })
    const problem = await problemOf(await post(`/runs/${id}/signal`, { value: 1 }))
    assert.match(problem.detail, /\/name/)
  })

  it('pause when the step under way is done, resume, and cancel', async (t) => {
    const [hold, started] = [gate(), gate()]
    const slow = agent({
      name: 'slow',
      run: async () => {
        started.open()
        await hold.opened
        return null
      },
    })
    const { post, concord, run, over } = await planned(
      t,
      [
        { id: 'a', agent: 'slow' },
        { id: 'b', agent: 'asking' },
      ],
      [slow, asking],
    )
    const { id } = await concord.start({ text: 'x' })
    await started.opened
    await post(`/runs/${id}/pause`)
    hold.open()
    await concord.runner.settled(id)
    assert.deepEqual(
      (await run(id)).plan?.steps.map((step) => step.status),
      ['succeeded', 'ready'],
    )
    assert.equal((await run(id)).status, 'suspended')
    assert.equal((await post(`/runs/${id}/resume`)).status, 202)
    for await (const event of concord.follow(id)) if (event.type === 'run.waiting') break
    await post(`/runs/${id}/cancel`, { reason: 'enough', by: 'ann' })
    const body = await over(id)
    assert.deepEqual([body.status, body.reasons], ['cancelled', ['enough']])
  })

  it('cancel a suspended run for good', async (t) => {
    const { post, concord, over, start } = await planned(t, [{ id: 'a', agent: 'asking' }])
    const id = await start()
    await post(`/runs/${id}/pause`)
    for await (const event of concord.follow(id)) if (event.type === 'run.suspended') break
    await post(`/runs/${id}/cancel`)
    assert.equal((await over(id)).status, 'cancelled')
  })

  it('reach runs at rest where the process adopts none', async (t) => {
    const { post, start, concord, run } = await planned(t, [{ id: 'a', agent: 'asking' }], [asking], false)
    const id = await start()
    await post(`/runs/${id}/answer`, { value: 3, hash: await hashOf(run, id) })
    await concord.runner.settled(id)
    assert.deepEqual((await run(id)).output, { answer: 3 })
  })
})

describe('POST /runs/{id}/fork', () => {
  it('starts a new run that goes on from an event with other params', async (t) => {
    const { post, start, concord, run } = await planned(t, [
      { id: 'a', agent: 'echo', payload: 1 },
      { id: 'b', agent: 'asking' },
    ])
    const id = await start({ colour: 'red' })
    const response = await post(`/runs/${id}/fork`, { params: { colour: 'blue' } })
    const { runId } = (await response.json()) as { runId: string }
    assert.deepEqual([response.status, response.headers.get('location')], [201, `/runs/${runId}`])
    await concord.runner.settled(runId)
    const forked = (await run(runId)) as RunBody & { params: unknown; forkedFrom: { run: string } }
    assert.deepEqual([forked.params, forked.forkedFrom.run], [{ colour: 'blue' }, id])
    assert.deepEqual(forked.waits.length, 1)
    const problem = await problemOf(await post(`/runs/${id}/fork`, { at: 10_000 }))
    assert.deepEqual([problem.status, problem.code, problem.runId], [400, 'input.invalid', id])
  })
})

describe('what there is', () => {
  it('lists teams and agents, and tells of every path in OpenAPI 3.1', async (t) => {
    const { get, app } = await appOf(t, {
      teams: { t: team({ description: 'says it', agents: [echo, asking], checker: echo, plan: () => [] }) },
    })
    const { teams } = (await (await get('/teams')).json()) as { teams: { name: string; checker: string }[] }
    assert.equal(teams.find((known) => known.name === 't')?.checker, 'echo')
    const { agents } = (await (await get('/agents')).json()) as {
      agents: { name: string; teams: string[] }[]
    }
    assert.deepEqual(agents.find((known) => known.name === 'asking')?.teams, ['t'])
    const document = (await (await get('/openapi.json')).json()) as {
      openapi: string
      paths: { [path: string]: { [method: string]: { summary: string; responses: object } } }
    }
    assert.equal(document.openapi, '3.1.0')
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary, responses }]) => {
        assert.ok(summary.length > 5 && Object.keys(responses).length > 0)
        return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
      }),
    )
    const served = app.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== '/' && path !== '/openapi.json')
      .map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual(described.toSorted(), [...new Set(served)].toSorted())
    assert.ok(served.includes('POST /runs/:id/approve'))
    assert.match(await (await get('/')).text(), /Concord/)
  })
})
