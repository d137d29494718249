import assert from 'node:assert/strict'
import { it } from 'node:test'
import { itemRun } from '../../domain/names.ts'
import type { RunStatus } from '../../domain/summary.ts'
import type { EventQuery, RunPlace, RunsQuery } from '../../ports/event-log.ts'
import { type OpenStore, on, recorded, type StoreFixture, summary } from './fixture.ts'

/** Reading across streams, and the runs kept beside them. */
export const eventLogQueryContract = (open: OpenStore): void => {
  querying(open)
  runs(open)
}

const seed = async ({ log }: StoreFixture): Promise<void> => {
  const at = (time: number, call: string, agent: string) => ({ ...recorded(call), at: time, agent })
  await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [at(10, 'a1', 'reader')] })
  await log.append({ stream: 'run/b', expectedVersion: 0, epoch: 1, events: [at(20, 'b1', 'writer')] })
  await log.append({
    stream: 'run/a',
    expectedVersion: 1,
    epoch: 1,
    events: [at(30, 'a2', 'writer'), { type: 'run.started', at: 40, data: {} }],
    writes: [{ namespace: 'global', key: 'k', value: 'from a', provenance: { run: 'a' } }],
  })
}

const querying = (open: OpenStore) => {
  it(
    'queries over all streams in order of commit',
    on(open, async (store) => {
      await seed(store)
      const ids = async (query: EventQuery) => (await store.log.query(query)).map((event) => event.id)
      assert.deepEqual(await ids({}), ['run/a@1', 'run/b@1', 'state/global@1', 'run/a@2', 'run/a@3'])
      assert.deepEqual(await ids({ run: 'a' }), ['run/a@1', 'state/global@1', 'run/a@2', 'run/a@3'])
      assert.deepEqual(await ids({ run: 'none' }), [])
      assert.deepEqual(await ids({ agent: 'writer' }), ['run/b@1', 'run/a@2'])
      assert.deepEqual(await ids({ types: ['run.started', 'state.changed'] }), ['state/global@1', 'run/a@3'])
      assert.deepEqual(await ids({ types: [] }), [])
      assert.deepEqual(await ids({ from: 20, to: 30 }), ['run/b@1', 'run/a@2'])
      assert.deepEqual(await ids({ run: 'a', agent: 'writer', types: ['step.recorded'] }), ['run/a@2'])
      const [, second] = await store.log.query({ limit: 2 })
      assert.equal(second?.id, 'run/b@1')
      assert.deepEqual(await ids({ afterPosition: second?.position ?? 0, limit: 1 }), ['state/global@1'])
      assert.deepEqual(await ids({ run: 'a', afterPosition: second?.position ?? 0, limit: 1 }), [
        'state/global@1',
      ])
    }),
  )

  it(
    'returns at most a thousand events when no limit is given',
    on(open, async ({ log }) => {
      const events = Array.from({ length: 1100 }, (_, i) => recorded(`${i}`))
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events })
      assert.equal((await log.query({ run: 'a' })).length, 1000)
    }),
  )

  it(
    'names every stream',
    on(open, async (store) => {
      await seed(store)
      assert.deepEqual(await store.log.streams(), ['run/a', 'run/b', 'state/global'])
    }),
  )
}

const keep = (store: StoreFixture, run: string, more: Parameters<typeof summary>[1] = {}) =>
  store.log.append({
    stream: `run/${run}`,
    expectedVersion: 'any',
    epoch: 1,
    events: [recorded('x')],
    summary: summary(run, more),
  })

const runs = (open: OpenStore) => {
  it(
    'keeps the summary of a run as the last append gave it, a copy of it',
    on(open, async (store) => {
      const goal = { text: 'g', team: 't', params: { n: 1 } }
      await keep(store, 'a', { goal, wakeAt: 5, owner: 'me', parent: 'p' })
      goal.params.n = 2
      const kept = summary('a', {
        goal: { text: 'g', team: 't', params: { n: 1 } },
        wakeAt: 5,
        owner: 'me',
        parent: 'p',
      })
      assert.deepEqual(await store.log.run('a'), kept)
      await keep(store, 'a', { status: 'waiting', updatedAt: 7 })
      assert.deepEqual(await store.log.run('a'), summary('a', { status: 'waiting', updatedAt: 7 }))
      await keep(store, 'a', { status: 'waiting', updatedAt: 8 })
      assert.deepEqual(await store.log.run('a'), summary('a', { status: 'waiting', updatedAt: 8 }))
      assert.equal(await store.log.run('none'), undefined)
      const refused = { stream: 'run/a', expectedVersion: 9, epoch: 1, events: [] }
      await assert.rejects(store.log.append({ ...refused, summary: summary('a', { status: 'failed' }) }))
      assert.equal((await store.log.run('a'))?.status, 'waiting')
    }),
  )

  it(
    'leaves out the runs of items where they are not asked for, and finds no item by its goal',
    on(open, async (store) => {
      const goal = { text: 'read', team: 'research', tags: ['t'] }
      const item = itemRun('a', 1, 0, 'each/0')
      await keep(store, 'a', { createdAt: 10, goal })
      await keep(store, item, { createdAt: 20, goal, parent: 'a' })
      const list = async (query?: Parameters<typeof store.log.runs>[0]) =>
        (await store.log.runs(query)).map((run) => run.run)
      assert.deepEqual(await list(), [item, 'a'])
      assert.deepEqual(await list({ items: false }), ['a'])
      assert.deepEqual(await list({ text: 'read' }), ['a'])
      assert.deepEqual(await list({ tag: 't' }), ['a'])
      assert.equal(await store.log.countRuns({ items: false }), 1)
    }),
  )

  it(
    'lists runs newest first, by status, team, thread and parent',
    on(open, async (store) => {
      const goal = { text: 'g', team: 'research', thread: 't1' }
      await keep(store, 'a', { createdAt: 10, status: 'succeeded' })
      await keep(store, 'b', { createdAt: 30, parent: 'a' })
      await keep(store, 'c', { createdAt: 20, goal })
      await keep(store, 'd', { createdAt: 40, goal: { text: 'g', team: 'other' }, status: 'waiting' })
      const list = async (query?: Parameters<typeof store.log.runs>[0]) =>
        (await store.log.runs(query)).map((run) => run.run)
      assert.deepEqual(await list(), ['d', 'b', 'c', 'a'])
      assert.deepEqual(await list({ status: ['succeeded', 'waiting'] }), ['d', 'a'])
      assert.deepEqual(await list({ status: [] }), [])
      assert.deepEqual(await list({ team: 'research' }), ['b', 'c', 'a'])
      assert.deepEqual(await list({ thread: 't1' }), ['c'])
      assert.deepEqual(await list({ parent: 'a' }), ['b'])
      assert.deepEqual(await list({ limit: 2 }), ['d', 'b'])
      assert.deepEqual(await list({ before: 30 }), ['c', 'a'])
      assert.deepEqual(await list({ before: 30, limit: 1, status: ['running'] }), ['c'])
      assert.deepEqual(await list({ isChild: true }), ['b'])
      assert.deepEqual(await list({ isChild: false, status: ['running'] }), ['c'])
      assert.deepEqual(await list({ order: 'oldest' }), ['a', 'c', 'b', 'd'])
      assert.deepEqual(await list({ order: 'oldest', after: 10, limit: 2 }), ['c', 'b'])
      assert.deepEqual(await list({ before: { createdAt: 30, run: 'b' } }), ['c', 'a'])
      assert.deepEqual(await list({ before: { createdAt: 30, run: 'c' } }), ['b', 'c', 'a'])
      assert.equal(await store.log.countRuns(), 4)
      assert.equal(await store.log.countRuns({ status: ['running'], isChild: false }), 1)
      assert.equal(await store.log.countRuns({ after: 20, limit: 1 }), 2)
    }),
  )

  it(
    'finds runs by tag, principal and text, alone and together',
    on(open, async (store) => {
      const goal = (text: string, tags?: string[]) => ({ text, team: 'research', ...(tags && { tags }) })
      const [ada, bob] = [{ id: 'ada', tenant: 'acme' }, { id: 'bob' }]
      await keep(store, 'a', { createdAt: 1, goal: goal('Read 50% of it', ['nightly']), principal: ada })
      await keep(store, 'b', { createdAt: 2, goal: goal('Prüfe die ÜBERSICHT', ['nightly', 'eu']) })
      await keep(store, 'c', { createdAt: 3, goal: goal('read_all of it'), principal: bob })
      await keep(store, 'd', { createdAt: 4, goal: goal('Read all of it', ['eu']), principal: ada })
      await keep(store, 'long', { createdAt: 5, goal: goal(`${'x'.repeat(1_995)} edge beyond`) })
      const list = async (query: RunsQuery) => {
        const found = (await store.log.runs(query)).map((run) => run.run)
        assert.equal(await store.log.countRuns(query), found.length, JSON.stringify(query))
        return found.join(' ')
      }
      assert.equal(await list({ tag: 'nightly' }), 'b a')
      assert.equal(await list({ tag: 'night' }), '')
      assert.equal(await list({ principal: 'ada' }), 'd a')
      assert.equal(await list({ principal: 'acme' }), '')
      assert.equal(await list({ text: 'READ' }), 'd c a')
      assert.equal(await list({ text: 'übersicht' }), 'b')
      // No letter stands for others.
      assert.equal(await list({ text: '0%' }), 'a')
      assert.equal(await list({ text: 'read_' }), 'c')
      assert.equal(await list({ text: 'x EDGE' }), 'long')
      assert.equal(await list({ text: 'beyond' }), '')
      assert.equal(await list({ tag: 'eu', text: 'all' }), 'd')
      assert.equal(await list({ tag: 'eu', principal: 'ada', text: 'of it' }), 'd')
      assert.equal(await list({ principal: 'ada', text: 'prüfe' }), '')
      assert.equal(await list({ tag: 'nightly', order: 'oldest', after: 1 }), 'b')
      await keep(store, 'd', { createdAt: 4, goal: goal('Read all of it', ['eu']), status: 'succeeded' })
      assert.equal(await list({ tag: 'eu', status: ['succeeded'] }), 'd')
    }),
  )

  for (const order of ['newest', 'oldest'])
    for (const found of [{}, { tag: 't' }, { text: 'find' }, { principal: 'p' }])
      it(
        `pages exactly, ${order} first, though many were created at once: ${JSON.stringify(found)}`,
        on(open, async (store) => {
          const goal = { text: 'Find', team: 'research', tags: ['t'] }
          for (let i = 0; i < 30; i++) {
            const status: RunStatus = i % 2 === 0 ? 'running' : 'waiting'
            // Ids in neither the order of creation nor that of UTF-16 units.
            const id = `${i % 3 === 0 ? '\u{1f600}' : '\uffee'}${(i * 7) % 30}`
            await keep(store, id, { createdAt: Math.floor(i / 7), status, goal, principal: { id: 'p' } })
          }
          const all = new Set<string>()
          let last: RunPlace | undefined
          for (let pages = 0; pages < 30; pages++) {
            const from = last === undefined ? {} : order === 'oldest' ? { after: last } : { before: last }
            const way = order === 'oldest' ? ({ order } as const) : {}
            const page = await store.log.runs({ ...found, limit: 4, ...way, ...from })
            if (page.length === 0) break
            assert.ok(page.length === 4 || all.size + page.length === 30)
            for (const { run } of page) assert.ok(all.size < all.add(run).size, `${run} came twice`)
            last = page.at(-1)
          }
          assert.equal(all.size, 30)
        }),
      )
}
