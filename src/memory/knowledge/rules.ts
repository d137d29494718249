import { ConcordError } from '../../domain/errors.ts'
import { isRecord } from '../../domain/record.ts'
import { type KnowledgeFilter, knowledgeLimits, type Removal } from '../../ports/knowledge-store.ts'
import type { NewDocument } from './new-document.ts'
import type { SearchOptions } from './search.ts'

/*
 * What is taken from callers, in the process and over HTTP alike. A name that is not known is refused: a filter or an expiry that is misspelt must not count
 * for nothing.
 */

const { textCharsMax, idCharsMax, subjectCharsMax, labelCharsMax, listMax, neighboursMax } = knowledgeLimits

type Refuse = (rule: string, now: string, way: string) => never

const refusing =
  (action: string): Refuse =>
  (rule, now, way) => {
    throw new ConcordError('input.invalid', `Cannot ${action} as ${rule}: ${now}; ${way}`)
  }

const shown = (value: unknown): string => {
  if (typeof value === 'string')
    return value.length > 100 ? `${value.length} characters` : JSON.stringify(value)
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a ${typeof value}`
}

const checkNames = (refuse: Refuse, what: string, given: object, known: readonly string[]): void => {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined)
    refuse(
      `${what} has ${known.join(', ')} and nothing else`,
      `"${unknown.slice(0, 100)}" is given`,
      'correct it',
    )
}

const checkText = (refuse: Refuse, name: string, value: unknown, most: number): void => {
  if (value === undefined) return
  if (typeof value !== 'string' || value === '' || value.length > most)
    refuse(`${name} has 1 to ${most} characters`, shown(value), 'correct it or leave it out')
}

const checkNumber = (
  refuse: Refuse,
  name: string,
  value: unknown,
  { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, whole = false, above = false } = {},
): void => {
  if (value === undefined) return
  const fits = typeof value === 'number' && Number.isFinite(value) && (!whole || Number.isInteger(value))
  if (fits && (above ? value > least : value >= least) && value <= most) return
  const range = [
    ...(least > Number.NEGATIVE_INFINITY ? [`${above ? 'above' : 'from'} ${least}`] : []),
    ...(most < Number.POSITIVE_INFINITY ? [`up to ${most}`] : []),
  ]
  refuse([`${name} is a ${whole ? 'whole ' : ''}number`, ...range].join(' '), shown(value), 'correct it')
}

const checkList = (refuse: Refuse, name: string, value: unknown, fits: (item: unknown) => boolean): void => {
  if (value === undefined) return
  if (!Array.isArray(value)) return refuse(`${name} is a list`, shown(value), 'put it into a list')
  if (value.length > listMax)
    refuse(`${name} is a list of at most ${listMax}`, `${value.length} are given`, 'ask in parts')
  const odd = value.find((item) => !fits(item))
  if (odd !== undefined || value.includes(undefined))
    refuse(`${name} cannot hold everything`, `${shown(odd)} is in it`, 'correct it')
}

const isId = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isScalar = (value: unknown): boolean =>
  value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
const isOrdered = (value: unknown): boolean => typeof value === 'string' || Number.isFinite(value)

/** Throws `input.invalid` where values are not a vector. */
export const checkVector = (values: Float32Array, action: string): void => {
  const refuse = refusing(action)
  if (!(values instanceof Float32Array) || values.length === 0)
    refuse('a vector is a Float32Array of one number or more', shown(values), 'make one of the numbers')
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at >= 0) refuse('a vector has finite numbers', `number ${at} of it is ${values[at]}`, 'embed it again')
}

const documentNames = [
  ...['id', 'title', 'text', 'metadata', 'subject', 'source', 'ttlMs', 'modality', 'chunking'],
  ...['image', 'vectors'],
]
const modalities = ['text', 'image', 'audio']

/** Of a new document, or of a change: what is given. Throws `input.invalid`. */
export const checkGiven = (given: Partial<NewDocument>, action: string): void => {
  const refuse = refusing(action)
  checkNames(refuse, 'a document', given, documentNames)
  const { id, title, text, metadata, subject, source, ttlMs, modality, chunking, vectors = [] } = given
  checkText(refuse, 'an id', id, idCharsMax)
  checkText(refuse, 'a subject', subject, subjectCharsMax)
  for (const [name, value] of Object.entries({ title, source }))
    if (value !== undefined && (typeof value !== 'string' || value.length > labelCharsMax))
      refuse(`a ${name} has at most ${labelCharsMax} characters`, shown(value), 'shorten it')
  if (text !== undefined && typeof text !== 'string')
    refuse('its text is a string', shown(text), 'give a string')
  if (metadata !== undefined && !isRecord(metadata))
    refuse('metadata is an object', shown(metadata), 'name its members')
  checkNumber(refuse, 'ttlMs', ttlMs, { least: 0, above: true, most: Number.MAX_SAFE_INTEGER / 2 })
  if (modality !== undefined && !modalities.includes(modality))
    refuse(`a modality is one of ${modalities.join(', ')}`, shown(modality), 'choose one')
  if (chunking !== undefined && chunking !== 'lines') {
    if (!isRecord(chunking))
      return refuse('chunking is "lines" or { charsMax }', shown(chunking), 'correct it')
    checkNames(refuse, 'chunking', chunking, ['charsMax'])
    checkNumber(refuse, 'charsMax', chunking.charsMax, { least: 2, whole: true })
  }
  for (const { values } of vectors) checkVector(values, action)
}

/** Throws `input.invalid` where a text is not one that can be stored. */
export const checkContent = (id: string, text: string, modality: string): void => {
  const refuse = refusing('add a document')
  checkText(refuse, 'an id', id, idCharsMax)
  if (typeof text !== 'string') refuse('its text is a string', shown(text), 'give a string')
  if (modality === 'text' && text.trim() === '')
    refuse(
      'a text says something',
      'it is blank',
      'give its text, or forget its id if it has nothing left to say',
    )
  if (text.length > textCharsMax)
    refuse(
      `a text has at most ${textCharsMax} characters`,
      String(text.length),
      'add it in parts, such as chapters',
    )
}

const filterNames = ['metadata', 'subject', 'source', 'modality', 'ids', 'from', 'to']
const memberName = /^[\w.-]{1,64}$/

const checkMember = (refuse: Refuse, name: string, condition: unknown): void => {
  if (!memberName.test(name))
    refuse(
      'names of members are of letters, digits, "_", "-" and ".", at most 64',
      shown(name),
      'rename the member',
    )
  if (isScalar(condition)) return
  if (!isRecord(condition))
    return refuse(`"${name}" is a value or { in, gte, lte }`, shown(condition), 'correct it')
  checkNames(refuse, `"${name}"`, condition, ['in', 'gte', 'lte'])
  checkList(refuse, `"in" of "${name}"`, condition.in, isScalar)
  for (const bound of [condition.gte, condition.lte])
    if (bound !== undefined && !isOrdered(bound))
      refuse(`bounds of "${name}" are numbers or strings`, shown(bound), 'correct it')
}

const checkFilter = (refuse: Refuse, filter: KnowledgeFilter): void => {
  if (!isRecord(filter)) return refuse('a filter is an object', shown(filter), 'name its conditions')
  checkNames(refuse, 'a filter', filter, filterNames)
  const { metadata, subject, source, modality, ids, from, to } = filter
  for (const [name, value] of Object.entries({ subject, source }))
    if (value !== undefined && typeof value !== 'string')
      refuse(`${name} is a string`, shown(value), 'correct it')
  if (modality !== undefined && !modalities.includes(modality))
    refuse(`a modality is one of ${modalities.join(', ')}`, shown(modality), 'choose one')
  checkList(refuse, 'ids', ids, isId)
  checkNumber(refuse, '"from"', from)
  checkNumber(refuse, '"to"', to)
  if (metadata === undefined) return
  if (!isRecord(metadata))
    return refuse('metadata of a filter is an object', shown(metadata), 'name its members')
  for (const [name, condition] of Object.entries(metadata)) checkMember(refuse, name, condition)
}

const searchNames = [
  ...['limit', 'filter', 'neighbours', 'recency', 'diversity', 'distinct', 'precise', 'weights'],
]

/** Throws `input.invalid`. */
export const checkSearch = (options: SearchOptions): void => {
  const refuse = refusing('search knowledge')
  checkNames(refuse, 'a search', options, searchNames)
  const { limit, filter, neighbours, recency, diversity, distinct, weights = {} } = options
  checkNumber(refuse, 'limit', limit, { least: 0, whole: true })
  checkNumber(refuse, 'neighbours', neighbours, { least: 0, most: neighboursMax, whole: true })
  checkNumber(refuse, 'diversity', diversity, { least: 0, most: 1 })
  if (distinct !== undefined && distinct !== 'chunk' && distinct !== 'document')
    refuse('distinct is one of chunk, document', shown(distinct), 'choose one')
  if (recency !== undefined) {
    checkNames(refuse, 'recency', recency, ['halfLifeMs', 'weight'])
    checkNumber(refuse, 'halfLifeMs', recency.halfLifeMs ?? null, { least: 0, above: true })
    checkNumber(refuse, 'weight', recency.weight, { least: 0 })
  }
  for (const [name, value] of Object.entries(weights)) checkNumber(refuse, name, value, { least: 0 })
  if (filter !== undefined) checkFilter(refuse, filter)
}

/** Throws `input.invalid`. */
export const checkRemoval = (removal: Removal): void => {
  const refuse = refusing('forget')
  if (!isRecord(removal))
    return refuse('ids or a subject are named', shown(removal), 'give an id, { ids } or { subject }')
  checkNames(refuse, 'what is forgotten', removal, ['ids', 'subject'])
  // A subject that is undefined by mistake must not pass for one that was forgotten.
  if (removal.ids === undefined && removal.subject === undefined)
    refuse('ids or a subject are named', 'neither is', 'give an id, { ids } or { subject }')
  if (removal.ids !== undefined && !Array.isArray(removal.ids))
    refuse('ids are a list', shown(removal.ids), 'put it into a list')
  if (removal.subject !== undefined && typeof removal.subject !== 'string')
    refuse('a subject is a string', shown(removal.subject), 'correct it')
}
