import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { remoteState } from '../../src/client.ts'
import { isConcordError } from '../../src/domain/errors.ts'
import { agent, type Concord, type ConcordConfig, type Entry, openConcord, team } from '../../src/index.ts'
import { memoryKey } from '../../src/platform/memory-key.ts'
import { createApp } from '../../src/server/app.ts'
import {
  gate,
  httpServer,
  jsonHeaders,
  openMemory,
  problemOf,
  serveAgentHere,
  served,
  startProgram,
} from './fixture.ts'

const memoryKeySecret = 'a secret of thirty-two characters or more'

type Grant = Parameters<Concord['memory']['tokens']['issue']>[0]

/** A run that is under way until the test is over, and a token of its step. */
const underWay = async (t: TestContext, config: ConcordConfig = {}) => {
  const done = gate()
  const waiting = agent({ name: 'waiting', run: () => done.opened })
  const concord = await openMemory(t, {
    team: 't',
    teams: { t: team({ agents: [waiting] }) },
    ...config,
    server: { memoryKey: memoryKeySecret, ...config.server },
  })
  t.after(done.open)
  const { id: run } = await concord.start({ text: 'x', thread: 'talk', subject: 'ann' })
  const grant: Grant = {
    run,
    step: 'waiting',
    agent: 'waiting',
    epoch: 1,
    key: `${run}/1/waiting/0`,
    attempt: 1,
    since: 0,
    expiresAt: Date.now() + 60_000,
  }
  const app = createApp(concord, { token: 'of-the-server' })
  const token = (more: Partial<Grant> = {}) => concord.memory.tokens.issue({ ...grant, ...more })
  const put = (given: string, query: Record<string, string>, headers: Record<string, string> = {}) =>
    app.request(`/memory/state?${new URLSearchParams(query)}`, {
      method: 'PUT',
      headers: { ...jsonHeaders, 'concord-token': given, ...headers },
      body: '{"value":1}',
    })
  const get = (given: string, path: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers: { 'concord-token': given, ...headers } })
  return { concord, app, run, grant, token, put, get, done }
}

const codeOf = async (response: Response | Promise<Response>) => (await problemOf(await response)).code

describe('a concord-token', () => {
  it('stands for the server’s own, in the memory and nowhere else, and says who writes', async (t) => {
    const { put, get, token, app, run, concord } = await underWay(t)
    const lies = {
      'concord-run': 'other',
      'concord-step': 's',
      'concord-agent': 'root',
      'concord-epoch': '9',
    }
    assert.equal((await put(token(), { key: 'k' }, lies)).status, 200)
    const entry = (await (await get(token(), '/memory/state?key=k')).json()) as Entry
    assert.deepEqual(entry.provenance, { run, step: 'waiting', agent: 'waiting', epoch: 1 })
    assert.equal(await concord.state(`run/${run}`).get('k'), 1)
    for (const path of [
      '/runs',
      `/runs/${run}`,
      '/memory',
      '/memoryx/state?key=k',
      '/openapi.json',
      '/memory/../runs',
    ])
      assert.equal(await codeOf(get(token(), path)), 'auth.required', path)
    const simple = await app.request('/memory/state?key=k', {
      method: 'PUT',
      headers: { 'content-type': 'text/plain', 'concord-token': token() },
      body: '{"value":1}',
    })
    assert.equal(simple.status, 415)
    const bearer = { authorization: 'Bearer of-the-server' }
    assert.equal((await get('', '/memory/state?key=k', bearer)).status, 401)
    assert.equal((await get('forged', '/memory/state?key=k', bearer)).status, 401)
  })

  it('is refused when any character of it is another, or it is cut, or signed otherwise', async (t) => {
    const { get, token, grant, run } = await underWay(t)
    const good = token()
    assert.equal((await get(good, '/memory/list')).status, 200)
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=!'
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom(...letters), async (at, letter) => {
        fc.pre(good[at] !== letter)
        const forged = good.slice(0, at) + letter + good.slice(at + 1)
        assert.equal(await codeOf(get(forged, '/memory/list')), 'auth.required')
      }),
      { numRuns: 200 },
    )
    const [form, claims, mac] = good.split('.') as [string, string, string]
    const signed = (text: string, key: string) =>
      `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    const others = [
      good.slice(0, -1),
      `${good}A`,
      `${good}!`,
      `${form}.${claims}.`,
      `${form}.${claims}`,
      `${claims}.${mac}`,
      `.${mac}`,
      '.',
      'x'.repeat(9000),
      signed(`${form}.${claims}`, ''),
      signed(`${form}.${claims}`, memoryKeySecret),
      signed(`v2.${claims}`, memoryKeySecret),
      `${form}.${Buffer.from(JSON.stringify({ ...grant, run: 'other' })).toString('base64url')}.${mac}`,
      `${form}.${Buffer.from(`{"alg":"none","run":"${run}"}`).toString('base64url')}.`,
    ]
    for (const forged of others)
      assert.equal(await codeOf(get(forged, '/memory/list')), 'auth.required', forged)
  })

  it('is refused when its claims are no JSON, or not all of them, though they are signed', async (t) => {
    const { get } = await underWay(t)
    const key = createHash('sha256').update(memoryKeySecret).digest()
    for (const claims of ['no JSON', '', 'null', '[]', '{"run":"r"}', '"text"', '1']) {
      const text = `v1.${Buffer.from(claims).toString('base64url')}`
      const signed = `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
      assert.equal(await codeOf(get(signed, '/memory/list')), 'auth.required', claims)
    }
  })

  it('binds an agent elsewhere where the server has a token; a server without one says that it does not', async (t) => {
    const warned: string[] = []
    const log = (_: object, message?: string) => void warned.push(message ?? '')
    const logger = { debug() {}, info() {}, warn: log, error: log }
    const far = agent({ name: 'far', url: 'http://127.0.0.1:9/run' })
    const config = { logger, team: 't', teams: { t: team({ agents: [far] }) } }
    await served(t, await openMemory(t, config), { token: 'a-token' })
    await served(
      t,
      await openMemory(t, {
        logger,
        team: 't',
        teams: { t: team({ agents: [agent({ name: 'near', run: () => 1 })] }) },
      }),
    )
    assert.deepEqual(warned, [])
    await served(t, await openMemory(t, config))
    assert.match(warned.join(), /not bound to their memory tokens.*CONCORD_TOKEN/)
  })

  it('ends with its call, and ends the streams that it opened', async (t) => {
    const { get, token } = await underWay(t)
    assert.equal(await codeOf(get(token({ expiresAt: Date.now() }), '/memory/list')), 'auth.required')
    assert.equal(await codeOf(get(token({ expiresAt: -1 }), '/memory/list')), 'auth.required')
    const stream = await get(token({ expiresAt: Date.now() + 150 }), '/memory/watch')
    assert.match(await stream.text(), /^event: opened/)
  })

  it('reads nothing more once its attempt is over, by streams that are open neither', async (t) => {
    const { get, app, token, done, concord, run } = await underWay(t)
    const streams = await Promise.all(
      ['watch?namespace=global', 'subscribe?pattern=*'].map((path) => get(token(), `/memory/${path}`)),
    )
    for (const stream of streams) assert.equal(stream.status, 200)
    const reads = [
      'state?key=k',
      'list',
      'history?key=k',
      'namespace',
      'operation?operation=x',
      'log',
      'watch',
      'subscribe?pattern=*',
      'thread',
      'recalled',
      'facts',
      'knowledge?namespace=global',
      'knowledge/stats?namespace=global',
    ]
    for (const read of reads) {
      const { status: code } = await get(token(), `/memory/${read}`)
      assert.ok(code === 200 || code === 404, `${read}: ${code}`)
    }
    done.open()
    await concord.runner.settled(run)
    for (const stream of streams) assert.match(await stream.text(), /^event: opened/)
    for (const read of reads)
      assert.equal(await codeOf(get(token(), `/memory/${read}`)), 'attempt.stale', read)
    const search = app.request('/memory/knowledge/search', {
      method: 'POST',
      headers: { ...jsonHeaders, 'concord-token': token() },
      body: '{"question":"x"}',
    })
    assert.equal(await codeOf(search), 'attempt.stale')
  })

  it('reaches its run, thread, subject and team, and global: no other run, whatever its name looks like', async (t) => {
    const { put, get, token, run, concord } = await underWay(t)
    const own = [`run/${run}`, `run/${run}/branch`, 'thread/talk', 'subject/ann', 'team/t', 'global']
    for (const namespace of own)
      assert.equal((await put(token(), { namespace, key: 'k' })).status, 200, namespace)
    const { id: other } = await concord.start('other')
    const others = [
      `run/${other}`,
      `run/${run}x`,
      `run/${run.slice(0, -1)}`,
      `run/${run}%2f..%2f${other}`,
      `RUN/${run}`,
      `run/${run} `,
      `run//${run}`,
      'run/',
      'thread/talk/more',
      'thread/other',
      'subject/bob',
      'team/other',
      'global/x',
      `inbox/${run}`,
      'anything',
    ]
    for (const namespace of others) {
      const query = new URLSearchParams({ namespace, key: 'k' })
      const asked = [
        put(token(), { namespace, key: 'k' }),
        get(token(), `/memory/state?${query}`),
        get(token(), `/memory/history?${query}`),
        get(token(), `/memory/watch?${query}`),
        get(token(), `/memory/list?${new URLSearchParams({ namespace })}`),
        get(token(), `/memory/namespace?${new URLSearchParams({ namespace })}`),
      ]
      for (const response of asked) assert.equal(await codeOf(response), 'policy.denied', namespace)
    }
    assert.equal(await codeOf(get(token(), `/memory/log?run=${other}`)), 'policy.denied')
    const remote = remoteState({
      url: (await served(t, concord)).url.concat('/memory'),
      memoryToken: token(),
    })
    await assert.rejects(remote.fork(`run/${other}`), { code: 'policy.denied' })
    await assert.rejects(remote.in(`run/${other}`).fork(`run/${run}/copy`), { code: 'policy.denied' })
    await assert.rejects(remote.publish(`run/${other}`, 1), { code: 'policy.denied' })
    assert.equal(await codeOf(get(token({ run: 'gone' }), '/memory/list')), 'auth.required')
  })

  it('hears no messages of channels named like what it cannot reach', async (t) => {
    const { concord, token, run } = await underWay(t)
    const { url } = await served(t, concord)
    const remote = remoteState({ url: `${url}/memory`, memoryToken: token() })
    const subscription = remote.subscribe('*')
    await subscription.opened
    const user = concord.state('global')
    for (const channel of ['run/other', 'team/other/x', `run/${run}`, 'news'])
      await user.publish(channel, channel)
    const heard = [(await subscription.next()).value?.channel, (await subscription.next()).value?.channel]
    assert.deepEqual(heard, [`run/${run}`, 'news'])
    subscription.close()
  })

  it('does what the policy of the team leaves it', async (t) => {
    const done = gate()
    const waiting = agent({ name: 'waiting', run: () => done.opened })
    const policy = { memory: { team: 'read', global: 'none' } } as const
    const { put, get, token } = await underWay(t, { teams: { t: team({ agents: [waiting], policy }) } })
    t.after(done.open)
    assert.equal(await codeOf(put(token(), { namespace: 'team/t', key: 'k' })), 'policy.denied')
    assert.equal((await get(token(), '/memory/list?namespace=team%2Ft')).status, 200)
    assert.equal(await codeOf(get(token(), '/memory/list?namespace=global')), 'policy.denied')
    assert.equal((await put(token(), { namespace: 'thread/talk', key: 'k' })).status, 200)
  })

  it('writes for the owner of its epoch only, and not once the run is over', async (t) => {
    const { put, get, token, grant, concord, run, done } = await underWay(t)
    assert.equal(await codeOf(put(token({ epoch: 0 }), { key: 'k' })), 'epoch.stale')
    assert.equal((await put(token(), { key: 'k' })).status, 200)
    done.open()
    await concord.runner.settled(run)
    assert.equal(await codeOf(put(token(), { key: 'k' })), 'run.finished')
    assert.equal(await codeOf(get(token(), '/memory/state?key=k')), 'attempt.stale')
    assert.equal(grant.epoch, 1)
  })

  it('keeps apart what two steps call by the same Idempotency-Key', async (t) => {
    const { app, token, run } = await underWay(t)
    const add = async (given: string) => {
      const response = await app.request('/memory/state/increment?key=n', {
        method: 'POST',
        headers: { ...jsonHeaders, 'concord-token': given, 'idempotency-key': '1' },
      })
      return ((await response.json()) as { value: number }).value
    }
    const other = token({ key: `${run}/1/other/0` })
    assert.deepEqual(
      [await add(token()), await add(token()), await add(other), await add(other)],
      [1, 1, 2, 2],
    )
  })

  it('refuses another value under one Idempotency-Key to the same call; of one called again the first counts', async (t) => {
    const { app, token, get } = await underWay(t)
    const set = async (given: string, key: string, value: number) => {
      const response = await app.request(`/memory/state?key=${key}`, {
        method: 'PUT',
        headers: { ...jsonHeaders, 'concord-token': given, 'idempotency-key': '1' },
        body: JSON.stringify({ value }),
      })
      const answer = (await response.json()) as { version?: number; code?: string }
      return [response.status, answer.code ?? answer.version]
    }
    const [now, before] = [token({ issuedAt: Date.now() + 60_000 }), token({ issuedAt: 0 })]
    assert.deepEqual(await set(before, 'k', 1), [200, 1])
    assert.deepEqual(await set(before, 'k', 2), [422, 'key.reused'])
    assert.deepEqual(await set(now, 'k', 2), [200, 1])
    assert.deepEqual(await set(now, 'other', 1), [422, 'key.reused'])
    assert.equal(((await (await get(now, '/memory/state?key=k')).json()) as Entry).value, 1)
  })
})

describe('the key of memory tokens', () => {
  const folder = async (t: TestContext) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-key-'))
    t.after(() => rm(directory, { recursive: true }))
    return directory
  }

  it('is one for all processes of a store, readable by its owner only, made when it is needed', async (t) => {
    const directory = await folder(t)
    const config: ConcordConfig = { stores: { directory } }
    const concord = await openConcord({ config })
    t.after(() => concord.close())
    const file = join(directory, 'memory.key')
    await assert.rejects(stat(file), { code: 'ENOENT' })
    const module = new URL('../../src/platform/memory-key.ts', import.meta.url).href
    const script = `import { memoryKey } from ${JSON.stringify(module)}
console.log(Buffer.from(memoryKey({ stores: { directory: ${JSON.stringify(directory)} } })()).toString('hex'))`
    const keys = await Promise.all(
      Array.from({ length: 4 }, () =>
        startProgram(t, process.execPath, ['--input-type=module', '-e', script]).then(({ line }) => line),
      ),
    )
    const own = Buffer.from(memoryKey({ stores: { directory } })()).toString('hex')
    assert.deepEqual(new Set(keys), new Set([own]))
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await readFile(file, 'utf8')).trim().length, 43)
  })

  it('is given by config or environment, long enough, or refused', async (t) => {
    const directory = await folder(t)
    const given = memoryKey({ stores: { directory }, secret: memoryKeySecret })
    assert.equal(given(), given())
    await assert.rejects(stat(join(directory, 'memory.key')), { code: 'ENOENT' })
    assert.throws(() => memoryKey({ secret: 'short' })(), { code: 'config.invalid' })
    const volatile = [
      memoryKey({ stores: { kind: 'memory' } })(),
      memoryKey({ stores: { kind: 'memory' } })(),
    ]
    assert.notDeepEqual(volatile[0], volatile[1])
  })
})

describe('an agent elsewhere', () => {
  it('is handed its token with each call, writes once however often a call is repeated, one call apart from the other', async (t) => {
    const keys: string[] = []
    const url = await httpServer(t, async (request, response) => {
      request.resume()
      const { headers } = request
      keys.push(String(headers['idempotency-key']))
      const state = remoteState({
        url: String(headers['concord-memory']),
        memoryToken: String(headers['concord-token']),
      })
      const count = await state.increment('calls')
      // The first answer is lost: the call is made again with the same key.
      if (keys.length === 1) return void response.writeHead(503).end()
      response.end(JSON.stringify({ count }))
    })
    const away = agent({ name: 'away', url })
    const twice = agent({
      name: 'twice',
      run: async (_input, context) => [await context.call('away', {}), await context.call('away', {})],
    })
    const concord = await openMemory(t, {
      team: 't',
      teams: { t: team({ agents: [away, twice], plan: () => [{ id: 'a', agent: 'twice' }] }) },
    })
    await served(t, concord)
    const run = await concord.run('x')
    assert.deepEqual(run.output, [{ count: 1 }, { count: 2 }], run.failure?.message)
    assert.equal(new Set(keys).size, 2)
    const [change] = await concord.state(`run/${run.id}`).history('calls')
    assert.deepEqual(change?.provenance, { run: run.id, step: 'a', agent: 'away', epoch: 1 })
  })

  it('writes nothing more once its attempt was cut off and another runs in its place', async (t) => {
    const stateOf = (headers: IncomingHttpHeaders) =>
      remoteState({ url: String(headers['concord-memory']), memoryToken: String(headers['concord-token']) })
    const refusals: unknown[] = []
    let first: IncomingHttpHeaders | undefined
    const url = await httpServer(t, async (request, response) => {
      request.resume()
      const state = stateOf(request.headers)
      if (first === undefined) {
        first = request.headers
        await state.set('by', 1)
        // Cut off as by a time limit; what it was handed stays in its hands.
        return void response.destroy()
      }
      const late = stateOf(first)
      for (const write of [
        () => late.set('by', 'late'),
        () => late.in('global').increment('n'),
        () => late.publish('news', 'late'),
        () => late.fork(`${late.namespace}/late`),
        () => late.get('by'),
        () => late.list(),
        () => late.watch('*').next(),
      ])
        await write().catch((error: unknown) => refusals.push(error))
      await state.set('second', (await state.get('by')) ?? null)
      response.end(JSON.stringify(await state.get('second')))
      second = stateOf(request.headers)
    })
    let second: ReturnType<typeof stateOf> | undefined
    const after = agent({ name: 'after', run: () => second?.set('by', 'after its end').catch(String) })
    const concord = await openMemory(t, {
      team: 't',
      teams: {
        t: team({
          agents: [agent({ name: 'away', url }), after],
          plan: () => [
            { id: 'a', agent: 'away' },
            { id: 'b', agent: 'after' },
          ],
        }),
      },
    })
    await served(t, concord)
    const run = await concord.run('x')
    assert.equal(run.plan?.steps.find(({ id }) => id === 'a')?.output, 1, run.failure?.message)
    assert.equal(refusals.length, 7)
    for (const error of refusals) {
      assert.ok(isConcordError(error))
      assert.equal(error.code, 'attempt.stale')
      assert.match(error.message, /attempt 1 of step a of run \S+ is over \(step\.failed\)/)
    }
    assert.match(String(run.output), /attempt 2 of step a of run \S+ is over \(step\.succeeded\)/)
    assert.equal(await concord.state(`run/${run.id}`).get('by'), 1)
  })

  it('of TypeScript that is served elsewhere has the state of who called: moving it changes nothing', async (t) => {
    const counting = agent({
      name: 'counting',
      run: async (_input, { state }) => {
        await state.set('note', 'seen', { ifAbsent: true })
        return { count: await state.increment('calls'), first: (await state.get('step:first')) ?? null }
      },
    })
    const first = agent({ name: 'first', run: () => 'one' })
    const plan = () => [
      { id: 'first', agent: 'first' },
      { id: 'a', agent: 'counting', payload: {} },
      { id: 'b', agent: 'counting', payload: {} },
    ]
    const service = await serveAgentHere(t, counting)
    const outputs: unknown[] = []
    for (const worker of [counting, agent({ name: 'counting', url: service })]) {
      const concord = await openMemory(t, {
        team: 't',
        teams: { t: team({ agents: [first, worker], plan }) },
      })
      await served(t, concord)
      const run = await concord.run('x')
      const [change] = await concord.state(`run/${run.id}`).history('calls')
      outputs.push([run.output, change?.value, change?.provenance.step, change?.provenance.agent])
    }
    assert.deepEqual(outputs[0], outputs[1])
    assert.deepEqual((outputs[0] as unknown[])[1], 2)
  })
})
