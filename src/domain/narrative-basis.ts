import { countText, plural } from './amounts.ts'
import type { Event } from './event.ts'
import type { Json, JsonObject } from './json.ts'
import { listText, quoted } from './narrative-words.ts'
import { isObject } from './reference.ts'
import type { Trace } from './trace-node.ts'

const namedMost = 6

/** What the answer rests on: documents and state that steps read, and the sources the output itself names. */
export const basisOf = (events: readonly Event[], trace: Trace): string[] => {
  const documents = new Map<string, number>()
  const keys = new Set<string>()
  for (const event of events) {
    if (event.type !== 'step.succeeded') continue
    for (const read of event.data.reads ?? [])
      if ('document' in read) documents.set(read.document, (documents.get(read.document) ?? 0) + 1)
      else keys.add(read.key)
  }
  const told: string[] = []
  if (documents.size > 0)
    told.push(`Its steps read ${plural(documents.size, 'document')}: ${named([...documents.keys()])}`)
  if (keys.size > 0) told.push(`They read ${plural(keys.size, 'key')} of shared state: ${named([...keys])}`)
  const sources = sourcesIn(trace.output)
  if (sources.length > 0) told.push(`The answer names ${plural(sources.length, 'source')}: ${named(sources)}`)
  return told
}

const named = (all: readonly string[]): string => {
  const shown = all.slice(0, namedMost).map((name) => quoted(name, 90))
  return all.length > shown.length
    ? `${shown.join(', ')} and ${countText(all.length - shown.length)} more`
    : listText(shown)
}

const sourceFields = ['sources', 'citations', 'references', 'papers']
const nameFields = ['title', 'id', 'url', 'source', 'document', 'name']
const depthMost = 3

const nameOf = (source: Json | undefined): string | undefined => {
  if (typeof source === 'string') return source
  if (!isObject(source)) return undefined
  const found = nameFields.map((field) => source[field]).find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : undefined
}

/** The first list of sources an output carries, wherever in its upper levels it stands. */
const sourcesIn = (output: Json | undefined, depth = 0): string[] => {
  if (!isObject(output) || depth > depthMost) return []
  const own = listIn(output)
  if (own.length > 0) return own
  for (const member of Object.values(output)) {
    const found = sourcesIn(member, depth + 1)
    if (found.length > 0) return found
  }
  return []
}

const listIn = (output: JsonObject): string[] => {
  for (const field of sourceFields) {
    const list = output[field]
    if (!Array.isArray(list)) continue
    const names = list.flatMap((source) => nameOf(source) ?? [])
    if (names.length > 0) return [...new Set(names)]
  }
  return []
}
