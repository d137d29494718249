/**
 * What the log costs against bare SQL: `node bench/log.ts [rounds]`. Prints medians and ratios of one run; floor and adapter take turns, so that a noisy
 * machine hurts both. A step is one append of two events (a result of about 1 KB, the start of the next step of about 100 bytes) that is durable before the next begins.
 * Not measured: the runtime above the log, other processes on the same store, disks other than the one this runs on.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Draft } from '../src/domain/event.ts'
import { sqliteStores } from '../src/stores/sqlite/stores.ts'
import type { Stores } from '../src/stores/stores.ts'
import { volatileStores } from '../src/stores/volatile/stores.ts'
import { machineClock } from '../src/testing/clock.ts'

type Durability = 'process' | 'power'
/** Does so many steps in all, `parallel` at a time. */
type Work = (steps: number, parallel: number) => Promise<void>
type Contender = {
  name: string
  open(folder: string, durability: Durability): Promise<{ work: Work; close(): Promise<void> }>
}

const random = { next: Math.random, bytes: (size: number) => randomBytes(size) }
const result = { plan: 1, redo: 0, output: { text: 'x'.repeat(950) }, ms: 3 }
const started = { plan: 1, redo: 0, attempt: 1, state: { note: 'y'.repeat(40) } }
const texts = [JSON.stringify(result), JSON.stringify(started)] as const
const stepsPerRun = 6

/** Bare SQL: `rows` of one step per INSERT, the steps of one turn in one transaction, as the adapter groups them. */
const floor = (name: string, rows: number, unique: string): Contender => ({
  name,
  async open(folder, durability) {
    const db = new DatabaseSync(join(folder, 'floor.db'))
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};
      CREATE TABLE step(position INTEGER PRIMARY KEY, stream TEXT, version INTEGER, type TEXT, data TEXT${unique})`)
    const insert = db.prepare('INSERT INTO step(stream, version, type, data) VALUES (?, ?, ?, ?)')
    const begin = db.prepare('BEGIN IMMEDIATE')
    const commit = db.prepare('COMMIT')
    let next = 0
    const work: Work = async (steps, parallel) => {
      for (let done = 0; done < steps; done += parallel) {
        begin.run()
        for (let i = 0; i < parallel; i++, next++)
          for (let row = 0; row < rows; row++)
            insert.run(
              `run/${Math.floor(next / stepsPerRun)}`,
              next * rows + row,
              'step.succeeded',
              JSON.stringify(row ? started : result),
            )
        commit.run()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return { work, close: async () => db.close() }
  },
})

const adapter = (
  name: string,
  open: (folder: string, durability: Durability) => Promise<Stores>,
): Contender => ({
  name,
  async open(folder, durability) {
    const stores = await open(folder, durability)
    let runs = 0
    const events = (at: number): Draft[] => [
      { type: 'step.succeeded', at, step: 'retrieve', agent: 'retriever', data: result },
      { type: 'step.started', at, step: 'read', agent: 'reader', data: started },
    ]
    const runner = async (steps: number) => {
      for (let done = 0; done < steps; ) {
        const stream = `run/${(runs++).toString(36).padStart(12, '0')}`
        for (let i = 0; i < stepsPerRun && done < steps; i++, done++)
          await stores.log.append({ stream, expectedVersion: i * 2, epoch: 1, events: events(Date.now()) })
      }
    }
    const work: Work = async (steps, parallel) => {
      await Promise.all(Array.from({ length: parallel }, () => runner(steps / parallel)))
    }
    return { work, close: () => stores.close() }
  },
})

const contenders: Contender[] = [
  floor('floor: one INSERT a step', 1, ''),
  floor('floor: one INSERT a step, unique by (stream, version)', 1, ', UNIQUE(stream, version)'),
  floor('floor: the same two rows a step, unique by (stream, version)', 2, ', UNIQUE(stream, version)'),
  adapter('Concord, SQLite', (directory, durability) =>
    sqliteStores({ directory, durability, clock: machineClock, random }),
  ),
  adapter('Concord, in memory', async () => volatileStores({ clock: machineClock, random })),
]

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const measure = async (durability: Durability, parallel: number, rounds: number) => {
  const steps = durability === 'power' && parallel === 1 ? 640 : 6400
  const times = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, contender] of contenders.entries()) {
      const folder = mkdtempSync(join(import.meta.dirname, '.log-'))
      try {
        const { work, close } = await contender.open(folder, durability)
        await work(parallel * 5, parallel)
        const start = performance.now()
        await work(steps, parallel)
        times[i]?.push(((performance.now() - start) * 1000) / steps)
        await close()
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  const medians = times.map(median)
  const pad = (value: string) => value.padStart(9)
  console.log(
    `\n${durability === 'power' ? 'FULL (power loss)' : 'NORMAL (process crash)'}, ${parallel} at once: us a step, ratio to each floor`,
  )
  for (const [i, contender] of contenders.entries()) {
    const mine = medians[i] ?? Number.NaN
    const ratios = [0, 1, 2].map((f) => pad(`${(mine / (medians[f] ?? Number.NaN)).toFixed(2)}x`)).join('')
    console.log(`  ${contender.name.padEnd(62)}${pad(mine.toFixed(1))}${ratios}`)
  }
}

const rounds = Number(process.argv[2] ?? 5)
console.log(`${texts[0].length} + ${texts[1].length} bytes of data a step, ${rounds} rounds, medians`)
for (const durability of ['process', 'power'] as const)
  for (const parallel of [1, 64]) await measure(durability, parallel, rounds)
