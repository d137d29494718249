import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { appOf, echo, jsonHeaders, openMemory, problemOf, served, soleTeam } from './fixture.ts'

const body = '{"goal":"x"}'

/** Sends exactly these headers over a socket, which fetch would not. */
const raw = (
  url: string,
  options: { method?: string; path: string; headers: Record<string, string>; body?: string },
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { ...options, method: options.method ?? 'GET' }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(options.body)
  })

const serving = async (t: TestContext, token?: string) => {
  const concord = await openMemory(t, soleTeam(echo))
  const { url } = await served(t, concord, token === undefined ? {} : { token })
  return { url, host: new URL(url).host, concord }
}

describe('without a token', () => {
  it('refuses a request target of another host, whatever Host says', async (t) => {
    const { url, host, concord } = await serving(t)
    for (const target of [
      'http://evil.example/runs',
      `http://192.168.1.10/runs`,
      'https://localhost.evil/runs',
    ])
      assert.equal((await raw(url, { path: target, headers: { host } })).status, 403, target)
    const written = {
      method: 'POST',
      path: 'http://evil.example/goal',
      headers: { host, ...jsonHeaders },
      body,
    }
    assert.equal((await raw(url, written)).status, 403)
    assert.equal((await raw(url, { path: `http://${host}/runs`, headers: { host } })).status, 200)
    assert.equal((await concord.runs()).length, 0)
  })

  it('answers loopback names only: a rebound name is refused, reading and writing', async (t) => {
    const { url, host, concord } = await serving(t)
    const port = new URL(url).port
    for (const name of [
      'evil.example',
      `evil.example:${port}`,
      '192.168.1.10',
      '0.0.0.0',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example#127.0.0.1',
      'localhost:80:80',
      '[::2]',
    ]) {
      const read = await raw(url, { path: '/runs', headers: { host: name } })
      const written = await raw(url, {
        method: 'POST',
        path: '/goal',
        headers: { host: name, ...jsonHeaders },
        body,
      })
      assert.ok(
        [read.status, written.status].every((status) => status === 403 || status === 400),
        name,
      )
      assert.ok(read.status === 400 || /request\.forbidden/.test(read.text), name)
    }
    assert.equal((await concord.runs()).length, 0)
    for (const name of [host, 'localhost', 'LOCALHOST:9', '127.0.0.1', '127.1.2.3:80', '[::1]:4270'])
      assert.equal((await raw(url, { path: '/runs', headers: { host: name } })).status, 200, name)
  })

  it('refuses other origins, null included, and other sites', async (t) => {
    const { url, host, concord } = await serving(t)
    const port = new URL(url).port
    const refused: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
      { origin: `http://localhost:${port}` },
      { origin: `http://${host}.evil.example` },
      { origin: `http://${host}@evil.example` },
      { origin: 'file://' },
      { origin: `file://${host}` },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of refused) {
      const said = JSON.stringify(headers)
      const written = { method: 'POST', path: '/goal', headers: { host, ...jsonHeaders, ...headers }, body }
      assert.equal((await raw(url, written)).status, 403, said)
      assert.equal((await raw(url, { path: '/runs', headers: { host, ...headers } })).status, 403, said)
      assert.equal(
        (await raw(url, { method: 'OPTIONS', path: '/goal', headers: { host, ...headers } })).status,
        403,
      )
    }
    assert.equal((await concord.runs()).length, 0)
    const own = { host, ...jsonHeaders, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
    assert.equal((await raw(url, { method: 'POST', path: '/goal', headers: own, body })).status, 200)
  })

  it('takes only application/json, so that no form and no simple request of a page gets in', async (t) => {
    const { url, host, concord } = await serving(t)
    for (const type of [
      'text/plain',
      'text/plain;application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
    ])
      for (const path of ['/goal', '/runs/x/cancel', '/runs/x/fork'])
        assert.equal(
          (await raw(url, { method: 'POST', path, headers: { host, 'content-type': type }, body })).status,
          403,
          type,
        )
    assert.equal((await raw(url, { method: 'POST', path: '/runs/x/cancel', headers: { host } })).status, 403)
    assert.equal((await concord.runs()).length, 0)
    const headers = { host, 'content-type': 'Application/JSON; charset=utf-8' }
    assert.equal((await raw(url, { method: 'POST', path: '/goal', headers, body })).status, 200)
  })

  it('sends nothing that would let another origin read', async (t) => {
    const { app } = await appOf(t, soleTeam(echo))
    const response = await app.request('/runs')
    for (const [name] of response.headers) assert.doesNotMatch(name, /^access-control/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  })
})

describe('with a token', () => {
  const token = 'correct-horse-battery-staple'

  it('wants it for everything but /health, whatever Host says', async (t) => {
    const { url } = await serving(t, token)
    const headers = { host: 'concord.example', authorization: `Bearer ${token}` }
    assert.equal((await raw(url, { path: '/runs', headers })).status, 200)
    assert.equal((await raw(url, { path: '/health', headers: { host: 'concord.example' } })).status, 200)
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Bearer ${token}x`,
      `Bearer ${token.slice(0, -1)}`,
      `Basic ${token}`,
      token,
      `bearer x ${token}`,
    ])
      for (const path of ['/', '/runs', '/agents', '/openapi.json', '/nope', '/health/../runs', '//health'])
        assert.equal(
          (await raw(url, { path, headers: { authorization } })).status,
          401,
          `${authorization} ${path}`,
        )
    const response = await fetch(`${url}/runs`)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer')
    assert.equal((await problemOf(response)).code, 'auth.required')
  })

  it('answers 415 for bodies that are not JSON', async (t) => {
    const { url } = await serving(t, token)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
    const problem = await problemOf(await fetch(`${url}/goal`, { method: 'POST', headers, body }))
    assert.deepEqual([problem.status, problem.code], [415, 'request.media-type'])
  })
})

describe('every answer', () => {
  it('carries the request id it was given, or a new one where that is none', async (t) => {
    const { get } = await appOf(t, soleTeam(echo))
    assert.equal((await get('/runs', { 'x-request-id': 'abc-123' })).headers.get('x-request-id'), 'abc-123')
    for (const given of ['a b', 'x'.repeat(200), '<script>']) {
      const id = (await get('/runs', { 'x-request-id': given })).headers.get('x-request-id') ?? ''
      assert.match(id, /^[0-9a-f-]{36}$/)
    }
    const problem = await problemOf(await get('/nope', { 'x-request-id': 'abc-124' }))
    assert.equal(problem.requestId, 'abc-124')
  })

  it('is a problem for unknown paths, wrong methods and bodies that are too long', async (t) => {
    const { get, post, app } = await appOf(t, soleTeam(echo), { bodyBytesMax: 1000 })
    const unknown = await problemOf(await get('/nope'))
    assert.deepEqual([unknown.status, unknown.code], [404, 'not-found'])
    const method = await app.request('/runs/x/cancel')
    assert.equal(method.headers.get('allow'), 'POST')
    assert.deepEqual((await problemOf(method)).code, 'request.method')
    assert.equal((await app.request('/runs', { method: 'DELETE', headers: jsonHeaders })).status, 405)
    const long = await problemOf(await post('/goal', { goal: 'x'.repeat(2000) }))
    assert.deepEqual([long.status, long.code], [413, 'request.too-large'])
  })

  it('refuses a long body without a length before it is all there', async (t) => {
    const { url } = await serving(t)
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        if (sent > 64 * 1024 * 1024) controller.close()
        else controller.enqueue(new Uint8Array(65_536).fill(0x20))
      },
    })
    const response = await fetch(`${url}/goal`, {
      method: 'POST',
      headers: jsonHeaders,
      body: endless,
      duplex: 'half',
    }).catch(() => undefined)
    // The connection may be closed before the answer is read.
    if (response !== undefined) assert.equal(response.status, 413)
    assert.ok(sent < 64 * 1024 * 1024)
    assert.equal((await fetch(`${url}/health`)).status, 200)
  })

  it('tells of what it did not expect only that it happened, and logs the rest', async (t) => {
    const logged: object[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (fields: object) => logged.push(fields) }
    const { concord } = await appOf(t, { ...soleTeam(echo), logger })
    const { createApp } = await import('../../src/server/app.ts')
    const app = createApp({
      ...concord,
      runs: () => Promise.reject(new TypeError('secret path of the machine')),
    })
    const problem = await problemOf(await app.request('/runs', { headers: { 'x-request-id': 'r1' } }))
    assert.deepEqual([problem.status, problem.code], [500, 'internal'])
    assert.doesNotMatch(JSON.stringify(problem), /secret|\.ts/)
    assert.match(problem.detail, /request id/)
    assert.equal(logged.length, 1)
  })
})
