import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { concordClient, remoteState } from '../../src/client.ts'
import { agent, type ConcordConfig, team } from '../../src/index.ts'
import { echo, gate, httpServer, openMemory, served, soleTeam, unreliableProxy } from './fixture.ts'

const clientOf = async (t: TestContext, config: ConcordConfig, token?: string) => {
  const concord = await openMemory(t, config)
  const { url } = await served(t, concord, token === undefined ? {} : { token })
  return { concord, url, client: concordClient({ url, ...(token === undefined ? {} : { token }) }) }
}

describe('the address of a server', () => {
  it('is the same to the client and to the memory, with /memory or without, below a path too', async (t) => {
    const { url, concord } = await clientOf(t, soleTeam(echo))
    const proxy = await httpServer(t, async (request, response) => {
      const path = (request.url ?? '').replace(/^\/behind/, '')
      const answer = await fetch(url + path)
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      response.end(await answer.text())
    })
    await concord.state('global').set('k', 'v')
    for (const server of [url, `${proxy}/behind`])
      for (const address of [server, `${server}/`, `${server}/memory`, `${server}/memory/`]) {
        assert.equal((await concordClient({ url: address }).get<{ status: string }>('/health')).status, 'ok')
        assert.equal(await remoteState({ url: address, namespace: 'global' }).get('k'), 'v', address)
      }
  })

  it('is refused when it is none, or of something else', async (t) => {
    for (const url of ['', 'localhost:4270', 'ftp://x', 'http://x/?a=b', 'nonsense']) {
      assert.throws(() => concordClient({ url }), { code: 'input.invalid' }, url)
      assert.throws(() => remoteState({ url, namespace: 'global' }), { code: 'input.invalid' }, url)
    }
    const elsewhere = await httpServer(t, (request, response) => {
      response.writeHead(request.url?.startsWith('/runs') ? 404 : 200, { 'content-type': 'text/html' })
      response.end('<h1>another site</h1>')
    })
    const refused = {
      code: 'input.invalid',
      message: /must be one of a server of Concord: .*; check the address/,
    }
    await assert.rejects(concordClient({ url: elsewhere }).get('/health'), refused)
    await assert.rejects(concordClient({ url: elsewhere }).get('/runs'), refused)
    await assert.rejects(remoteState({ url: elsewhere, namespace: 'global' }).get('k'), refused)
    await assert.rejects(remoteState({ url: elsewhere, namespace: 'global' }).set('k', 1), refused)
  })
})

describe('the client', () => {
  it('says that nobody answers', async () => {
    const client = concordClient({ url: 'http://127.0.0.1:1' })
    const unreachable = {
      code: 'source.unreachable',
      message: /Cannot reach .*: .*; is the server running\?$/,
    }
    await assert.rejects(client.goal('x'), unreachable)
    await assert.rejects(client.get('/health'), unreachable)
    const signal = AbortSignal.abort()
    await assert.rejects(client.goal('x', { signal }), { name: 'AbortError' })
  })

  it('waits for a goal in several requests, of one run, however long it takes', async (t) => {
    const { open, opened } = gate()
    let runs = 0
    const slow = agent({
      name: 'slow',
      async run() {
        runs++
        await opened
        return 'at last'
      },
    })
    const { url } = await clientOf(t, soleTeam(slow))
    const asked: (string | null)[] = []
    const waits: (string | null)[] = []
    // Each wait is over at once: what takes minutes otherwise is three requests here.
    const hurried: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers)
      asked.push(headers.get('idempotency-key'))
      waits.push(headers.get('prefer'))
      if (asked.length >= 3) open()
      else headers.set('prefer', 'wait=0')
      return fetch(input, { ...init, headers })
    }
    const answer = await concordClient({ url, fetch: hurried }).goal('x')
    assert.deepEqual([answer.status, 'output' in answer && answer.output], ['success', 'at last'])
    assert.equal(runs, 1)
    assert.deepEqual([asked.length, new Set(asked).size], [3, 1])
    const seconds = waits.map((prefer) => Number(/^wait=(\d+)$/.exec(prefer ?? '')?.[1]))
    assert.ok(
      seconds.every((wait) => wait > 0 && wait < 300),
      String(waits),
    )
    await concordClient({ url, fetch: hurried }).goal('x')
    assert.equal(new Set(asked).size, 2)
  })

  it('hands over goals, reads runs, answers questions and forks', async (t) => {
    const asking = agent({ name: 'asking', run: (_input, context) => context.ask('well?') })
    const { client } = await clientOf(
      t,
      { teams: { echo: team({ agents: [echo] }), ask: team({ agents: [asking] }) } },
      'a-token',
    )
    const answer = await client.goal({ goal: 'x', team: 'echo', params: { n: 1 } }, { key: 'k' })
    assert.deepEqual([answer.status, 'output' in answer && answer.output], ['success', { goal: 'x', n: 1 }])
    assert.equal(
      await client.start({ goal: 'x', team: 'echo', params: { n: 1 } }, { key: 'k' }),
      answer.runId,
    )
    const asked = await client.goal({ goal: 'x', team: 'ask' })
    assert.equal(asked.status, 'waiting')
    const forked = await client.fork(asked.runId)
    const { waits } = await client.get<{ waits: { hash: string }[] }>(`/runs/${asked.runId}`)
    await client.signal(asked.runId, 'answer', { value: 'fine', hash: waits[0]?.hash })
    const types: string[] = []
    for await (const event of client.events(asked.runId)) {
      types.push(event.type)
      if (event.type === 'signal.received') assert.equal(event.data.signal.by, 'token')
    }
    assert.ok(types.includes('signal.received'))
    assert.equal(types.at(-1), 'run.succeeded')
    assert.equal((await client.get<{ output: string }>(`/runs/${asked.runId}`)).output, 'fine')
    assert.equal((await client.get<{ id: string }>(`/runs/${forked}`)).id, forked)
  })

  it('throws the failure of the run, and what the server refuses, with its code', async (t) => {
    const broken = agent({
      name: 'broken',
      attemptsMax: 1,
      run: () => {
        throw new Error('out of paper')
      },
    })
    const { client, url } = await clientOf(t, soleTeam(broken), 'a-token')
    await assert.rejects(client.goal('x'), { code: 'agent.failed', message: /out of paper/ })
    await assert.rejects(client.signal('nope', 'cancel'), { code: 'run.unknown' })
    await assert.rejects(client.events('nope').next(), { code: 'run.unknown' })
    await assert.rejects(concordClient({ url }).goal('x'), { code: 'auth.required' })
  })

  it('follows a run through a connection that breaks at any byte', async (t) => {
    const noting = agent({
      name: 'noting',
      run: async (_input, context) => {
        for (let i = 0; i < 50; i++) await context.step(`note ${i}`, () => 'ä'.repeat(i))
        return 'done'
      },
    })
    const { concord, url } = await clientOf(t, soleTeam(noting))
    const { url: unreliable, breakAt } = await unreliableProxy(t, url)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 3 }), async (places) => {
        const { id } = await concord.run({ text: 'x' })
        breakAt(places)
        const seen: number[] = []
        for await (const event of concordClient({ url: unreliable }).events(id)) seen.push(event.version)
        assert.deepEqual(
          seen,
          (await concord.events(id)).map((event) => event.version),
        )
      }),
      { numRuns: 4 },
    )
  })
})
