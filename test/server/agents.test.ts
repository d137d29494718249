import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { agent, type ConcordConfig, type Event, team } from '../../src/index.ts'
import { appOf, echo, httpServer, problemOf, pythonAgent, pythonMissing } from './fixture.ts'

/** The contract of agents over HTTP, proved with programs that know nothing of Concord, and with such that break it. */

const pythonTeam = async (
  t: TestContext,
): Promise<ConcordConfig & { agents: { worker: { url: string } } }> => {
  const [planner, worker, checker] = await Promise.all(
    ['planner', 'worker', 'checker'].map((name) => pythonAgent(t, name)),
  )
  return {
    team: 'words',
    agents: { planner: { url: planner! }, worker: { url: worker! }, checker: { url: checker! } },
    teams: { words: team({ planner: 'planner', agents: ['worker'], checker: 'checker' }) },
  }
}

const callsOf = async (config: { agents: { worker: { url: string } } }) =>
  (await (await fetch(config.agents.worker.url)).json()) as { [key: string]: number }

describe('three Python programs as planner, worker and checker', { skip: pythonMissing }, () => {
  it('reach a goal', async (t) => {
    const config = await pythonTeam(t)
    const { post } = await appOf(t, config)
    const response = await post('/goal', { goal: 'say it', params: { words: ['good', 'morning'] } })
    const { output, status, runId } = (await response.json()) as {
      output: string
      status: string
      runId: string
    }
    assert.deepEqual([response.status, status, output], [200, 'success', 'good morning'])
    assert.deepEqual(await callsOf(config), { [`${runId}/1/w0/0`]: 1, [`${runId}/1/w1/0`]: 1 })
  })

  it('redo a step with the feedback in its payload when the checker says so, under a new key', async (t) => {
    const config = await pythonTeam(t)
    const { post, concord } = await appOf(t, config)
    const response = await post('/goal', { goal: 'say it LOUD', params: { words: ['good', 'morning'] } })
    const { output, runId } = (await response.json()) as { output: string; runId: string }
    assert.equal(output, 'GOOD morning')
    const redone = (await concord.events(runId)).findLast(
      (event) => event.type === 'step.succeeded' && event.step === 'w0',
    ) as Extract<Event, { type: 'step.succeeded' }>
    assert.deepEqual(redone.data.output, { text: 'GOOD', told: 'louder' })
    // Whether what was built on it is done again is the plan's order: w1 follows w0.
    assert.deepEqual(await callsOf(config), {
      [`${runId}/1/w0/0`]: 1,
      [`${runId}/1/w1/0`]: 1,
      [`${runId}/1/w0/1`]: 1,
      [`${runId}/1/w1/1`]: 1,
    })
  })

  it('plan again with plan, results and reasons of what did not do', async (t) => {
    const config = await pythonTeam(t)
    const { post, concord } = await appOf(t, config)
    const response = await post('/goal', { goal: 'be polite', params: { words: ['sit'] } })
    const { output, runId } = (await response.json()) as { output: string; runId: string }
    assert.equal(output, 'please sit')
    const proposed = (await concord.events(runId)).filter((event) => event.type === 'plan.proposed')
    assert.equal(proposed.length, 2)
  })
})

/** An agent whose every answer is this. */
const answering = (
  t: TestContext,
  answer: (response: ServerResponse, calls: number, path: string) => void,
) => {
  let calls = 0
  return httpServer(t, (request, response) => {
    request.resume().on('end', () => answer(response, ++calls, request.url ?? ''))
  })
}

const json = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const once = { attemptsMax: 1 }

const goalWith = async (
  t: TestContext,
  url: string,
  more: { timeoutMs?: number; attemptsMax?: number } = once,
) => {
  const remote = agent({ name: 'remote', url, ...more })
  const { post } = await appOf(t, { team: 't', teams: { t: team({ agents: [remote] }) } })
  return post('/goal', { goal: 'x' })
}

describe('an agent that', () => {
  it('receives plain JSON, its key, a trace context, run, step, deadline and token', async (t) => {
    const seen: { body: string; headers: Record<string, unknown>; url?: string }[] = []
    const base = await httpServer(t, (request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        seen.push({ body, headers: request.headers, url: request.url ?? '' })
        json(response, { fine: true })
      })
    })
    const remote = agent({ name: 'remote', url: base, token: 'its-own-token' })
    const { post } = await appOf(t, { team: 't', teams: { t: team({ agents: [remote] }) } })
    const { runId, output } = (await (await post('/goal', { goal: 'x', params: { n: 1 } })).json()) as {
      runId: string
      output: unknown
    }
    assert.deepEqual(output, { fine: true })
    const [{ headers, body, url }] = seen as [(typeof seen)[0]]
    assert.deepEqual([url, JSON.parse(body)], ['/run', { goal: 'x', n: 1 }])
    assert.deepEqual(
      [headers['idempotency-key'], headers['concord-run'], headers['concord-step'], headers.authorization],
      [`${runId}/1/remote/0`, runId, 'remote', 'Bearer its-own-token'],
    )
    assert.match(String(headers.traceparent), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.ok(Date.parse(String(headers['concord-deadline'])) > Date.now())
  })

  it('fails with 500 is tried again under the same key, and reported when it keeps failing', async (t) => {
    const keys: unknown[] = []
    const flaky = await httpServer(t, (request, response) => {
      keys.push(request.headers['idempotency-key'])
      request.resume().on('end', () => (keys.length < 2 ? json(response, {}, 503) : json(response, 'done')))
    })
    const mended = await goalWith(t, flaky, { attemptsMax: 3 })
    assert.equal(mended.status, 200)
    assert.deepEqual([keys.length, new Set(keys).size], [2, 1])
    const broken = await answering(t, (response) => json(response, { error: 'out of paper' }, 500))
    const problem = await problemOf(await goalWith(t, broken))
    assert.deepEqual([problem.status, problem.code], [502, 'agent.failed'])
    assert.match(problem.detail, /500: .*out of paper/)
  })

  it('refuses its input is not asked again', async (t) => {
    let asked = 0
    const url = await answering(t, (response, calls) => {
      asked = calls
      json(response, { detail: 'no such topic' }, 422)
    })
    const problem = await problemOf(await goalWith(t, url, { attemptsMax: 3 }))
    assert.deepEqual([problem.code, asked], ['agent.input-invalid', 1])
    assert.match(problem.detail, /422.*no such topic/)
  })

  it('answers no JSON, or is not there, is named in the problem', async (t) => {
    const html = await answering(t, (response) => response.end('<h1>It works!</h1>'))
    const noJson = await problemOf(await goalWith(t, html))
    assert.equal(noJson.code, 'agent.output-invalid')
    assert.match(noJson.detail, /not JSON.*It works/)
    const gone = await httpServer(t, () => {})
    const { port } = new URL(gone)
    const refused = await problemOf(await goalWith(t, `http://127.0.0.1:${Number(port) === 1 ? 2 : 1}/run`))
    assert.equal(refused.code, 'agent.failed')
    assert.match(refused.detail, /Cannot reach agent .*is it running\?/)
  })

  it('hangs, or stops in the middle of its answer, is given up when its time is over', async (t) => {
    const silent = await answering(t, () => {})
    const halting = await answering(t, (response) => response.writeHead(200).write('{"half":'))
    for (const url of [silent, halting]) {
      const problem = await problemOf(await goalWith(t, url, { timeoutMs: 50, ...once }))
      assert.equal(problem.code, 'agent.timeout')
      assert.match(problem.detail, /50 ms; raise its timeoutMs/)
    }
    const breaking = await answering(t, (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"half":', () => response.destroy())
    })
    assert.equal((await problemOf(await goalWith(t, breaking))).code, 'agent.failed')
  })

  it('works long answers 202 with a Location that is polled until it is done', async (t) => {
    const url = await httpServer(t, (request, response) => {
      request.resume().on('end', () => {
        if (request.method === 'POST')
          response.writeHead(202, { location: '/jobs/1', 'retry-after': '0.01' }).end()
        else if (request.url !== '/jobs/1') response.writeHead(404).end()
        else if (++polls < 3) response.writeHead(202, { location: '/jobs/1', 'retry-after': '0.01' }).end()
        else json(response, { polls })
      })
    })
    let polls = 0
    const response = await goalWith(t, `${url}/run`)
    const { output } = (await response.json()) as { output: unknown }
    assert.deepEqual([response.status, output], [200, { polls: 3 }])
    const elsewhere = await answering(t, (answer) =>
      answer.writeHead(202, { location: 'http://169.254.169.254/latest' }).end(),
    )
    assert.match((await problemOf(await goalWith(t, elsewhere))).detail, /another origin/)
    const nowhere = await answering(t, (answer) => answer.writeHead(202).end())
    assert.match((await problemOf(await goalWith(t, nowhere))).detail, /without a Location/)
  })

  it('plans or judges in another shape than the contract’s ends the run with the reason', async (t) => {
    const shapes: [unknown, RegExp][] = [
      [{}, /no "steps" array/],
      [{ steps: [{ agent: 'echo' }] }, /no usable "id"/],
      [{ steps: [{ id: 'a', agent: 'nobody' }] }, /"nobody", which is not in the team/],
      [
        {
          steps: [
            { id: 'a', agent: 'echo', dependsOn: ['b'] },
            { id: 'b', agent: 'echo', dependsOn: ['a'] },
          ],
        },
        /wait for each other: /,
      ],
    ]
    for (const [shape, expected] of shapes) {
      const planner = agent({ name: 'planner', url: await answering(t, (response) => json(response, shape)) })
      const { post } = await appOf(t, { team: 't', teams: { t: team({ planner, agents: [echo] }) } })
      const problem = await problemOf(await post('/goal', { goal: 'x' }))
      assert.deepEqual([problem.status, problem.code], [400, 'plan.infeasible'])
      assert.match(problem.detail, expected)
    }
    const checker = agent({
      name: 'checker',
      url: await answering(t, (response) => json(response, { fine: 1 })),
    })
    const { post } = await appOf(t, {
      team: 't',
      teams: { t: team({ checker, agents: [echo], plan: () => [{ id: 'a', agent: 'echo' }] }) },
    })
    const problem = await problemOf(await post('/goal', { goal: 'x' }))
    assert.deepEqual([problem.status, problem.code], [400, 'agent.output-invalid'])
    assert.match(problem.detail, /neither \{"met"\} nor \{"valid"\}/)
  })
})
