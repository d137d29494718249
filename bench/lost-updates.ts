import { fork } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openConcord } from '../src/index.ts'
import { workFolder } from './folder.ts'
import { measureOnce } from './measure.ts'
import { installPeer } from './peers.ts'
import { printTarget, problemLine } from './report.ts'
import type { Outcome } from './rows.ts'
import { median, short } from './statistics.ts'

const writers = 4
const each = 100
const writer = new URL('subjects/lost-updates-writer.ts', import.meta.url)

export const lostUpdatesTitle = `parallel writers, ${writers} processes x ${each} read-modify-writes of one key`

type Seen = { end: number; ms: number }

const say = (child: ReturnType<typeof fork>, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const gone = () => reject(new Error(`a writer ended before it was ${word}`))
    child.once('exit', gone)
    child.once('message', () => {
      child.off('exit', gone)
      resolve()
    })
  })

/** All writers are let go at once; the time until the last one is done. */
const together = async (kind: 'sql' | 'concord', folder: string): Promise<number> => {
  const children = Array.from({ length: writers }, () =>
    fork(writer, [kind, folder, String(each)], { execArgv: ['--disable-warning=ExperimentalWarning'] }),
  )
  const gone = children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
  try {
    await Promise.all(children.map((child) => say(child, 'ready')))
    const startedAt = performance.now()
    const done = children.map((child) => say(child, 'done'))
    for (const child of children) child.send('go')
    await Promise.all(done)
    return performance.now() - startedAt
  } finally {
    for (const child of children) if (child.connected) child.disconnect()
    await Promise.all(gone)
  }
}

const bareSql = async (folder: string): Promise<Seen> => {
  const db = new DatabaseSync(join(folder, 'floor.db'))
  try {
    db.exec('PRAGMA journal_mode = WAL; CREATE TABLE state(key TEXT PRIMARY KEY, value INTEGER)')
    db.exec("INSERT INTO state VALUES ('n', 0)")
    const ms = await together('sql', folder)
    return { end: Number(db.prepare('SELECT value FROM state').get()?.value), ms }
  } finally {
    db.close()
  }
}

const concord = async (directory: string): Promise<Seen> => {
  const ms = await together('concord', directory)
  const opened = await openConcord({ config: { stores: { kind: 'sqlite', directory } } })
  const end = Number(await opened.state('global').get('n'))
  await opened.close()
  return { end, ms }
}

const inFolder = async (fn: (folder: string) => Promise<Seen>): Promise<Seen> => {
  const folder = join(await mkdtemp(join(await workFolder(), 'writers-')), 'store')
  await mkdir(folder)
  try {
    return await fn(folder)
  } finally {
    await rm(join(folder, '..'), { recursive: true, force: true })
  }
}

/** As many writers in one process, as its store lives in one: read, then write, which is all it offers. */
const langGraph = async (): Promise<string> => {
  const installed = await installPeer({ name: 'langgraph', label: 'LangGraph' })
  if ('problem' in installed) return `could not be installed: ${installed.problem}`
  const ref = { label: 'LangGraph', file: installed.file, name: 'lostUpdates', options: { writers, each } }
  const [measured] = await measureOnce([ref])
  if (measured === undefined || 'error' in measured)
    return `failed: ${problemLine(measured?.error ?? 'no answer')}`
  return `${measured.rounds[0]?.facts.end} of ${writers * each}`
}

const line = (label: string, text: string) => console.log(`  ${label.padEnd(58)} ${text}`)
const told = (seen: readonly Seen[]) =>
  `${Math.min(...seen.map(({ end }) => end))} of ${writers * each}, ${short(median(seen.map(({ ms }) => ms)))} ms`

/** Whether an update is lost, and what it takes that none is. The fewest of all rounds are judged. */
export const lostUpdates = async ({
  quick,
  peers,
}: {
  quick: boolean
  peers: boolean
}): Promise<Outcome[]> => {
  const floor: Seen[] = []
  const ours: Seen[] = []
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    floor.push(await inFolder(bareSql))
    ours.push(await inFolder(concord))
  }
  console.log(`\n${lostUpdatesTitle}, NORMAL (process); the number at the end, and how long it took`)
  line('bare SQL, the lock taken before the read', told(floor))
  line('Concord, state.update', told(ours))
  if (peers) line("LangGraph's store, as many writers in one process", await langGraph())
  const ms = ours.map((one, i) => one.ms / (floor[i]?.ms ?? Number.NaN))
  console.log(`  time, of the floor: ${short(median(ms))}x, judged by nothing`)
  const fewest = (seen: readonly Seen[]) => Math.min(...seen.map(({ end }) => end))
  const outcome: Outcome = {
    title: lostUpdatesTitle,
    unit: 'at the end',
    floor: fewest(floor),
    concord: fewest(ours),
    ratio: fewest(ours) / fewest(floor),
    target: `${writers * each}`,
    met: ours.every(({ end }) => end === writers * each),
  }
  printTarget(outcome)
  return [outcome]
}
