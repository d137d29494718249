import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { agent, type Event, team } from '../../src/index.ts'
import { appOf, echo, gate, messagesOf, openMemory, problemOf, served, soleTeam } from './fixture.ts'

const noting = (notes: number) =>
  agent({
    name: 'noting',
    run: async (_input, context) => {
      for (let i = 0; i < notes; i++) await context.step(`note ${i}`, () => i)
      return notes
    },
  })

type Message = { id?: string; event?: string; data: string }

const readAll = async (response: Response): Promise<Message[]> => {
  const messages: Message[] = []
  for await (const message of messagesOf(response)) messages.push(message)
  return messages
}

describe('GET /runs/{id}/events', () => {
  it('streams every event with version, type and data, and ends after the final one', async (t) => {
    const { post, get, concord } = await appOf(t, soleTeam(echo))
    const { runId } = (await (await post('/goal', { goal: 'x' })).json()) as { runId: string }
    const response = await get(`/runs/${runId}/events`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const messages = await readAll(response)
    const events = await concord.events(runId)
    assert.deepEqual(
      messages.map(({ id, event, data }) => [id, event, JSON.parse(data)]),
      events.map((event) => [String(event.version), event.type, event]),
    )
    assert.equal(messages.at(-1)?.event, 'run.succeeded')
  })

  it('is a JSON array for who accepts JSON', async (t) => {
    const { post, get, concord } = await appOf(t, soleTeam(echo))
    const { runId } = (await (await post('/goal', { goal: 'x' })).json()) as { runId: string }
    const list = async (query: string) =>
      (await (await get(`/runs/${runId}/events${query}`, { accept: 'application/json' })).json()) as Event[]
    assert.deepEqual(await list(''), await concord.events(runId))
    assert.deepEqual(
      (await list('?after=2&limit=3')).map((event) => event.version),
      [3, 4, 5],
    )
  })

  it('goes on behind Last-Event-ID, which stands above ?after=, and answers 204 when all was sent', async (t) => {
    const { post, get, concord } = await appOf(t, soleTeam(echo))
    const { runId } = (await (await post('/goal', { goal: 'x' })).json()) as { runId: string }
    const { length } = await concord.events(runId)
    const behind = await readAll(
      await get(`/runs/${runId}/events?after=1`, { 'last-event-id': String(length - 2) }),
    )
    assert.deepEqual(
      behind.map(({ id }) => Number(id)),
      [length - 1, length],
    )
    for (const after of [length, length + 7])
      assert.equal((await get(`/runs/${runId}/events`, { 'last-event-id': String(after) })).status, 204)
    for (const [path, headers] of [
      ['', { 'last-event-id': 'abc' }],
      ['', { 'last-event-id': '-1' }],
      ['?after=x', {}],
    ] as const)
      assert.equal(
        (await problemOf(await get(`/runs/${runId}/events${path}`, headers))).code,
        'input.invalid',
      )
  })

  it('shows what is being written as deltas without id, only of this run and only while it is watched', async (t) => {
    const [watched, other] = [gate(), gate()]
    const writing = agent<{ text: string }, string>({
      name: 'writing',
      run: async ({ text }, context) => {
        await watched.opened
        context.emit(`${text} one\n`)
        context.emit(`${text} two`)
        other.open()
        return text
      },
    })
    const { concord, get } = await appOf(t, soleTeam(writing))
    const { id } = await concord.start({ text: 'x', params: { text: 'mine' } })
    const { id: second } = await concord.start({ text: 'x', params: { text: 'theirs' } })
    const response = await get(`/runs/${id}/events`)
    const messages = messagesOf(response)
    const seen: Message[] = []
    for await (const message of messages) {
      seen.push(message)
      if (message.event === 'step.started') watched.open()
    }
    await other.opened
    const deltas = seen.filter((message) => message.event === 'delta')
    assert.deepEqual(
      deltas.map(({ id: version, data }) => [version, JSON.parse(data)]),
      ['mine one\n', 'mine two'].map((text) => [
        undefined,
        { run: id, step: 'writing', agent: 'writing', text },
      ]),
    )
    await concord.runner.settled(second)
    assert.ok(!(await concord.events(id)).some((event) => JSON.stringify(event).includes('mine one')))
  })

  it('sends a comment now and then while nothing happens', async (t) => {
    const asking = agent({ name: 'asking', run: (_input, context) => context.ask('well?') })
    const { post, get } = await appOf(t, soleTeam(asking), { heartbeatMs: 5 })
    const { runId } = (await (await post('/goal', { goal: 'x' })).json()) as { runId: string }
    let comments = 0
    for await (const message of messagesOf(await get(`/runs/${runId}/events`)))
      if (message.comment !== undefined && ++comments === 3) break
    assert.equal(comments, 3)
  })

  it('stops following when the reader goes away', async (t) => {
    const asking = agent({ name: 'asking', run: (_input, context) => context.ask('well?') })
    const concord = await openMemory(t, soleTeam(asking))
    let following = 0
    const counted = { ...concord }
    const left = gate()
    counted.handle = async (run) => {
      const handle = await concord.handle(run)
      const stream: typeof handle.stream = async function* (options) {
        following++
        try {
          yield* handle.stream(options)
        } finally {
          following--
          left.open()
        }
      }
      return { ...handle, stream }
    }
    const { url } = await served(t, counted)
    const { id } = await concord.run({ text: 'x' })
    const client = new AbortController()
    const response = await fetch(`${url}/runs/${id}/events`, { signal: client.signal })
    for await (const message of messagesOf(response)) if (message.event === 'run.waiting') break
    client.abort()
    await left.opened
    assert.equal(following, 0)
  })

  it('loses and repeats nothing over 1,000 events, however often and wherever the connection breaks', async (t) => {
    const concord = await openMemory(t, {
      teams: { long: team({ agents: [noting(1000)] }) },
    })
    const { url } = await served(t, concord)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 8 }), async (breaks) => {
        const { id } = await concord.start({ text: 'x', team: 'long' })
        const seen: number[] = []
        const connect = async (messagesMax: number): Promise<boolean> => {
          const client = new AbortController()
          const headers: Record<string, string> =
            seen.length === 0 ? {} : { 'last-event-id': String(seen.at(-1)) }
          const response = await fetch(`${url}/runs/${id}/events`, { headers, signal: client.signal })
          let got = 0
          for await (const message of messagesOf(response)) {
            seen.push(Number(message.id))
            if (message.event === 'run.succeeded') return true
            if (++got === messagesMax) break
          }
          client.abort()
          return false
        }
        for (const messagesMax of breaks) if (await connect(messagesMax)) break
        await connect(Number.POSITIVE_INFINITY)
        const all = await concord.events(id)
        assert.ok(all.length > 1000)
        assert.deepEqual(
          seen,
          all.map((event) => event.version),
        )
      }),
      { numRuns: 6 },
    )
  })
})
