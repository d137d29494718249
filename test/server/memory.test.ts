import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { agent, type Concord, type Entry, type StateChange } from '../../src/index.ts'
import { appOf, echo, jsonHeaders, openMemory, problemOf, served, soleTeam } from './fixture.ts'

const at = (path: string, query: Record<string, string>) => `/memory/${path}?${new URLSearchParams(query)}`
const stock = { namespace: 'team/stock' }
const apple = at('state', { ...stock, key: 'apple' })

const memoryOf = async (t: TestContext, options: Parameters<typeof appOf>[2] = {}) => {
  const parts = await appOf(t, soleTeam(echo), options)
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    parts.app.request(path, {
      method,
      headers: { ...jsonHeaders, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const put = (path: string, value: unknown, headers?: Record<string, string>) =>
    send('PUT', path, { value }, headers)
  return { ...parts, send, put }
}

const bodyOf = async <T>(response: Response): Promise<T> => {
  assert.ok(response.ok, `${response.status} ${response.ok ? '' : await response.clone().text()}`)
  return (await response.json()) as T
}

describe('the memory over HTTP', () => {
  it('sets, reads, adds to and deletes keys; the ETag is the version', async (t) => {
    const { get, put, send } = await memoryOf(t)
    assert.equal((await problemOf(await get(apple))).code, 'not-found')
    const written = await put(apple, 3)
    assert.equal(written.headers.get('etag'), '"1"')
    assert.deepEqual(await bodyOf(written), { ok: true, key: 'apple', version: 1, sequence: 1 })
    const read = await get(apple)
    assert.equal(read.headers.get('etag'), '"1"')
    const entry = await bodyOf<Entry>(read)
    assert.deepEqual([entry.value, entry.version, entry.provenance], [3, 1, { agent: 'user' }])
    const path = at('state/increment', { ...stock, key: 'apple' })
    assert.equal((await bodyOf<{ value: number }>(await send('POST', path, { by: -5 }))).value, -2)
    assert.equal((await bodyOf<{ value: number }>(await send('POST', path))).value, -1)
    assert.equal((await bodyOf<Entry>(await get(`${apple}&version=1`))).value, 3)
    assert.equal((await bodyOf<{ version: number }>(await send('DELETE', apple))).version, 4)
    assert.equal((await get(apple)).status, 404)
    const history = await bodyOf<{ changes: StateChange[] }>(
      await get(at('history', { ...stock, key: 'apple' })),
    )
    assert.deepEqual(
      history.changes.map(({ version, value, ended }) => [version, value ?? ended]),
      [
        [4, 'deleted'],
        [3, -1],
        [2, -2],
        [1, 3],
      ],
    )
  })

  it('writes under If-Match and If-None-Match, and says which version stood in the way', async (t) => {
    const { put, send, get } = await memoryOf(t)
    assert.equal((await put(apple, 1, { 'if-none-match': '*' })).status, 200)
    const refused: Record<string, string>[] = [
      { 'if-none-match': '*' },
      { 'if-match': '"7"' },
      { 'if-match': '7' },
    ]
    for (const headers of refused) {
      const problem = await problemOf(await put(apple, 2, headers))
      assert.deepEqual(
        [problem.status, problem.code, (problem as { version?: number }).version],
        [409, 'version.conflict', 1],
      )
    }
    assert.equal((await send('DELETE', apple, undefined, { 'if-match': '"2"' })).status, 409)
    assert.equal((await send('PUT', apple, { value: 2, ifVersion: 2 })).status, 409)
    assert.equal((await put(apple, 2, { 'if-match': '"1"' })).status, 200)
    const wrong: Record<string, string>[] = [
      { 'if-match': '*' },
      { 'if-match': 'W/"1"' },
      { 'if-none-match': '"1"' },
    ]
    for (const headers of wrong)
      assert.equal((await problemOf(await put(apple, 3, headers))).code, 'input.invalid')
    assert.equal(
      (await problemOf(await send('PUT', apple, { value: 3, ifVersion: 1 }, { 'if-match': '"2"' }))).code,
      'input.invalid',
    )
    assert.equal((await bodyOf<Entry>(await get(apple))).value, 2)
  })

  it('does once what is sent twice with one Idempotency-Key', async (t) => {
    const { send, put, get } = await memoryOf(t)
    const path = at('state/increment', { ...stock, key: 'n' })
    const key = { 'idempotency-key': 'a' }
    for (let i = 0; i < 3; i++)
      assert.equal((await bodyOf<{ value: number }>(await send('POST', path, { by: 4 }, key))).value, 4)
    await put(apple, 1, { 'idempotency-key': 'b' })
    assert.equal((await put(apple, 1, { 'idempotency-key': 'b' })).status, 200)
    const others = [
      await put(apple, 2, { 'idempotency-key': 'b' }),
      await put(at('state', { ...stock, key: 'pear' }), 1, { 'idempotency-key': 'b' }),
      await send('DELETE', at('state', { ...stock, key: 'pear' }), undefined, { 'idempotency-key': 'b' }),
      await send('DELETE', apple, undefined, { 'idempotency-key': 'b' }),
    ]
    for (const other of others) {
      const { status, code } = await problemOf(other)
      assert.deepEqual([status, code], [422, 'key.reused'])
    }
    assert.equal((await bodyOf<Entry>(await get(apple))).value, 1)
    const writes = {
      writes: [
        { ...stock, key: 'x', increment: 1 },
        { ...stock, key: 'x', increment: 1 },
      ],
    }
    const sums = async () =>
      (
        await bodyOf<{ outcomes: { value: number }[] }>(
          await send('POST', '/memory/transaction', writes, { 'idempotency-key': 'c' }),
        )
      ).outcomes.map(({ value }) => value)
    assert.deepEqual(await sums(), [1, 2])
    assert.deepEqual(await sums(), [1, 2])
  })

  it('applies a transaction whole or not at all', async (t) => {
    const { send, get, put } = await memoryOf(t)
    await put(apple, 1)
    const write = (ifVersion: number) =>
      send('POST', '/memory/transaction', {
        writes: [
          { ...stock, key: 'pear', value: 1 },
          { ...stock, key: 'apple', delete: true, ifVersion },
          { namespace: 'global', key: 'moved', increment: 1 },
        ],
      })
    const problem = await problemOf(await write(9))
    assert.deepEqual(
      [
        problem.status,
        problem.detail.includes('"apple"'),
        (problem as { outcomes?: object[] }).outcomes?.length,
      ],
      [409, true, 3],
    )
    assert.equal((await get(at('state', { ...stock, key: 'pear' }))).status, 404)
    assert.equal((await write(1)).status, 200)
    assert.equal((await get(apple)).status, 404)
    const { entries } = await bodyOf<{ entries: Entry[] }>(await get(at('list', { namespace: 'global' })))
    assert.equal(entries[0]?.value, 1)
  })

  it('answers by pages, shorter ones where values are long', async (t) => {
    const { get, concord } = await memoryOf(t)
    const state = concord.state('team/stock')
    const long = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 9; i++) await state.set(`k${i}`, long)
    const pages: number[] = []
    let after = ''
    for (let page = 0; page < 9; page++) {
      const { entries, next } = await bodyOf<{ entries: Entry[]; next?: string }>(
        await get(at('list', { ...stock, after })),
      )
      pages.push(entries.length)
      if (next === undefined) break
      after = next
    }
    assert.deepEqual(pages, [4, 4, 1])
    const { changes } = await bodyOf<{ changes: StateChange[] }>(
      await get(at('history', { ...stock, key: 'k0' })),
    )
    assert.equal(changes.length, 1)
  })

  it('shows results of steps as agents in the process see them, and the log of the run', async (t) => {
    const { concord, get } = await memoryOf(t)
    const run = await concord.run({ text: 'x', params: { n: 1 } })
    const path = at('state', { namespace: `run/${run.id}`, key: 'step:echo' })
    assert.deepEqual((await bodyOf<Entry>(await get(path))).value, run.output)
    const all = await concord.events(run.id)
    const first = await bodyOf<{ events: object[]; next: number }>(
      await get(at('log', { run: run.id, limit: '3' })),
    )
    const rest = await bodyOf<{ events: object[]; next?: number }>(
      await get(at('log', { run: run.id, after: String(first.next) })),
    )
    assert.deepEqual([...first.events, ...rest.events], all)
    assert.equal((await problemOf(await get(at('log', { run: 'nope' })))).code, 'run.unknown')
    assert.equal((await problemOf(await get('/memory/log'))).code, 'input.invalid')
  })

  it('says what is wrong with a request, and changes nothing', async (t) => {
    const { get, put, send, concord } = await memoryOf(t, { bodyBytesMax: 10_000 })
    const wrong: [Response | Promise<Response>, string][] = [
      [put('/memory/state?key=k', 1), 'input.invalid'],
      [put('/memory/state?namespace=weird&key=k', 1), 'input.invalid'],
      [put('/memory/state?namespace=run/&key=k', 1), 'input.invalid'],
      [get('/memory/knowledge/stats?namespace=teams/x'), 'input.invalid'],
      [put('/memory/state?namespace=a', 1), 'input.invalid'],
      [put('/memory/state?namespace=&key=k', 1), 'input.invalid'],
      [put('/memory/state?namespace=team/a&namespace=team/b&key=k', 1), 'input.invalid'],
      [put('/memory/state?namespace=team/a&key=k&key=l', 1), 'input.invalid'],
      [put('/memory/state?namespace=team/a&key=k&ifversion=1', 1), 'input.invalid'],
      [put('/memory/state?namespace=team/a&key=%00', 1), 'input.invalid'],
      [send('PUT', '/memory/state?namespace=team/a&key=k', {}), 'input.invalid'],
      [send('PUT', '/memory/state?namespace=team/a&key=k', { value: 1, ttl: 5 }), 'input.invalid'],
      [send('PUT', '/memory/state?namespace=team/a&key=k', { value: 1, ttlMs: -5 }), 'input.invalid'],
      [send('POST', '/memory/state/increment?namespace=team/a&key=k', { by: 'x' }), 'input.invalid'],
      [send('POST', '/memory/transaction', { writes: [{ namespace: 'team/a', key: 'k' }] }), 'input.invalid'],
      [send('POST', '/memory/transaction', { writes: {} }), 'input.invalid'],
      [send('POST', '/memory/publish', { channel: 'c' }), 'input.invalid'],
      [get('/memory/state?namespace=team/a&key=k&sequence=1&time=1'), 'input.invalid'],
      [get('/memory/list?namespace=team/a&limit=1001'), 'input.invalid'],
      [get('/memory/watch?namespace=team/a&since=-1'), 'input.invalid'],
      [get('/memory/watch?namespace=team/a&key=k&pattern=p'), 'input.invalid'],
      [get('/memory/watch?namespace=a', { 'last-event-id': 'x' }), 'input.invalid'],
      [put('/memory/state?namespace=team/a&key=k', 'x'.repeat(20_000)), 'request.too-large'],
      [put('/memory/state/a/k', 1), 'not-found'],
      [get('/memory/state/..%2f..%2fruns'), 'not-found'],
      [get('/memory/'), 'not-found'],
      [send('PATCH', '/memory/state', {}), 'request.method'],
    ]
    for (const [i, [response, code]] of wrong.entries())
      assert.equal((await problemOf(await response)).code, code, String(i))
    assert.deepEqual(await concord.state('team/a').list(), [])
    assert.deepEqual(await concord.state('team/b').list(), [])
    const [wide] = [await openMemory(t, soleTeam(echo))]
    const { url } = await served(t, wide, { bodyBytesMax: 16 * 1024 * 1024 })
    const huge = await fetch(`${url}${apple}`, {
      method: 'PUT',
      headers: jsonHeaders,
      body: JSON.stringify({ value: 'x'.repeat(5 * 1024 * 1024) }),
    })
    assert.equal((await problemOf(huge)).code, 'bound.reached')
  })

  it('tells agents elsewhere of itself only while a server runs', async (t) => {
    const seen: (string | undefined)[] = []
    const { httpServer } = await import('./fixture.ts')
    const url = await httpServer(t, (request, response) => {
      seen.push(request.headers['concord-memory'] as string | undefined)
      request.resume().on('end', () => response.end('{}'))
    })
    const away = agent({ name: 'away', url })
    const concord: Concord = await openMemory(t, soleTeam(away))
    await concord.run('before')
    const server = await served(t, concord)
    await concord.run('meanwhile')
    await server.close()
    await concord.run('after')
    assert.deepEqual(seen, [undefined, `${server.url}/memory`, undefined])
  })
})
