import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, openConcord, team } from '../../src/index.ts'
import { memoryTokens } from '../../src/platform/memory-token.ts'
import { systemClock } from '../../src/platform/system.ts'
import { type AgentAppOptions, agentApp } from '../../src/server/agent-app.ts'
import { listen } from '../../src/server/listen.ts'
import { gate, jsonHeaders, problemOf, served } from './fixture.ts'

const secret = 'a key of at least thirty-two characters'

/** Something inside the network that a caller has no business with; counts what reaches it. */
const internal = async (t: TestContext) => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json').end('{"key":"k","value":"poison","version":1}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/memory` }
}

/** Reads shared state in every way an agent has. */
const reading = agent<unknown, unknown>({
  name: 'reading',
  run: async (input, { state, knowledge, log, thread, recalled, subject }) => {
    const what = input as string
    if (what === 'nothing') return 'needs no memory'
    if (what === 'knowledge') return knowledge.search('x')
    if (what === 'log') return (await log.read()).length
    if (what === 'thread') return thread()
    if (what === 'recalled') return recalled()
    if (what === 'facts') return subject('ann').facts()
    return (await state.get('k')) ?? null
  },
})

const serviceOf = async (t: TestContext, options: AgentAppOptions = {}, served = reading) => {
  const { app, close } = await agentApp(served, {
    open: { config: { stores: { kind: 'memory' } } },
    ...options,
  })
  t.after(close)
  const call = (input: unknown, headers: Record<string, string> = {}) =>
    app.request('/run', {
      method: 'POST',
      headers: { ...jsonHeaders, ...headers },
      body: JSON.stringify(input),
    })
  return { app, call }
}

const grant = { run: 'r', step: 's', agent: 'reading', epoch: 1, key: 'k', attempt: 1, since: 1 }

describe('the memory that a call brings to an agent’s service', () => {
  const withKey = {
    open: { config: { stores: { kind: 'memory' as const } }, env: { CONCORD_MEMORY_KEY: secret } },
  }
  const signed = (at: string | undefined, key = secret) =>
    memoryTokens(() => createHash('sha256').update(key).digest(), systemClock).issue({
      ...grant,
      expiresAt: systemClock.now() + 60_000,
      ...(at === undefined ? {} : { at }),
    })

  it('is asked nothing when its token is not signed for it', async (t) => {
    const { seen, url } = await internal(t)
    const unsigned = `v1.${Buffer.from(JSON.stringify(grant)).toString('base64url')}.x`
    const { call: keyless } = await serviceOf(t)
    const { call: keyed } = await serviceOf(t, withKey)
    const { call: other } = await serviceOf(t, { ...withKey, memory: ['http://127.0.0.1:1'] })
    const tokens = [
      unsigned,
      signed(url, 'another key of more than thirty-two characters'),
      signed(undefined),
      signed('http://127.0.0.1:4270/memory'),
    ]
    for (const token of tokens)
      for (const call of [keyless, keyed, other])
        for (const what of ['state', 'knowledge', 'log', 'thread', 'recalled', 'facts']) {
          const response = await call(what, { 'concord-memory': url, 'concord-token': token })
          const { status, code, detail } = await problemOf(response)
          assert.deepEqual([status, code], [401, 'auth.required'], what)
          assert.match(detail, /CONCORD_MEMORY_KEY/)
        }
    const unneeded = await keyless('nothing', { 'concord-memory': url, 'concord-token': unsigned })
    assert.deepEqual([unneeded.status, await unneeded.json()], [200, 'needs no memory'])
    assert.deepEqual(seen, [])
  })

  it('is used when the token is signed for it, or its server is named', async (t) => {
    const { seen, url } = await internal(t)
    const { call: keyed } = await serviceOf(t, withKey)
    assert.equal(
      await (await keyed('state', { 'concord-memory': url, 'concord-token': signed(url) })).json(),
      'poison',
    )
    const foreign = signed(undefined, 'another key of more than thirty-two characters')
    const { call: named } = await serviceOf(t, { memory: [url.replace('/memory', '/')] })
    assert.equal(
      await (await named('state', { 'concord-memory': url, 'concord-token': foreign })).json(),
      'poison',
    )
    assert.equal(seen.length, 2)
  })

  it('is refused as an address when it is none, or hides credentials or a query', async (t) => {
    const { call } = await serviceOf(t)
    for (const url of [
      'file:///etc/passwd',
      'x',
      'http://a:b@127.0.0.1/memory',
      'http://127.0.0.1/x?y=/memory',
    ]) {
      const { status, code } = await problemOf(
        await call('state', { 'concord-memory': url, 'concord-token': 'v1.x.y' }),
      )
      assert.deepEqual([status, code], [400, 'input.invalid'], url)
    }
  })

  it('is that of a server whose store’s folder, or key, the service shares', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'concord-trust-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const { app } = await serviceOf(t, { open: { config: { stores: { directory } } } })
    const service = await listen(app, { host: '127.0.0.1', port: 0 })
    t.after(() => service.close(0))
    const concord = await openConcord({
      config: {
        stores: { directory },
        team: 't',
        teams: {
          t: team({
            agents: [agent({ name: 'reading', url: service.url })],
            plan: () => [{ id: 'a', agent: 'reading', payload: 'log' }],
          }),
        },
      },
    })
    t.after(() => concord.close())
    await served(t, concord)
    const run = await concord.run('x')
    assert.ok(Number(run.output) > 3, JSON.stringify(run.failure))
  })
})

describe('an Idempotency-Key of an agent’s service', () => {
  const key = { 'idempotency-key': 'run/1/pay/0' }

  it('belongs to one body, also while the first call is under way and after it failed', async (t) => {
    const hold = gate()
    const inputs: unknown[] = []
    const paying = agent<unknown, unknown>({
      name: 'paying',
      run: async (input) => {
        inputs.push(input)
        await hold.opened
        if (input === 'broken') throw new Error('out of money')
        return { paid: input as string }
      },
    })
    const { call } = await serviceOf(t, {}, paying)
    const [first, other] = [call({ a: 1, b: 2 }, key), call({ a: 1, b: 3 }, key)]
    const refused = await problemOf(await other)
    assert.deepEqual([refused.status, refused.code], [422, 'key.reused'])
    hold.open()
    assert.deepEqual(await (await first).json(), { paid: { a: 1, b: 2 } })
    assert.deepEqual(await (await call({ b: 2, a: 1 }, key)).json(), { paid: { a: 1, b: 2 } })
    for (const body of [{ a: 1 }, null, [], 'x'])
      assert.equal((await problemOf(await call(body, key))).code, 'key.reused')
    const failing = { 'idempotency-key': 'fails' }
    assert.equal((await call('broken', failing)).status, 500)
    assert.equal((await problemOf(await call('whole', failing))).code, 'key.reused')
    assert.equal(inputs.length, 2)
  })

  it("is its caller's own: nobody is given the answer of another, finished or under way", async (t) => {
    const hold = gate()
    let calls = 0
    const counting = agent<unknown, unknown>({
      name: 'counting',
      run: async (input) => {
        const call = ++calls
        await hold.opened
        return [input, call]
      },
    })
    const { call } = await serviceOf(t, {}, counting)
    const from = (address: string) => ({ ...key, 'concord-memory': address, 'concord-token': 'v1.x.y' })
    const [alice, bob] = [from('http://127.0.0.1:1/memory'), from('http://127.0.0.1:2/memory')]
    const three = [
      call('same', alice),
      call('same', bob),
      call('same', { ...key, authorization: 'Bearer c' }),
    ]
    hold.open()
    const answers = await Promise.all(three.map(async (answer) => (await (await answer).json()) as unknown[]))
    assert.equal(new Set(answers.map(([, n]) => n)).size, 3)
    assert.deepEqual(await (await call('same', alice)).json(), answers[0])
    assert.deepEqual(((await (await call('other', bob)).json()) as { code: string }).code, 'key.reused')
  })
})
