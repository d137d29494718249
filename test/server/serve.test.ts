import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent, openConcord } from '../../src/index.ts'
import { listen } from '../../src/server/listen.ts'
import { serve, serverStops } from '../../src/server/serve.ts'
import { appOf, echo, gate, jsonHeaders, messagesOf, openMemory, served, soleTeam } from './fixture.ts'

describe('serve', () => {
  it('takes a free port for 0 and says where it listens', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const { url } = await served(t, concord)
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d{4,5}$/)
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok' })
  })

  it('says which port is taken, and what to do', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const { url } = await served(t, concord)
    await assert.rejects(serve(concord, { port: Number(new URL(url).port) }), {
      code: 'config.invalid',
      message: /Cannot listen on 127\.0\.0\.1:\d+ as the port must be free.*--port/,
    })
  })

  it('refuses an address that others reach without a token, and an empty token', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org', ''])
      await assert.rejects(
        serve(concord, { host, port: 0 }),
        { code: 'config.invalid', message: /token/ },
        host,
      )
    await assert.rejects(serve(concord, { port: 0, token: ' ' }), {
      code: 'config.invalid',
      message: /empty/,
    })
    const { url } = await served(t, concord, { host: '0.0.0.0', token: 'a-token' })
    const port = new URL(url).port
    assert.equal((await fetch(`http://127.0.0.1:${port}/runs`)).status, 401)
  })

  it('ends requests that are not sent in time, refuses more connections than it may have, and answers others', async (t) => {
    const { app } = await appOf(t, soleTeam(echo))
    const limits = { headersMsMax: 150, requestMsMax: 300, connectionsMax: 3, lookMs: 20 }
    const server = await listen(app, { host: '127.0.0.1', port: 0, ...limits })
    t.after(() => server.close(0))
    const port = Number(new URL(server.url).port)
    const opened = (sent: string) => {
      const socket = connect(port, '127.0.0.1')
      t.after(() => socket.destroy())
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('error', () => {})
      socket.write(sent)
      return { socket, ended: once(socket, 'close').then(() => text) }
    }
    const start = 'POST /goal HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n'
    const half = [opened(start), opened(`${start}content-length: 100\r\n\r\n{"goal":`)]
    await Promise.all(half.map(({ socket }) => once(socket, 'connect')))
    assert.equal((await fetch(`${server.url}/health`)).status, 200)
    // Its connection is kept alive: with the two it is as many as there may be.
    assert.equal(await opened('GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n').ended, '')
    for (const text of await Promise.all(half.map(({ ended }) => ended)))
      assert.match(text, /^HTTP\/1\.1 408 |^$/)
    assert.equal((await fetch(`${server.url}/health`)).status, 200)
  })

  it('stops gracefully: event streams end, who waits is told where to look, and nothing is accepted any more', async (t) => {
    const [hold, started] = [gate(), gate()]
    const slow = agent({
      name: 'slow',
      run: async () => {
        started.open()
        await hold.opened
        return 1
      },
    })
    const concord = await openMemory(t, soleTeam(slow))
    const server = await serve(concord, { port: 0 })
    const waiting = fetch(`${server.url}/goal`, {
      method: 'POST',
      headers: jsonHeaders,
      body: '{"goal":"x"}',
    })
    await started.opened
    const [run] = await concord.runs()
    const stream = messagesOf(await fetch(`${server.url}/runs/${run?.run}/events`))
    await stream.next()
    const closed = server.close(60_000)
    const response = await waiting
    assert.deepEqual([response.status, response.headers.get('location')], [202, `/runs/${run?.run}`])
    for await (const _ of stream);
    await closed
    await assert.rejects(fetch(`${server.url}/health`))
    hold.open()
  })

  it('goes on with what an earlier server was stopped in, not with what somebody suspended', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-serve-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const first = gate()
    let stop = true
    const slow = agent({
      name: 'slow',
      run: async (_input, { signal }) => {
        if (!stop) return 'done'
        first.open()
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    const config = { ...soleTeam(slow), stores: { kind: 'sqlite' as const, directory } }
    const before = await openConcord({ config, role: 'server' })
    const server = await serve(before, { port: 0 })
    const { id: stopped } = await before.start({ text: 'stopped with the server' })
    await first.opened
    const { id: paused } = await before.start({ text: 'paused by a person' })
    for await (const event of before.follow(paused)) if (event.type === 'step.started') break
    await before.signal(paused, { kind: 'pause' })
    for await (const event of before.follow(paused)) if (event.type === 'signal.received') break
    await server.close()
    await before.close(serverStops)

    stop = false
    const after = await openConcord({ config, role: 'server' })
    t.after(() => after.close())
    await served(t, after)
    for await (const _ of after.follow(stopped));
    assert.equal((await after.runner.load(stopped)).output, 'done')
    assert.equal((await after.log.run(paused))?.status, 'suspended')
  })
})

describe('load', () => {
  it('finishes 200 goals at once, each with its own output', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const { url } = await served(t, concord)
    const outputs = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const response = await fetch(`${url}/goal`, {
          method: 'POST',
          headers: jsonHeaders,
          body: JSON.stringify({ goal: 'echo', params: { n } }),
        })
        const { output } = (await response.json()) as { output: { n: number } }
        return output.n
      }),
    )
    assert.deepEqual(
      outputs,
      Array.from({ length: 200 }, (_, n) => n),
    )
    assert.equal((await concord.runs({ status: ['succeeded'], limit: 1000 })).length, 200)
  })
})
