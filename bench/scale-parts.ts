/** What `npm run bench -- scale` does in each of its processes: one part of the work, facts as numbers. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Draft } from '../src/domain/event.ts'
import type { RunSummary } from '../src/domain/summary.ts'
import { draftOf } from '../src/memory/knowledge/draft.ts'
import { searchKnowledge } from '../src/memory/knowledge/search.ts'
import { systemClock, systemRandom } from '../src/platform/system.ts'
import { sqliteKnowledge } from '../src/stores/sqlite/knowledge/store.ts'
import { sqliteStores } from '../src/stores/sqlite/stores.ts'
import { chance, zipfQuestions, zipfTexts } from './subjects/knowledge-data.ts'
import { walBytes } from './subjects/sqlite.ts'

export type Facts = { [name: string]: number }
type Part = (directory: string, count: number) => Promise<Facts>

const namespace = 'team/scale'
const batchRows = 500
const eventsPerRun = 20
const samples = 2000
const start = 1_700_000_000_000

const keyOf = (i: number) => `item:${String(i).padStart(7, '0')}`
const itemOf = (i: number) => ({ name: `part ${i}`, quantity: i % 1000, place: 'hall 7, shelf 12' })

const timed = async (work: () => unknown): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const sizes = (directory: string, name: string): Facts => {
  const file = join(directory, name)
  return { dbMB: existsSync(file) ? statSync(file).size / 1e6 : 0, walMB: walBytes(file) / 1e6 }
}

const memory = (): Facts => {
  globalThis.gc?.()
  return { rssMB: process.memoryUsage().rss / 1e6 }
}

/** p50 and p99 in ms of `times` calls, each with a number of its own. */
const latency = async (name: string, work: (random: number) => unknown, times = samples): Promise<Facts> => {
  const next = chance(11)
  const taken: number[] = []
  for (let i = 0; i < times; i++) {
    const random = next()
    taken.push(await timed(() => work(random)))
  }
  taken.sort((a, b) => a - b)
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))]!
  return { [`${name}P50`]: at(0.5), [`${name}P99`]: at(0.99) }
}

const open = (directory: string) =>
  sqliteStores({ directory, durability: 'process', clock: systemClock, random: systemRandom() })

const floorDatabase = (directory: string, name: string): DatabaseSync => {
  const db = new DatabaseSync(join(directory, name))
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA cache_size = -16384`)
  return db
}

const inGroups = (db: DatabaseSync, count: number, insert: (i: number) => void): Promise<number> =>
  timed(() => {
    for (let from = 0; from < count; from += batchRows) {
      db.exec('BEGIN IMMEDIATE')
      for (let i = from; i < Math.min(count, from + batchRows); i++) insert(i)
      db.exec('COMMIT')
    }
  })

/** One table of keys and values, and beside it one row of history a write: what a program without Concord would keep. */
const stateFloor: Part = async (directory, count) => {
  const db = floorDatabase(directory, 'floor-state.db')
  db.exec(`CREATE TABLE state(key TEXT PRIMARY KEY, version INTEGER, value TEXT, at INTEGER) WITHOUT ROWID;
    CREATE TABLE history(id INTEGER PRIMARY KEY, key TEXT, version INTEGER, value TEXT, at INTEGER)`)
  const put = db.prepare('INSERT INTO state VALUES (?, 1, ?, ?)')
  const note = db.prepare('INSERT INTO history(key, version, value, at) VALUES (?, 1, ?, ?)')
  const writeMs = await inGroups(db, count, (i) => {
    const text = JSON.stringify(itemOf(i))
    put.run(keyOf(i), text, start + i)
    note.run(keyOf(i), text, start + i)
  })
  const one = db.prepare('SELECT value FROM state WHERE key = ?')
  const page = db.prepare('SELECT key, value FROM state WHERE key > ? ORDER BY key LIMIT 100')
  const change = db.prepare('UPDATE state SET value = ?, version = version + 1 WHERE key = ? AND version = ?')
  const version = db.prepare('SELECT version FROM state WHERE key = ?')
  const key = (random: number) => keyOf(Math.floor(random * count))
  const facts = {
    ...(await latency('get', (random) => JSON.parse(String(one.get(key(random))?.value)))),
    ...(await latency('page', (random) => page.all(key(random)))),
    ...(await latency('cas', (random) => {
      const known = Number(version.get(key(random))?.version)
      change.run('{"quantity":1}', key(random), known)
      note.run(key(random), '{"quantity":1}', start)
    })),
  }
  db.close()
  return { perSecond: count / (writeMs / 1000), ...facts, ...sizes(directory, 'floor-state.db') }
}

const stateWrite: Part = async (directory, count) => {
  const { state, close } = await open(directory)
  const writeMs = await timed(async () => {
    for (let from = 0; from < count; from += batchRows)
      await Promise.all(
        Array.from({ length: Math.min(batchRows, count - from) }, (_, i) =>
          state.write([{ namespace, key: keyOf(from + i), value: itemOf(from + i) }]),
        ),
      )
  })
  const facts = { perSecond: count / (writeMs / 1000), ...sizes(directory, 'concord.db'), ...memory() }
  await close()
  return facts
}

const stateRead: Part = async (directory, count) => {
  let stores: Awaited<ReturnType<typeof open>> | undefined
  const before = memory().rssMB ?? 0
  const openMs = await timed(async () => {
    stores = await open(directory)
  })
  const { state, close } = stores!
  const idleMB = (memory().rssMB ?? 0) - before
  const key = (random: number) => keyOf(Math.floor(random * count))
  const facts = {
    openMs,
    idleMB,
    ...(await latency('get', (random) => state.get(namespace, key(random)))),
    ...(await latency('peek', (random) => state.peek(namespace, key(random)))),
    ...(await latency('page', (random) => state.list(namespace, { after: key(random), limit: 100 }))),
    ...(await latency('cas', async (random) => {
      const known = await state.get(namespace, key(random))
      await state.write([
        { namespace, key: key(random), value: { quantity: 1 }, ifVersion: known?.version ?? 0 },
      ])
    })),
    ...(await latency('history', (random) => state.history(namespace, key(random)))),
    ...(await latency('atSequence', (random) =>
      state.get(namespace, key(random), { at: { sequence: Math.floor(random * count) } }),
    )),
    ...(await latency('atTime', (random) => state.get(namespace, key(random), { at: { time: start } }), 20)),
    ...(await latency('pageThen', (random) =>
      state.list(namespace, { after: key(random), limit: 100, at: { sequence: count } }),
    )),
    ...(await latency(
      'resume',
      async () => {
        const since = (await state.sequence(namespace)) - 1000
        let left = 1000
        for await (const _ of state.watch(namespace, '*', { since })) if (--left === 0) break
      },
      20,
    )),
    ...(await latency(
      'resync',
      async (random) => {
        const pattern = `${key(random).slice(0, -3)}*`
        for await (const news of state.watch(namespace, pattern, { since: 0 }))
          if (news.kind === 'resync') break
      },
      20,
    )),
  }
  await close()
  return { ...facts, ...memory() }
}

const draft = (i: number): Draft =>
  ({
    type: i % 10_000 === 0 ? 'step.failed' : 'step.recorded',
    at: start + i,
    step: 'read',
    agent: i % 10_000 === 0 ? 'rare' : 'reader',
    data: { call: `${i}`, name: 'tool', value: 'x'.repeat(150) },
  }) as Draft

const runOf = (i: number) => i.toString(36).padStart(16, '0')

const summaryOf = (run: string, i: number): RunSummary => ({
  run,
  status: i % 100 === 0 ? 'failed' : 'succeeded',
  goal: { text: 'count the parts', team: i % 1000 === 0 ? 'rare' : 'scale' },
  createdAt: start + i,
  updatedAt: start + i,
})

const logFloor: Part = async (directory, count) => {
  const db = floorDatabase(directory, 'floor-log.db')
  db.exec(
    `CREATE TABLE events(position INTEGER PRIMARY KEY, run TEXT, version INTEGER, at INTEGER, type TEXT, agent TEXT, data TEXT, UNIQUE(run, version))`,
  )
  const put = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)')
  const writeMs = await inGroups(db, count, (i) => {
    const { at, type, agent, data } = draft(i)
    const run = runOf(Math.floor(i / eventsPerRun))
    put.run(i + 1, run, (i % eventsPerRun) + 1, at, type, agent ?? null, JSON.stringify(data))
  })
  const read = db.prepare('SELECT * FROM events WHERE run = ? ORDER BY version')
  const type = db.prepare('SELECT * FROM events WHERE type = ? ORDER BY position LIMIT 100')
  const runs = count / eventsPerRun
  const facts = {
    ...(await latency('read', (random) => read.all(runOf(Math.floor(random * runs))))),
    ...(await latency('byType', () => type.all('step.failed'), 10)),
  }
  db.close()
  return { perSecond: count / (writeMs / 1000), ...facts, ...sizes(directory, 'floor-log.db') }
}

const logWrite: Part = async (directory, count) => {
  const { log, close } = await open(directory)
  const runs = count / eventsPerRun
  let next = 0
  const runner = async () => {
    for (let run = next++; run < runs; run = next++) {
      const stream = `run/${runOf(run)}`
      for (let i = 0; i < eventsPerRun; i++)
        await log.append({
          stream,
          expectedVersion: i,
          epoch: 1,
          events: [draft(run * eventsPerRun + i)],
          ...(i === eventsPerRun - 1 ? { summary: summaryOf(runOf(run), run) } : {}),
        })
    }
  }
  const writeMs = await timed(() => Promise.all(Array.from({ length: batchRows }, runner)))
  const facts = { perSecond: count / (writeMs / 1000), ...sizes(directory, 'concord.db'), ...memory() }
  await close()
  return facts
}

const logRead: Part = async (directory, count) => {
  let stores: Awaited<ReturnType<typeof open>> | undefined
  const openMs = await timed(async () => {
    stores = await open(directory)
  })
  const { log, close } = stores!
  const runs = Math.floor(count / eventsPerRun)
  const run = (random: number) => runOf(Math.floor(random * runs))
  const few = 10
  const time = (random: number) => ({ from: start + Math.floor(random * count), limit: 100 })
  const facts = {
    openMs,
    ...(await latency('read', (random) => log.read(`run/${run(random)}`))),
    ...(await latency('byRun', (random) => log.query({ run: run(random) }))),
    ...(await latency('byAgent', () => log.query({ agent: 'rare', limit: 100 }), few)),
    ...(await latency('byType', () => log.query({ types: ['step.failed'], limit: 100 }), few)),
    ...(await latency('byTime', (random) => log.query(time(random)), few)),
    ...(await latency('byTimeLast', () => log.query({ from: start + count - 100, limit: 100 }), few)),
    ...(await latency('runs', () => log.runs({ limit: 100 }))),
    ...(await latency('runsBefore', (random) =>
      log.runs({ limit: 100, before: start + Math.floor(random * runs) }),
    )),
    ...(await latency('runsFailed', () => log.runs({ status: ['failed'], limit: 100 }))),
    ...(await latency('runsOpen', () => log.runs({ status: ['running', 'waiting'], limit: 100 }))),
    ...(await latency('runsOfTeam', () => log.runs({ team: 'rare', limit: 100 }), few)),
  }
  await close()
  return { ...facts, ...memory() }
}

const textsAtOnce = 1000

const knowledgeFloor: Part = async (directory, count) => {
  const db = floorDatabase(directory, 'floor-knowledge.db')
  db.exec('CREATE VIRTUAL TABLE texts USING fts5(title, body)')
  const put = db.prepare('INSERT INTO texts(title, body) VALUES(?, ?)')
  const texts = zipfTexts(count)
  const writeMs = await inGroups(db, count, (i) => put.run(texts[i]!.title, texts[i]!.body))
  const search = db.prepare('SELECT title, body FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 10')
  const questions = zipfQuestions(200)
  const facts = await latency(
    'search',
    (random) =>
      search.all(
        questions[Math.floor(random * 200)]!.split(' ')
          .map((word) => `"${word}"`)
          .join(' OR '),
      ),
    400,
  )
  db.close()
  return { perSecond: count / (writeMs / 1000), ...facts, ...sizes(directory, 'floor-knowledge.db') }
}

const knowledgeWrite: Part = async (directory, count) => {
  const store = await sqliteKnowledge({ directory, durability: 'process', clock: systemClock })
  const texts = zipfTexts(count)
  const base = memory().rssMB ?? 0
  const writeMs = await timed(async () => {
    for (let from = 0; from < count; from += textsAtOnce)
      await Promise.all(
        texts
          .slice(from, from + textsAtOnce)
          .map(({ title, body }, i) =>
            store.put(
              'scale',
              draftOf({ id: `d${from + i}`, modality: 'text', title, text: body, metadata: {} }),
            ),
          ),
      )
  })
  const grownMB = (memory().rssMB ?? 0) - base
  const facts = { perSecond: count / (writeMs / 1000), grownMB, ...sizes(directory, 'knowledge.db') }
  await store.close()
  return facts
}

const knowledgeRead: Part = async (directory) => {
  let store: Awaited<ReturnType<typeof sqliteKnowledge>> | undefined
  const openMs = await timed(async () => {
    store = await sqliteKnowledge({ directory, durability: 'process', clock: systemClock })
  })
  const questions = zipfQuestions(200)
  const search = (random: number) =>
    searchKnowledge(store!, 'scale', { text: questions[Math.floor(random * 200)]! }, 0, {})
  const firstMs = await timed(() => search(0))
  const facts = {
    openMs,
    firstMs,
    ...(await latency('search', search, 400)),
    ...(await latency('get', (random) => store!.get('scale', `d${Math.floor(random * 1000)}`))),
    ...(await latency('stats', () => store!.stats('scale'), 5)),
  }
  await store!.close()
  return { ...facts, ...memory() }
}

export const parts: { [name: string]: Part } = {
  stateFloor,
  stateWrite,
  stateRead,
  logFloor,
  logWrite,
  logRead,
  knowledgeFloor,
  knowledgeWrite,
  knowledgeRead,
}

const [part, directory = '', count] = process.argv.slice(2)
if (process.send && part !== undefined) {
  const facts = await parts[part]?.(directory, Number(count))
  process.send({ ...facts, peakMB: process.resourceUsage().maxRSS / 1024 })
  process.disconnect()
}
