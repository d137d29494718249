import assert from 'node:assert/strict'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { agent } from '../../src/index.ts'
import { openMemory, served, soleTeam } from './fixture.ts'

const idle = agent({ name: 'a', run: () => new Promise(() => {}) })

describe('watches that are not read', () => {
  it('end after four heartbeats, and may come back behind what they had', async (t) => {
    const inner = await openMemory(t, soleTeam(idle))
    const { store } = inner.memory
    const ended = Promise.withResolvers<void>()
    const watch: typeof store.watch = (namespace, pattern, options) => {
      options?.signal?.addEventListener('abort', () => ended.resolve(), { once: true })
      return store.watch(namespace, pattern, options)
    }
    const concord = { ...inner, memory: { ...inner.memory, store: { ...store, watch } } }
    const { url } = await served(t, concord, { heartbeatMs: 25 })
    const state = concord.state('team/stock')
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(`${url}/memory/watch?namespace=team/stock`, resolve).on('error', reject)
    })
    // Nobody reads: what the system's buffers do not take stays here.
    incoming.pause()
    incoming.on('error', () => {})
    const long = 'x'.repeat(512 * 1024)
    for (let i = 0; i < 40; i++) await state.set('k', `${i} ${long}`)
    await ended.promise
    // What was on its way is read; then the connection is over.
    const closed = new Promise((resolve) => incoming.once('close', resolve))
    incoming.resume()
    await closed
    const again = await fetch(`${url}/memory/watch?namespace=team/stock&since=0&lagMax=5`)
    const reader = again.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('event: resync')) text += (await reader.read()).value ?? ''
    await reader.cancel()
  })

  it('are bounded for one call of an agent', async (t) => {
    const concord = await openMemory(t, soleTeam(idle))
    const { url } = await served(t, concord)
    const { id: run } = await concord.start({ text: 'x' })
    const tokenOf = async (key: string) =>
      concord.memory.tokens.issue({
        run,
        step: 'a',
        agent: 'a',
        epoch: 1,
        key,
        attempt: 1,
        since: await concord.log.version(`run/${run}`),
        expiresAt: Date.now() + 60_000,
      })
    const stop = new AbortController()
    t.after(() => stop.abort())
    const open = async (token: string) => {
      const headers = { 'concord-token': token }
      return fetch(`${url}/memory/watch`, { headers, signal: stop.signal })
    }
    const [mine, other] = [await tokenOf('one'), await tokenOf('two')]
    for (let i = 0; i < 100; i++) assert.equal((await open(mine)).status, 200)
    const refused = await open(mine)
    assert.deepEqual(
      [refused.status, ((await refused.json()) as { code: string }).code],
      [400, 'bound.reached'],
    )
    assert.equal((await open(other)).status, 200)
    // A mistake takes no place.
    for (let i = 0; i < 3; i++) {
      const wrong = await fetch(`${url}/memory/watch?namespace=team/s&since=x`)
      assert.equal(wrong.status, 400)
    }
  })
})
