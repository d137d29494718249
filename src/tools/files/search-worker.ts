import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs'
import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { cut, cutRange } from '../../domain/text/cut.ts'
import { isUnder, segmentsBelow } from './confine.ts'
import { isProtected } from './protected.ts'
import type { FileMatch, FileMatches, SearchJob } from './search-protocol.ts'

/**
 * Searches line by line in a thread: a regular expression that backtracks without end is ended with it. Links are not
 * followed; binary, protected and outside files and those larger than `fileBytesMax` are skipped and counted.
 */
const job = workerData as SearchJob
const textCharactersMax = 300
const lineCharactersMax = 100_000
const sniffedBytes = 1024

const expression = new RegExp(
  job.regex ? job.pattern : job.pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  job.ignoreCase ? 'i' : '',
)

const found: FileMatches = { matches: [], filesSearched: 0, filesSkipped: 0, truncated: false }

/** Where the open file really is: a folder on its way may have been swapped for a link. */
const placeOf = (file: number, path: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${file}`)
  } catch {
    return realpathSync(path)
  }
}

const readText = (path: string): string | undefined => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.size > job.fileBytesMax) return undefined
    const real = placeOf(file, path)
    if (!isUnder(job.root, real)) return undefined
    if (isProtected(segmentsBelow(job.root, real), 'read', job.allowProtected)) return undefined
    const bytes = readFileSync(file)
    return bytes.subarray(0, sniffedBytes).includes(0) ? undefined : bytes.toString('utf8')
  } finally {
    closeSync(file)
  }
}

const matchIn = (path: string, line: string, number: number): FileMatch | undefined => {
  const searched = cut(line, lineCharactersMax)
  const at = expression.exec(searched)?.index
  if (at === undefined) return undefined
  const start = Math.max(0, Math.min(at - 60, searched.length - textCharactersMax))
  return { path, line: number, column: at + 1, text: cutRange(searched, start, start + textCharactersMax) }
}

/** False when a bound is reached. */
const searchFile = (path: string, shown: string): boolean => {
  if (found.filesSearched + found.filesSkipped >= job.filesMax) return false
  let text: string | undefined
  try {
    text = readText(path)
  } catch {}
  if (text === undefined) {
    found.filesSkipped += 1
    return true
  }
  found.filesSearched += 1
  let number = 0
  for (const line of text.split(/\r?\n/)) {
    number += 1
    const match = matchIn(shown, line, number)
    if (!match) continue
    if (found.matches.length >= job.matchesMax) return false
    found.matches.push(match)
  }
  return true
}

const search = (path: string, shown: string): boolean => {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isFile()) return searchFile(path, shown)
  if (!stats?.isDirectory()) return true
  let names: string[] = []
  try {
    names = readdirSync(path).sort()
  } catch {}
  return names.every((name) => search(join(path, name), shown === '' ? name : `${shown}/${name}`))
}

found.truncated = !search(job.start, job.shown)
;(parentPort as MessagePort).postMessage(found)
