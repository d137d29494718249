import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtPackage } from './built.ts'
import { workFolder } from './folder.ts'
import type { Peers } from './peers.ts'
import { printLines, printTarget, printTitle, problemLine } from './report.ts'
import type { Outcome } from './rows.ts'
import { median, short } from './statistics.ts'

/** A program to start: the time counts until it says that its first run is finished, or, for bare Node, until it has ended. */
type Program = { label: string; args(directory: string): string[]; env?: { [name: string]: string } }

type Start = { ms: number; rss: number | undefined }

const withinMs = 60_000
const msMost = 150
const rssMost = 85

const startOnce = (args: readonly string[], env: { [name: string]: string }): Promise<Start> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
      timeout: withinMs,
    })
    let saidAt: number | undefined
    let said = ''
    let problem = ''
    child.stdout.on('data', (text) => {
      saidAt ??= performance.now()
      said += text
    })
    child.stderr.on('data', (text) => {
      problem += text
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      const endedAt = performance.now()
      if (code !== 0) return reject(new Error(`ended with ${code}: ${problem.slice(0, 500)}`))
      const rss = said === '' ? undefined : Number(JSON.parse(said).rss)
      resolve({ ms: (saidAt ?? endedAt) - startedAt, rss })
    })
  })

const script = fileURLToPath(new URL('subjects/start.js', import.meta.url))
const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))

const peerScript = fileURLToPath(new URL('subjects/start-peer.js', import.meta.url))
const workFile = new URL('work.ts', import.meta.url).href

const program = (label: string, entry: string, kind: string, cache?: string): Program => ({
  label,
  args: (directory) => [script, entry, kind, directory, ...(cache === undefined ? [] : ['cache'])],
  ...(cache === undefined ? {} : { env: { NODE_COMPILE_CACHE: cache } }),
})

const programs = async (folder: string): Promise<{ all: Program[]; judged: Program[] }> => {
  const bare: Program = { label: 'floor: node -e 0', args: () => ['-e', '0'] }
  const caches = (name: string) => join(folder, `cache-${name}`)
  const fromSource = [
    program('Concord from source, store in memory, no compile cache', source, 'memory'),
    program('Concord from source, SQLite, compile cache', source, 'sqlite', caches('source')),
  ]
  const built = await builtPackage()
  if (built === undefined) console.log('\n  the package could not be compiled: only the sources are measured')
  const judged =
    built === undefined
      ? []
      : [
          program('Concord built, store in memory', built.entry, 'memory'),
          program('Concord built, SQLite', built.entry, 'sqlite'),
          program('Concord built, SQLite, compile cache', built.entry, 'sqlite', caches('built')),
        ]
  if (built !== undefined) console.log(`\nprocess start; Concord built: ${built.how}`)
  return { all: [bare, ...judged, ...fromSource], judged }
}

/** Resident memory of Node alone, seen from inside as for the others. */
const bareRss = (): Promise<Start> =>
  startOnce(['-e', 'console.log(JSON.stringify({ rss: process.memoryUsage.rss() }))'], {})

/** Process start to the first finished run, and resident memory then. A run is of one step: what is timed is the start. */
export const start = async (quick: boolean, peers: Peers | undefined): Promise<Outcome[]> => {
  const folder = await mkdtemp(join(await workFolder(), 'start-'))
  try {
    const { all, judged } = await programs(folder)
    for (const { label, file, name } of peers?.starts() ?? [])
      all.push({ label, args: (directory) => [peerScript, file.href, name, workFile, directory] })
    const starts = new Map<Program, Start[]>(all.map((one) => [one, []]))
    const bare: number[] = []
    const failed = new Map<Program, string>()
    // The first round fills the compile caches and the system's file cache.
    for (let round = 0; round <= (quick ? 5 : 15); round++) {
      for (const one of all) {
        if (failed.has(one)) continue
        try {
          const result = await startOnce(one.args(join(folder, `store-${round}`)), one.env ?? {})
          if (round > 0) starts.get(one)?.push(result)
        } catch (error) {
          failed.set(one, problemLine(String(error)))
        }
      }
      bare.push((await bareRss()).rss ?? Number.NaN)
    }
    const msOf = (one: Program) => (starts.get(one) ?? []).map(({ ms }) => ms)
    const rssOf = (one: Program) =>
      (starts.get(one) ?? []).flatMap(({ rss }) => (rss === undefined ? [] : [rss / 1e6]))
    for (const [{ label }, problem] of failed) console.log(`  ${label} failed: ${problem}`)
    const floorMs = median(msOf(all[0]!))
    const floorRss = median(bare) / 1e6
    print('process start to the first finished run', 'ms', all, msOf, floorMs)
    const slowest = Math.max(...judged.map((one) => median(msOf(one))))
    const outcomes = [outcomeOf('process start to first finished run', 'ms', floorMs, slowest, msMost)]
    printTarget(outcomes[0]!)
    print('resident memory then', 'MB', all.slice(1), rssOf, floorRss)
    console.log(`  bare node: ${short(floorRss)} MB`)
    const largest = Math.max(...judged.map((one) => median(rssOf(one))))
    outcomes.push(outcomeOf('resident memory after it', 'MB', floorRss, largest, rssMost))
    printTarget(outcomes[1]!)
    return outcomes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const print = (
  title: string,
  unit: string,
  all: readonly Program[],
  figuresOf: (one: Program) => number[],
  floor: number,
): void => {
  printTitle(title, unit)
  printLines(
    all.flatMap((one) => {
      const values = figuresOf(one)
      if (values.length === 0) return []
      const middle = median(values)
      return {
        label: one.label,
        median: middle,
        low: Math.min(...values),
        high: Math.max(...values),
        ratio: middle / floor,
      }
    }),
  )
}

/** The slowest way of the built package is judged. */
const outcomeOf = (title: string, unit: string, floor: number, concord: number, most: number): Outcome => ({
  title,
  unit,
  floor,
  concord,
  ratio: concord / floor,
  target: `<= ${most} ${unit}`,
  met: Number.isFinite(concord) ? concord <= most : undefined,
})
