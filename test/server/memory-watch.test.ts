import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { remoteState } from '../../src/client.ts'
import { type Concord, openConcord, type StateNews, type WatchOptions } from '../../src/index.ts'
import { createApp } from '../../src/server/app.ts'
import { appOf, echo, messagesOf, openMemory, served, soleTeam, unreliableProxy } from './fixture.ts'

const namespace = 'team/stock'
const path = `/memory/watch?${new URLSearchParams({ namespace, pattern: '*' })}`

const read = async (response: Response, until: (news: StateNews) => boolean) => {
  const all: { id?: string; event?: string; news: StateNews }[] = []
  for await (const { id, event, data } of messagesOf(response)) {
    if (event !== 'change' && event !== 'resync') continue
    const news = JSON.parse(data) as StateNews
    all.push({ news, ...(id === undefined ? {} : { id }), event })
    if (until(news)) break
  }
  return all
}

/** A Concord whose watches tell how many news were taken from them. */
const counting = (concord: Concord) => {
  const counted = { taken: 0, options: {} as WatchOptions }
  const { store } = concord.memory
  const watch: typeof store.watch = (where, pattern, options = {}) => {
    counted.options = options
    const inner = store.watch(where, pattern, options)
    const next = inner.next.bind(inner)
    inner.next = async () => {
      const news = await next()
      counted.taken++
      return news
    }
    return inner
  }
  return { counted, concord: { ...concord, memory: { ...concord.memory, store: { ...store, watch } } } }
}

describe('GET /memory/watch', () => {
  it('says from where, then each change with its position as id; continues behind Last-Event-ID', async (t) => {
    const { concord, get } = await appOf(t, soleTeam(echo))
    const state = concord.state(namespace)
    await state.set('a', 1)
    const messages = messagesOf(await get(path))
    const opened = (await messages.next()).value
    assert.equal(opened?.event, 'opened')
    assert.match(opened?.id ?? '', /^1-[0-9a-f]{12}$/)
    await state.set('b', 2)
    await state.delete('a')
    for (const [id, key] of [
      ['2', 'b'],
      ['3', 'a'],
    ]) {
      const message = (await messages.next()).value
      assert.deepEqual(
        [message?.id?.split('-')[0], message?.event, JSON.parse(message?.data ?? '').key],
        [id, 'change', key],
      )
    }
    await messages.return(undefined)
    const behind = await read(await get(`${path}&since=0`, { 'last-event-id': '2' }), () => true)
    assert.deepEqual(
      behind.map(({ id }) => id?.split('-')[0]),
      ['3'],
    )
    const one = `/memory/watch?${new URLSearchParams({ namespace, key: 'b', since: '0' })}`
    assert.equal((await read(await get(one), () => true))[0]?.news.sequence, 2)
  })

  it('takes no more from the store than its reader reads, and loses nothing of it', async (t) => {
    const { counted, concord } = counting(await openMemory(t, soleTeam(echo)))
    const app = createApp(concord)
    const state = concord.state(namespace)
    const response = await app.request(path)
    for (let i = 1; i <= 2000; i++) await state.set('k', i)
    assert.ok(counted.taken <= 4, `${counted.taken} taken by a reader that read none`)
    assert.ok((counted.options.bufferMax ?? 1e9) <= 64)
    const all = await read(response, ({ sequence }) => sequence === 2000)
    assert.deepEqual(
      all.map(({ news }) => news.sequence),
      Array.from({ length: 2000 }, (_, i) => i + 1),
    )
  })

  it('is bounded for a socket that nobody reads: what it missed is a resync of what stands now', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-watch-'))
    const inner = await openConcord({ config: { ...soleTeam(echo), stores: { directory } } })
    t.after(async () => {
      await inner.close()
      await rm(directory, { recursive: true })
    })
    const { counted, concord } = counting(inner)
    const { url } = await served(t, concord)
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(`${url}${path}&lagMax=50`, resolve).on('error', reject)
    })
    t.after(() => incoming.destroy())
    const state = concord.state(namespace)
    const long = 'x'.repeat(64 * 1024)
    for (let i = 1; i <= 600; i++) await state.set(`k${i % 3}`, `${i} ${long}`)
    assert.ok(counted.taken < 500, `${counted.taken} of 600 taken by a socket that nobody reads`)
    let text = ''
    incoming.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    while (!text.includes('event: resync')) await once(incoming, 'data')
    while (!text.endsWith('\n\n')) await once(incoming, 'data')
    const ids = [...text.matchAll(/^id: (\d+)-[0-9a-f]{12}$/gm)].map(([, id]) => Number(id))
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    )
    const block = text.split('\n\n').find((each) => each.startsWith('event: resync')) ?? ''
    const resync = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as StateNews & { kind: 'resync' }
    assert.deepEqual([resync.reason, resync.sequence], ['behind', 600])
    assert.deepEqual(
      resync.entries.map(({ key, value }) => [key, String(value).split(' ')[0]]),
      [
        ['k0', '600'],
        ['k1', '598'],
        ['k2', '599'],
      ],
    )
  })

  it('sends a resync of much by pages', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const { url } = await served(t, concord)
    const state = concord.state(namespace)
    const long = 'x'.repeat(100_000)
    for (let i = 0; i < 30; i++) await state.set(`k${i}`, `${i} ${long}`)
    await state.set('other', 1)
    const response = await fetch(`${url}${path}&since=99`)
    const [message] = await read(response, () => true)
    assert.ok(message !== undefined && 'partial' in message.news)
    const watch = remoteState({ url: `${url}/memory`, namespace }).watch('k*', { since: 99 })
    const { value } = await watch.next()
    assert.ok(value?.kind === 'resync')
    assert.deepEqual([value.entries.length, value.sequence], [30, 31])
    watch.close()
  })

  it('sends no comments on top of each other to a reader that does not read', async (t) => {
    const { get, concord } = await appOf(t, soleTeam(echo), { heartbeatMs: 1 })
    const response = await get(path)
    const messages = messagesOf(response)
    await messages.next()
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    await concord.state(namespace).set('k', 1)
    let comments = 0
    for await (const { event } of messages) {
      if (event === 'change') break
      comments++
    }
    assert.ok(comments < 20, `${comments} comments`)
  })

  it('ends when its reader is gone or the server stops: no watch is left', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const open = new Set<object>()
    const { store } = concord.memory
    const closed: Promise<void>[] = []
    const watch: typeof store.watch = (...given) => {
      const inner = store.watch(...given)
      open.add(inner)
      const { promise, resolve } = Promise.withResolvers<void>()
      closed.push(promise)
      const close = inner.close.bind(inner)
      inner.close = () => {
        open.delete(inner)
        close()
        resolve()
      }
      return inner
    }
    const server = await served(t, { ...concord, memory: { ...concord.memory, store: { ...store, watch } } })
    const stop = new AbortController()
    const one = await fetch(`${server.url}${path}`, { signal: stop.signal })
    const other = await fetch(`${server.url}${path}`)
    assert.equal(open.size, 2)
    stop.abort()
    await closed[0]
    await one.text().catch(() => {})
    const [text] = await Promise.all([other.text(), server.close()])
    assert.match(text, /opened/)
    await Promise.all(closed)
    assert.equal(open.size, 0)
  })
})

describe('a watch of the client', () => {
  const setup = async (t: TestContext) => {
    const concord = await openMemory(t, soleTeam(echo))
    const { url } = await served(t, concord)
    return { concord, ...(await unreliableProxy(t, url)) }
  }

  it('misses no change through a connection that breaks at any byte, while changes go on', async (t) => {
    const { concord, url, breakAt } = await setup(t)
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 8_000 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        async (places, count) => {
          const where = `run/${round++}`
          const state = concord.state(where)
          breakAt(places)
          const watch = remoteState({ url: `${url}/memory`, namespace: where }).watch('*', { since: 0 })
          const writing = (async () => {
            for (let i = 1; i <= count; i++) await state.set(`k${i % 5}`, { i, text: 'ä'.repeat(i) })
          })()
          const seen: unknown[] = []
          for await (const news of watch) {
            assert.ok(news.kind === 'change')
            seen.push([news.sequence, (news.value as { i: number }).i])
            if (news.sequence === count) break
          }
          await writing
          assert.deepEqual(
            seen,
            Array.from({ length: count }, (_, i) => [i + 1, i + 1]),
          )
        },
      ),
      { numRuns: 12 },
    )
  })

  it('writes once through a connection that breaks after the write', async (t) => {
    const { concord, url, breakAt } = await setup(t)
    const state = remoteState({ url: `${url}/memory`, namespace })
    for (let i = 1; i <= 10; i++) {
      breakAt([1, 20, 30].slice(0, i % 4))
      assert.equal(await state.increment('n'), i)
    }
    assert.equal((await concord.state(namespace).history('n')).length, 10)
  })

  it('gives up when the server is gone, and says so', async (t) => {
    const concord = await openMemory(t, soleTeam(echo))
    const server = await served(t, concord)
    const state = remoteState({ url: `${server.url}/memory`, namespace })
    await server.close(0)
    await assert.rejects(state.get('k'), { code: 'source.unreachable' })
  })
})
