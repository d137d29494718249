/**
 * A log of a million events: how fast it grows, how large it gets, how long it takes to read a stream, to sign, to verify all of it, and how much memory that needs.
 * Each part in a process of its own, so that its memory is its own. The floor is bare SQL writing rows of the same columns, digests not computed, in the
 * same groups, power-loss safe as the log is here; for verification, two sha256 a row over data at hand. Not measured: other processes on the same store, other disks, a cold page cache.
 */
import { fork } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Draft } from '../src/domain/event.ts'
import { openAudit } from '../src/platform/audit.ts'
import { makeKey } from '../src/platform/keys.ts'
import { systemClock, systemRandom } from '../src/platform/system.ts'
import { sqliteStores } from '../src/stores/sqlite/stores.ts'
import { workFolder } from './folder.ts'

const eventsPerRun = 20
const runsAtOnce = 64
const dataText = 'x'.repeat(200)

type Facts = { [name: string]: number }

const draft = (i: number): Draft => ({
  type: 'step.recorded',
  at: 1_700_000_000_000 + i,
  step: 'read',
  agent: 'reader',
  data: { call: `${i}`, name: 'tool', value: dataText },
})

const seconds = async (work: () => Promise<unknown> | unknown): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const open = (directory: string) =>
  sqliteStores({ directory, durability: 'power', clock: systemClock, random: systemRandom() })

const auditIn = (directory: string) =>
  openAudit({ config: { stores: { directory }, audit: { key: join(directory, 'audit.key') } } })

const floor = async (directory: string, events: number): Promise<Facts> => {
  const db = new DatabaseSync(join(directory, 'floor.db'))
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE event(position INTEGER PRIMARY KEY, stream INTEGER, version INTEGER, at INTEGER, type TEXT, step TEXT, agent TEXT, data TEXT, salt BLOB, data_digest BLOB, digest BLOB, UNIQUE(stream, version))`)
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const salt = randomBytes(16)
  const digest = randomBytes(32)
  let position = 0
  const append = await seconds(() => {
    for (let run = 0; position < events; run += runsAtOnce)
      for (let i = 0; i < eventsPerRun; i++) {
        db.exec('BEGIN IMMEDIATE')
        for (let r = 0; r < runsAtOnce; r++, position++) {
          const { at, data } = draft(position)
          insert.run(
            position + 1,
            run + r,
            i + 1,
            at,
            'step.recorded',
            'read',
            'reader',
            JSON.stringify(data),
            salt,
            digest,
            digest,
          )
        }
        db.exec('COMMIT')
      }
  })
  const verify = await seconds(() => {
    for (const row of db.prepare('SELECT * FROM event ORDER BY stream, version').iterate()) {
      const data = hash('sha256', String(row.data), 'binary')
      hash('sha256', `${row.at}${row.type}${data}`, 'binary')
    }
  })
  const { size } = await stat(join(directory, 'floor.db'))
  db.close()
  return { appendPerSecond: position / append, verifySeconds: verify, bytesPerEvent: size / position }
}

/** Runs side by side, an event an append: what a busy store does. */
const append = async (directory: string, events: number): Promise<Facts> => {
  const { log, close } = await open(directory)
  let written = 0
  let next = 0
  const runner = async () => {
    while (written < events) {
      const stream = `run/${(next++).toString(36).padStart(16, '0')}`
      for (let i = 0; i < eventsPerRun; i++, written++)
        await log.append({ stream, expectedVersion: i, epoch: 1, events: [draft(written)] })
    }
  }
  const taken = await seconds(() => Promise.all(Array.from({ length: runsAtOnce }, runner)))
  await close()
  const { size } = await stat(join(directory, 'concord.db'))
  return { events: written, appendPerSecond: written / taken, bytesPerEvent: size / written }
}

const read = async (directory: string): Promise<Facts> => {
  const { log, close } = await open(directory)
  const streams = await log.streams()
  const times: number[] = []
  for (let i = 0; i < 2000; i++) {
    const stream = streams[(i * 7919) % streams.length] ?? ''
    times.push(await seconds(() => log.read(stream)))
  }
  await close()
  times.sort((a, b) => a - b)
  return { readMedianUs: (times[1000] ?? 0) * 1e6, readP99Us: (times[1980] ?? 0) * 1e6 }
}

const verify = async (directory: string): Promise<Facts> => {
  await makeKey(join(directory, 'audit.key'))
  const audit = await auditIn(directory)
  const sign = await seconds(() => audit.checkpoint({ trusting: true }))
  let report: Awaited<ReturnType<typeof audit.verify>> | undefined
  const taken = await seconds(async () => {
    report = await audit.verify()
  })
  await audit.close()
  if (report?.ok !== true) throw new Error(`the log does not verify: ${JSON.stringify(report?.findings)}`)
  return { signSeconds: sign, verifySeconds: taken, verified: report.events }
}

const exportAll = async (directory: string): Promise<Facts> => {
  const audit = await auditIn(directory)
  let bytes = 0
  const taken = await seconds(() =>
    audit.export({}, (line) => {
      bytes += line.length
    }),
  )
  await audit.close()
  return { exportSeconds: taken, exportMB: bytes / 1e6 }
}

const parts: { [name: string]: (directory: string, events: number) => Promise<Facts> } = {
  floor,
  append,
  read,
  verify,
  export: exportAll,
}

/** The part in its own process; with the most memory it ever held. */
const inProcess = (part: string, directory: string, events: number): Promise<Facts> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [part, directory, `${events}`])
    child.once('message', (facts) => resolve(facts as Facts))
    child.once('exit', (code) => reject(new Error(`${part} ended with ${code}`)))
  })

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)

/** `npm run bench -- audit`: a million events; a tenth of it with `quick`. */
export const auditScale = async (quick: boolean): Promise<void> => {
  const events = quick ? 100_000 : 1_000_000
  const directory = await mkdtemp(join(await workFolder(), 'audit-'))
  try {
    console.log(
      `\nA log of ${events.toLocaleString('en')} events of ${JSON.stringify(draft(0).data).length} bytes of data, ${eventsPerRun} a run, ${runsAtOnce} runs at once, SQLite FULL`,
    )
    const found: { [part: string]: Facts } = {}
    for (const part of Object.keys(parts)) {
      found[part] = await inProcess(part, directory, events)
      const facts = Object.entries(found[part]).map(([name, value]) => `${name} ${rounded(value)}`)
      console.log(`  ${part.padEnd(8)}${facts.join(', ')}`)
    }
    const ratio = (a: number | undefined, b: number | undefined) => ((a ?? 0) / (b ?? 1)).toFixed(2)
    console.log(
      `  append rate ${ratio(found.append?.appendPerSecond, found.floor?.appendPerSecond)}x of the floor (target 0.8x), bytes ${ratio(found.append?.bytesPerEvent, found.floor?.bytesPerEvent)}x, verification takes ${ratio(found.verify?.verifySeconds, found.floor?.verifySeconds)}x of its floor`,
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const [part, directory = '', events] = process.argv.slice(2)
if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  const facts = await parts[part ?? '']?.(directory, Number(events))
  process.send({ ...facts, peakMB: process.resourceUsage().maxRSS / 1024 })
  process.disconnect()
}
