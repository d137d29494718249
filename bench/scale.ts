/**
 * A million keys of shared state, a million events of runs, a hundred thousand documents: how fast they come in, what they weigh on disk and in memory, and how long
 * reading takes at that size. Each part in a process of its own; the floor is a bare SQLite table of the same rows in the same groups, without provenance, digests or operations.
 * Not measured: a cold page cache, other disks, other processes on the same store, embeddings (see `memory`).
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workFolder } from './folder.ts'
import type { Facts } from './scale-parts.ts'
import { short } from './statistics.ts'

const inProcess = (part: string, directory: string, count: number): Promise<Facts> =>
  new Promise((resolve, reject) => {
    const child = fork(
      fileURLToPath(new URL('scale-parts.ts', import.meta.url)),
      [part, directory, `${count}`],
      { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'] },
    )
    child.once('message', (facts) => resolve(facts as Facts))
    child.once('exit', (code) => reject(new Error(`${part} ended with ${code}`)))
  })

/** What is printed of each kind: the fact's name, its title, and the unit. */
type Row = readonly [fact: string, title: string]

const writing: readonly Row[] = [
  ['perSecond', 'written, a second'],
  ['bytesEach', 'bytes each on disk'],
  ['dbMB', 'file, MB'],
  ['walMB', 'write-ahead log, MB'],
  ['rssMB', 'resident after writing, MB'],
  ['grownMB', 'resident grown by writing, MB'],
  ['peakMB', 'resident at most while writing, MB'],
]
const latencies = (...rows: readonly (readonly [string, string])[]): Row[] =>
  rows.flatMap(([fact, title]) => [
    [`${fact}P50`, `${title}, p50 ms`],
    [`${fact}P99`, `${title}, p99 ms`],
  ])

const reading: { [kind: string]: readonly Row[] } = {
  state: [
    ['openMs', 'open, ms'],
    ['idleMB', 'resident grown by opening, MB'],
    ...latencies(
      ['get', 'get'],
      ['peek', 'peek'],
      ['cas', 'get and compare-and-set'],
      ['page', 'list, a page of 100'],
      ['history', 'history of a key'],
      ['atSequence', 'get at a sequence'],
      ['atTime', 'get at a time long ago'],
      ['pageThen', 'list of a past moment, a page of 100'],
      ['resume', 'watch: 1,000 missed changes'],
      ['resync', 'watch: resync of 1,000 keys'],
    ),
    ['rssMB', 'resident after reading, MB'],
  ],
  log: [
    ['openMs', 'open, ms'],
    ...latencies(
      ['read', 'read a run of 20 events'],
      ['byRun', 'query by run'],
      ['byAgent', 'query by an agent of 1 event in 10,000'],
      ['byType', 'query by a type of 1 event in 10,000'],
      ['byTime', 'query from a time on, 100 events'],
      ['byTimeLast', 'query of the last 100 by time'],
      ['runs', 'runs, newest 100'],
      ['runsBefore', 'runs, a page in the middle'],
      ['runsFailed', 'runs, failed (1 in 100)'],
      ['runsOpen', 'runs, under way (none)'],
      ['runsOfTeam', 'runs of a team (1 in 1,000)'],
    ),
    ['rssMB', 'resident after reading, MB'],
  ],
  knowledge: [
    ['openMs', 'open, ms'],
    ['firstMs', 'first search, ms'],
    ...latencies(['search', 'search by words, 3 terms'], ['get', 'get'], ['stats', 'stats']),
    ['rssMB', 'resident after reading, MB'],
    ['peakMB', 'resident at most while reading, MB'],
  ],
}

const print = (title: string, rows: readonly Row[], ours: Facts, floor: Facts): void => {
  console.log(`\n| ${title} | Concord | floor | ratio |\n|---|---:|---:|---:|`)
  for (const [fact, name] of rows) {
    const mine = ours[fact]
    if (mine === undefined) continue
    const bare = floor[fact]
    const compared = bare === undefined ? '|' : bare === 0 ? '0 |' : `${short(bare)} | ${short(mine / bare)}x`
    console.log(`| ${name} | ${short(mine)} | ${compared} |`)
  }
}

const things: { [kind: string]: readonly [what: string, count: number] } = {
  state: ['keys', 1_000_000],
  log: ['events', 1_000_000],
  knowledge: ['documents', 100_000],
}

/** `npm run bench -- scale`; a tenth of it with `quick`. */
export const scale = async (quick: boolean, only?: string): Promise<void> => {
  for (const [kind, [what, full]] of Object.entries(things)) {
    if (only !== undefined && only !== kind) continue
    const count = quick ? full / 10 : full
    const directory = await mkdtemp(join(await workFolder(), `scale-${kind}-`))
    try {
      const each = (facts: Facts): Facts => ({
        ...facts,
        bytesEach: (((facts.dbMB ?? 0) + (facts.walMB ?? 0)) * 1e6) / count,
      })
      const floor = each(await inProcess(`${kind}Floor`, directory, count))
      const wrote = each(await inProcess(`${kind}Write`, directory, count))
      const read = await inProcess(`${kind}Read`, directory, count)
      const { rssMB: _rss, peakMB: _peak, ...bare } = floor
      print(`${count.toLocaleString('en')} ${what}: writing`, writing, wrote, bare)
      print(`${count.toLocaleString('en')} ${what}: reading`, reading[kind] ?? [], read, bare)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}
