import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { concordClient, remoteState } from '../../src/client.ts'
import { agent, team } from '../../src/index.ts'
import { call } from '../../src/tools/fixtures/context.ts'
import { httpTool } from '../../src/tools/http.ts'
import { webSearchTool } from '../../src/tools/web-search.ts'
import { openMemory, served } from './fixture.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const serverOf = async (t: TestContext, answer: Answer): Promise<string> => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const token = 'agent-token-0123456789-abcdef'
const echoed = ({ headers }: IncomingMessage): string => JSON.stringify(headers)
const json = { 'content-type': 'application/json' }

/** What agents' services do with the headers they are sent, by accident or not. */
const echoing: { [name: string]: Answer } = {
  'a 400 with the headers': (request, response) => response.writeHead(400).end(echoed(request)),
  'a 500 page behind much else': (request, response) =>
    response.writeHead(500).end(`<pre>${'x'.repeat(470)} ${echoed(request)}</pre>`),
  'a 200 that is not JSON': (request, response) => response.writeHead(200).end(`debug: ${echoed(request)}`),
  'a 200 with the headers': (request, response) => response.writeHead(200, json).end(echoed(request)),
  'a 200 with the headers in base64': (request, response) =>
    response
      .writeHead(200, json)
      .end(JSON.stringify({ [Buffer.from(echoed(request)).toString('base64')]: 1 })),
  'a 202 to a place elsewhere': (request, response) =>
    response
      .writeHead(202, { location: `http://${request.headers['concord-token']?.slice(0, 60)}.example/` })
      .end(),
  'a redirect': (request, response) =>
    response.writeHead(307, { location: `/x?${new URLSearchParams({ h: echoed(request) })}` }).end(),
}

describe('what a remote agent was sent', () => {
  for (const [name, answer] of Object.entries(echoing))
    it(`is in no event, trace or answer after ${name}`, async (t) => {
      let memoryToken = ''
      const url = await serverOf(t, (request, response) => {
        memoryToken = String(request.headers['concord-token'])
        answer(request, response)
      })
      const logged: unknown[] = []
      const log = (fields: object, message?: string) =>
        void logged.push([fields, message, String((fields as { error?: Error }).error?.cause)])
      const concord = await openMemory(t, {
        team: 't',
        logger: { debug: log, info: log, warn: log, error: log },
        teams: {
          t: team({
            agents: [
              agent({ name: 'far', url: `${url}/run?api_key=query-secret-123`, token, attemptsMax: 1 }),
            ],
            plan: () => [{ id: 'a', agent: 'far' }],
          }),
        },
      })
      const server = await served(t, concord)
      const answered = await fetch(`${server.url}/goal`, {
        method: 'POST',
        headers: json,
        body: '{"goal":"x"}',
      })
      const { runId, ...body } = (await answered.json()) as { runId: string }
      const get = async (path: string) => (await fetch(server.url + path)).text()
      const told = [
        JSON.stringify(body),
        JSON.stringify(logged),
        JSON.stringify(await concord.events(runId)),
        await get(`/runs/${runId}`),
        await get(`/runs/${runId}/trace`),
        await get(`/runs/${runId}/trace?format=text`),
        await get('/runs'),
        await get('/agents'),
        await get('/teams'),
      ].join('\n')
      const mac = memoryToken.slice(memoryToken.lastIndexOf('.') + 1)
      assert.equal(mac.length, 43)
      for (const secret of [token, memoryToken, mac, 'query-secret-123', token.slice(0, 14)])
        for (const form of [
          secret,
          Buffer.from(secret).toString('base64').slice(4, 16),
          encodeURIComponent(secret),
        ])
          assert.ok(!told.includes(form), `${form} is told`)
    })
})

describe('what was sent as a secret', () => {
  const fixed = { authorization: 'Bearer fixed-credential-4711', 'x-session': 'session-value-0815' }

  it('does not come back by the http tool, in a body, a header, a redirect or an error', async (t) => {
    const url = await serverOf(t, (request, response) => {
      const session = String(request.headers['x-session'])
      if (request.url === '/moved') response.writeHead(302, { location: `/to?${session}` }).end()
      else if (request.url === '/away')
        response.writeHead(302, { location: `ftp://${session}.example/` }).end()
      else response.writeHead(200, { etag: session, 'content-type': 'text/plain' }).end(echoed(request))
    })
    const rules = { allowHosts: ['127.0.0.1'], allowPrivate: true, headers: fixed }
    const http = httpTool(rules)
    const ask = (path: string) =>
      call(http, { url: url + path }).then(
        (answer) => JSON.stringify(answer),
        (error: Error) => JSON.stringify([error.message, error, String(error.cause)]),
      )
    for (const path of ['/', '/moved', '/away']) {
      const told = await ask(path)
      for (const secret of ['fixed-credential-4711', 'session-value-0815'])
        assert.ok(!told.includes(secret), `${path}: ${told}`)
    }
  })

  it('does not come back by a web search or by the clients of a server', async (t) => {
    const key = 'search-key-9876543210'
    const search = await serverOf(t, (request, response) =>
      response.writeHead(200, json).end(
        JSON.stringify({
          results: [{ title: echoed(request), url: 'https://x.example', content: key + request.url }],
        }),
      ),
    )
    const endpoint = `${search}/?api_key=${key}-in-the-query`
    const found = await call(webSearchTool({ endpoint, apiKey: key }), { query: 'x' })
    assert.equal((found as { results: unknown[] }).results.length, 1)
    assert.ok(!JSON.stringify(found).includes(key))
    const inUrl = await call(webSearchTool({ endpoint }), { query: 'x' })
    assert.match(JSON.stringify(inUrl), /\?api_key=\*\*\*&/)

    const page = await serverOf(t, (request, response) => response.writeHead(502).end(echoed(request)))
    const problem = await serverOf(t, (request, response) =>
      response
        .writeHead(400, json)
        .end(JSON.stringify({ code: 'input.invalid', detail: echoed(request), h: [echoed(request)] })),
    )
    const typed = await serverOf(t, ({ headers }, response) =>
      response
        .writeHead(200, { 'content-type': `text/${headers.authorization}${headers['concord-token']}` })
        .end(),
    )
    for (const url of [page, problem, typed]) {
      const asked = [
        concordClient({ url, token }).get('/runs'),
        remoteState({
          url,
          token,
          memoryToken: 'v1.abcdefghijklmnop.qrstuvwxyz0123456789',
          namespace: 'global',
        }).list(),
      ]
      for (const result of await Promise.allSettled(asked)) {
        assert.equal(result.status, 'rejected')
        const told = JSON.stringify([
          result.reason.message,
          result.reason.details,
          String(result.reason.cause),
        ])
        for (const secret of [token, 'abcdefghijklmnop', 'qrstuvwxyz0123456789'])
          assert.ok(!told.includes(secret), told)
      }
    }
  })

  it('does not come back by a model, in what it says, calls or answers when it fails', async (t) => {
    const apiKey = 'provider-key-1234567890'
    const answers = [
      { content: `You sent ${apiKey}, 2023-06-01` },
      { content: Buffer.from(`x ${apiKey} y`).toString('base64') },
    ]
    let calls = 0
    const baseUrl = await serverOf(t, (request, response) => {
      const message = answers[calls++]
      if (message === undefined) {
        response
          .writeHead(401, json)
          .end(JSON.stringify({ error: { message: 'x'.repeat(585) + echoed(request) } }))
        return
      }
      response.writeHead(200, json).end(
        JSON.stringify({
          id: '1',
          object: 'chat.completion',
          created: 1,
          model: 'm',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...message } }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
      )
    })
    const concord = await openMemory(t, {
      team: 't',
      model: 'local/m',
      providers: {
        local: {
          kind: 'openai-compatible',
          baseUrl: `${baseUrl}/v1`,
          apiKey,
          headers: { 'x-version': '2023-06-01' },
        },
      },
      teams: { t: team({ agents: [agent({ name: 'talker', instructions: 'Talk.', attemptsMax: 1 })] }) },
    })
    for (const _ of [...answers, undefined]) {
      const run = await concord.run('x')
      const told = JSON.stringify([run.output, run.failure, await concord.events(run.id)])
      for (const part of [
        'provider-key',
        'r-key-123456',
        Buffer.from(apiKey).toString('base64').slice(4, 20),
      ])
        assert.ok(!told.includes(part), told)
      if (calls === 1) assert.match(told, /You sent \*\*\*, 2023-06-01/)
    }
    assert.equal(calls, 3)
  })
})
