import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import {
  appOf,
  echo,
  gate,
  httpServer,
  messagesOf,
  openMemory,
  problemOf,
  served,
  soleTeam,
} from './fixture.ts'

const accept = { accept: 'text/event-stream' }

type Read = { events: { id: string; event: string }[]; text: string }

const read = async (response: Response): Promise<Read> => {
  const events: Read['events'] = []
  let text = ''
  for await (const { id, event, data } of messagesOf(response))
    if (event === 'delta') text += JSON.parse(data).text
    else if (id !== undefined && event !== undefined) events.push({ id, event })
  return { events, text }
}

const idOf = (response: Response): string => (response.headers.get('location') ?? '').slice('/runs/'.length)

describe('POST /goal that accepts text/event-stream', () => {
  it('streams the run from its first event and its first token to its end', async (t) => {
    const model = scriptedModel(['One morning, a lamp was lit.'])
    const { post, concord } = await appOf(t, soleTeam(agent({ name: 'm', instructions: 'Tell.', model })))
    const response = await post('/goal', { goal: 'x' }, accept)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const { events, text } = await read(response)
    assert.equal(text, 'One morning, a lamp was lit.')
    assert.deepEqual(
      events,
      (await concord.events(idOf(response))).map(({ version, type }) => ({
        id: String(version),
        event: type,
      })),
    )
    assert.equal(events.at(-1)?.event, 'run.succeeded')
  })

  it('streams a failing run to its last event, and answers anything that is not a goal with a problem', async (t) => {
    const broken = agent({
      name: 'm',
      attemptsMax: 1,
      run: () => {
        throw new Error('broken')
      },
    })
    const { post } = await appOf(t, soleTeam(broken))
    const { events } = await read(await post('/goal', { goal: 'x' }, accept))
    assert.equal(events.at(-1)?.event, 'run.failed')
    const refused = await post('/goal', { gaol: 'x' }, accept)
    assert.deepEqual([refused.status, (await problemOf(refused)).code], [400, 'input.invalid'])
  })

  it('is not cancelled by a reader who goes away, and continues behind the last event under its key', async (t) => {
    const [begun, hold] = [gate(), gate()]
    let runs = 0
    const slow = agent({
      name: 'm',
      async run(_, context) {
        runs++
        context.emit('before ')
        begun.open()
        await hold.opened
        context.emit('after')
        return 'done'
      },
    })
    const concord = await openMemory(t, soleTeam(slow))
    const { url } = await served(t, concord)
    const leave = new AbortController()
    const post = (headers: Record<string, string>, signal?: AbortSignal) =>
      fetch(`${url}/goal`, {
        method: 'POST',
        body: '{"goal":"x"}',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'one', ...accept, ...headers },
        ...(signal === undefined ? {} : { signal }),
      })
    const first = await post({}, leave.signal)
    let last = ''
    for await (const { id, event } of messagesOf(first)) {
      last = id ?? last
      if (event === 'delta') break
    }
    await begun.opened
    leave.abort()
    const second = await post({ 'last-event-id': last })
    const reading = read(second)
    hold.open()
    const { events, text } = await reading
    assert.equal(text, 'before after')
    assert.equal(events[0]?.id, String(Number(last) + 1))
    assert.equal(events.at(-1)?.event, 'run.succeeded')
    assert.deepEqual([runs, idOf(first)], [1, idOf(second)])
    assert.equal((await post({ 'last-event-id': events.at(-1)?.id ?? '' })).status, 204)
    const other = await fetch(`${url}/goal`, {
      method: 'POST',
      body: '{"goal":"y"}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'one', ...accept },
    })
    assert.deepEqual([other.status, (await problemOf(other)).code], [422, 'key.reused'])
  })

  it('needs the key to know which run a Last-Event-ID is of', async (t) => {
    const { post } = await appOf(t, soleTeam(echo))
    const problem = await problemOf(await post('/goal', { goal: 'x' }, { ...accept, 'last-event-id': '3' }))
    assert.match(problem.detail, /Idempotency-Key/)
  })

  it('is described in OpenAPI', async (t) => {
    const { get } = await appOf(t, soleTeam(echo))
    const { paths } = (await (await get('/openapi.json')).json()) as {
      paths: { '/goal': { post: { responses: { [status: string]: { content: object } } } } }
    }
    const { responses } = paths['/goal'].post
    assert.ok('text/event-stream' in (responses[200]?.content ?? {}))
    assert.ok('502' in responses && '504' in responses)
  })
})

describe('what a run writes', () => {
  it('reaches who follows it later from the first token of the first call, with respond-async too', async (t) => {
    const pieces = gate()
    const model = scriptedModel(['whole text'])
    const halting = {
      ...model,
      generate: async (...[request, options]: Parameters<typeof model.generate>) => {
        options?.onDelta?.('first ')
        await pieces.opened
        return model.generate(request, options)
      },
    }
    const concord = await openMemory(t, soleTeam(agent({ name: 'm', instructions: 'x', model: halting })))
    const { url } = await served(t, concord)
    const headers = { 'content-type': 'application/json', prefer: 'respond-async' }
    const response = await fetch(`${url}/goal`, { method: 'POST', headers, body: '{"goal":"x"}' })
    assert.equal(response.status, 202)
    for await (const { type } of concord.follow(idOf(response))) if (type === 'model.called') break
    const reading = read(await fetch(`${url}/runs/${idOf(response)}/events`))
    pieces.open()
    assert.equal((await reading).text, 'first whole text')
  })
})

describe('a service that', () => {
  const problemWith = async (t: Parameters<typeof openMemory>[0], url: string, more = {}) => {
    const remote = agent({ name: 'executor', url, attemptsMax: 1, ...more })
    const { post } = await appOf(t, soleTeam(remote))
    return problemOf(await post('/goal', { goal: 'x' }))
  }

  it('is down is a 502 that names the agent', async (t) => {
    const { status, code, detail } = await problemWith(t, 'http://127.0.0.1:1/run')
    assert.deepEqual([status, code], [502, 'agent.failed'])
    assert.match(detail, /Cannot reach agent "executor" \(http:\/\/127\.0\.0\.1:1\/run\)/)
  })

  it('answers HTML or an error of its own is a 502 that names the agent', async (t) => {
    for (const [answer, expected] of [
      [200, /agent "executor" .*not JSON/],
      [500, /agent "executor" .*500/],
    ] as const) {
      const url = await httpServer(t, (_, response) => response.writeHead(answer).end('<h1>hello</h1>'))
      const { status, detail } = await problemWith(t, url)
      assert.equal(status, 502)
      assert.match(detail, expected)
    }
  })

  it('hangs is a 504 that names the agent', async (t) => {
    const url = await httpServer(t, () => {})
    const { status, code, detail } = await problemWith(t, url, { timeoutMs: 50 })
    assert.deepEqual([status, code], [504, 'agent.timeout'])
    assert.match(detail, /agent "executor"/)
  })

  it('has another path is reported as such; one that does not find what was asked is not', async (t) => {
    const bodies: [body: string, isPath: boolean][] = [
      ['<h1>Not Found</h1>', true],
      ['', true],
      ['{"detail":"Not Found"}', true],
      ['{"detail":"no order 7"}', false],
    ]
    for (const [body, isPath] of bodies) {
      const url = await httpServer(t, (_, response) => response.writeHead(404).end(body))
      const { detail } = await problemWith(t, `${url}/wrong`)
      assert.equal(/must know this path: 404.*correct the agent's url/.test(detail), isPath, detail)
    }
  })

  it('redirects is reported as such', async (t) => {
    const url = await httpServer(t, (_, response) => response.writeHead(301, { location: '/other' }).end())
    const { detail } = await problemWith(t, url)
    assert.match(detail, /agent "executor" .*redirects elsewhere/)
  })
})

describe('the log of a server', () => {
  it('says which runs failed, wait and end, and who decided', async (t) => {
    const lines: string[] = []
    const line = (level: string) => (fields: object, message?: string) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
    const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
    const asking = agent({
      name: 'm',
      attemptsMax: 1,
      async run(_, context) {
        await context.approve('sure?')
        throw new Error('out of paper')
      },
    })
    const { post, concord, get } = await appOf(t, { ...soleTeam(asking), logger })
    const { runId } = (await (await post('/goal', { goal: 'x' })).json()) as { runId: string }
    const { waits } = (await (await get(`/runs/${runId}`)).json()) as { waits: { hash: string }[] }
    await post(`/runs/${runId}/approve`, { hash: waits[0]?.hash })
    await (await concord.handle(runId)).settled()
    const seen = lines.join('\n')
    assert.match(seen, /info a run waits .*"for":\["approval /)
    assert.match(seen, /info a signal was sent .*"kind":"approve".*"by":"local"/)
    assert.match(seen, new RegExp(`warn a run failed: out of paper .*"run":"${runId}"`))
    assert.match(seen, /debug answered .*"path":"\/goal","status":202/)
  })
})
