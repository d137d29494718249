import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, team } from '../../src/index.ts'
import { createApp } from '../../src/server/app.ts'
import { gate, jsonHeaders, openMemory, problemOf } from './fixture.ts'

const whales = 'Whales sing to each other across the ocean. Their songs change from year to year.'

describe('knowledge over HTTP', () => {
  it('is added, found with its place, listed, read and erased', async (t) => {
    const concord = await openMemory(t, { embedder: 'none' })
    const app = createApp(concord)
    const post = (path: string, body: object) =>
      app.request(path, { method: 'POST', headers: jsonHeaders, body: JSON.stringify(body) })
    const add = async (body: object) =>
      ((await (await post('/memory/knowledge', body)).json()) as { outcome: string }).outcome
    assert.equal(
      await add({ id: 'whales', text: whales, title: 'Songs', metadata: { year: 2024 } }),
      'created',
    )
    assert.equal(
      await add({ id: 'whales', text: whales, title: 'Songs', metadata: { year: 2024 } }),
      'unchanged',
    )
    assert.equal(await add({ id: 'cats', text: 'Cats sleep all day.', metadata: { year: 1999 } }), 'created')
    const search = async (body: object) =>
      (
        (await (await post('/memory/knowledge/search', body)).json()) as {
          hits: { document: { id: string }; start: number; end: number; text: string; scores: object }[]
        }
      ).hits
    const [hit] = await search({ question: 'What do whales sing?', limit: 1 })
    assert.equal(hit?.document.id, 'whales')
    assert.equal(whales.slice(hit?.start, hit?.end), hit?.text)
    const old = { question: 'whales cats', filter: { metadata: { year: { lte: 2000 } } } }
    assert.deepEqual(
      (await search(old)).map(({ document }) => document.id),
      ['cats'],
    )
    const page = (await (await app.request('/memory/knowledge?limit=1')).json()) as {
      documents: { id: string }[]
      next: string
    }
    assert.deepEqual([page.documents[0]?.id, page.next], ['cats', 'cats'])
    const document = '/memory/knowledge/document?id=whales'
    assert.equal(((await (await app.request(document)).json()) as { text: string }).text, whales)
    const gone = await app.request(document, { method: 'DELETE', headers: jsonHeaders })
    assert.deepEqual(await gone.json(), { forgotten: 1 })
    assert.equal((await problemOf(await app.request(document))).code, 'not-found')
    const stats = (await (await app.request('/memory/knowledge/stats')).json()) as { documents: number }
    assert.equal(stats.documents, 1)
    for (const body of [{ text: '' }, { text: 'x', vectors: [] }, { text: 'x', namespace: '' }])
      assert.equal((await problemOf(await post('/memory/knowledge', body))).code, 'input.invalid')
    assert.equal((await problemOf(await post('/memory/knowledge/search', {}))).code, 'input.invalid')
  })

  it('shows a call what is about its subject or nobody, and where it may look', async (t) => {
    const done = gate()
    const waiting = agent({ name: 'waiting', run: () => done.opened })
    const concord = await openMemory(t, {
      embedder: 'none',
      team: 't',
      teams: { t: team({ agents: [waiting] }) },
    })
    t.after(done.open)
    const { id: run } = await concord.start({ text: 'x', subject: 'ann' })
    const token = concord.memory.tokens.issue({
      run,
      step: 'waiting',
      agent: 'waiting',
      epoch: 1,
      key: 'k',
      attempt: 1,
      since: 0,
      expiresAt: Date.now() + 60_000,
    })
    for (let i = 0; i < 30; i++)
      await concord.knowledge().add({ id: `bob${i}`, text: `Bob likes tea number ${i}.`, subject: 'bob' })
    await concord.knowledge().add({ id: 'ann', text: 'Ann likes tea in the morning.', subject: 'ann' })
    await concord.knowledge().add({ id: 'tea', text: 'Green tea is not fermented.' })
    const app = createApp(concord, { token: 'of-the-server' })
    const headers = { ...jsonHeaders, 'concord-token': token }
    const post = (path: string, body: object) =>
      app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    const found = (await (await post('/memory/knowledge/search', { question: 'tea' })).json()) as {
      hits: { document: { id: string } }[]
    }
    assert.deepEqual(found.hits.map(({ document }) => document.id).toSorted(), ['ann', 'tea'])
    const listed = (await (await app.request('/memory/knowledge', { headers })).json()) as {
      documents: { id: string }[]
    }
    assert.deepEqual(
      listed.documents.map(({ id }) => id),
      ['ann', 'tea'],
    )
    const denied = [
      post('/memory/knowledge/search', { question: 'tea', filter: { subject: 'bob' } }),
      post('/memory/knowledge/search', { question: 'tea', namespace: 'subject/bob' }),
      post('/memory/knowledge', { text: 'x', subject: 'bob' }),
      post('/memory/knowledge', { text: 'x', id: 'bob1' }),
      post('/memory/knowledge', { text: 'x', namespace: 'run/other' }),
      app.request('/memory/knowledge/stats?namespace=team%2Fother', { headers }),
    ]
    for (const response of denied) assert.equal((await problemOf(await response)).code, 'policy.denied')
    for (const method of ['GET', 'DELETE'])
      assert.equal(
        (await problemOf(await app.request('/memory/knowledge/document?id=bob1', { method, headers }))).code,
        'not-found',
      )
    assert.equal(
      (await post('/memory/knowledge', { id: 'new', text: 'Ann asked for tea.', subject: 'ann' })).status,
      200,
    )
    assert.equal((await concord.knowledge().get('new'))?.source, `run/${run}`)
  })
})
