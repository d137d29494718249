import { attributionOf } from '../attribution.ts'
import { plainText } from '../plain-text.ts'
import type { Measure, Reading, Statement, Table, TableRow } from '../shapes.ts'
import type { Allowed } from './claims.ts'

const ROWS_MAX = 12
const ROWS_PER_PAPER = 2
const OFFER_CHARS_MAX = 160

type Ranked = { reading: Reading; fit: number }

const rankedBy = (readings: readonly Reading[], fit: (reading: Reading) => number): Ranked[] =>
  readings
    .map((reading) => ({ reading, fit: fit(reading) }))
    .sort((a, b) => b.fit - a.fit || (a.reading.id < b.reading.id ? -1 : 1))

/** Figures by method: each row is one figure of one paper, in the words of its sentence. */
export const figuresTable = (readings: readonly Reading[], allowed: Allowed): Table | undefined => {
  const fits = (reading: Reading): number =>
    Math.max(0, ...reading.measures.map(({ sentence }) => fitIn(reading, sentence)))
  const rows = rankedBy(readings, fits).flatMap(({ reading }) =>
    [...reading.measures]
      .sort((a, b) => fitIn(reading, b.sentence) - fitIn(reading, a.sentence))
      .slice(0, ROWS_PER_PAPER)
      .map((measure, at) => figureRow(reading, measure, at))
      .filter(({ id }) => allowed(id)),
  )
  if (rows.length < 2) return undefined
  return {
    title: 'Reported figures',
    columns: ['Method', 'Setting', 'Measure', 'Value'],
    rows: rows.slice(0, ROWS_MAX),
  }
}

const fitIn = ({ statements }: Reading, sentence: string): number =>
  statements.find((statement) => statement.sentence === sentence)?.fit ?? 0

const SUBJECT =
  /(?:^|[,:;] |that |, )((?:\p{Lu}|\d+\p{Lu})[\w+*-]*[\p{Lu}\d][\w.+*-]*)(?: (?:can|also|further|even|consistently|significantly|substantially|effectively))? (?:reduc|achiev|improv|outperform|surpass|retain|preserv|maintain|prun|attain|reach|deliver|yield|gain|boost|accelerat|cut|sav)\w*/u

/** The system a figure is of: the paper's, the subject of its sentence, or whoever reports it. */
const subjectOf = (reading: Reading, sentence: string): string =>
  reading.name ?? SUBJECT.exec(plainText(sentence))?.[1] ?? attributionOf(reading).subject

const figureRow = (reading: Reading, { value, what, setting, sentence }: Measure, at: number): TableRow => ({
  id: `${reading.id}#m${at}`,
  cells: [subjectOf(reading, sentence), setting ?? '', what, value],
  citation: { paper: reading.id, quote: sentence },
})

const BENCHMARK = /\bbench(?:mark)?s?\b|bench\b|\bevaluat\w+|\bdataset|test suite|\bprotocol/i
const SIZE =
  /(?:(?:over|more than|about|around|approximately|roughly|~)\s*)?\d[\d,.]*[kKM]?\+?\s+(?:[\w-]+ ){0,4}?(?:questions?|QA pairs?|question-answer pairs?|samples?|tasks?|videos?|images?|items?|instances?|examples?|cases?|pairs?|problems?|prompts?|annotations?|scenarios?|clips?|dialogues?|charts?|hours|models|MLLMs|VLMs|LVLMs)\b/u
const MEASURES =
  /\b(?:(?:designed|built|created|intended|aimed|tailored|curated|developed|dedicated|constructed)(?: specifically)? (?:to|for)|for|to|that|which|aimed at) ((?:systematically |comprehensively |rigorously |specifically |holistically |quantitatively )?(?:evaluat|assess|measur|test|prob|diagnos|benchmark|quantif|examin|detect|challeng)\w*\b[^.;:]{8,150}?)(?=[.;:]|, (?:with|which|where|comprising|including|covering|spanning|consisting|featuring|containing|and|across|consists?)\b|$)/i
const MEASURES_BARE =
  /\b(?:benchmark|dataset|evaluation suite|suite|framework)s? (?:for|of|on|targeting) ([^.;:,]{8,120}?)(?=[.;:,]| (?:that|which|with|comprising|consisting)\b|$)/i

/** Benchmarks with what each measures and how large it is. */
export const benchmarksTable = (
  readings: readonly Reading[],
  allowed: Allowed,
  rowsMax = ROWS_MAX,
): Table | undefined => {
  const rows = rankedBy(readings, fitOfOffer).flatMap(({ reading }) => {
    const statement = offerOf(reading)
    if (reading.name === undefined || statement === undefined || !allowed(`${reading.id}#b`)) return []
    if (!BENCHMARK.test(`${reading.title} ${statement.sentence}`)) return []
    const text = plainText(statement.sentence)
    const what = (MEASURES.exec(text) ?? MEASURES_BARE.exec(text))?.[1]?.trim()
    if (what === undefined) return []
    const sized = SIZE.exec(text)?.[0] ?? ''
    const row: TableRow = {
      id: `${reading.id}#b`,
      cells: [reading.name, what, sized],
      citation: { paper: reading.id, quote: statement.sentence },
    }
    return [row]
  })
  if (rows.length < 2) return undefined
  return {
    title: 'Benchmarks',
    columns: ['Benchmark', 'What it is for', 'Size'],
    rows: rows.slice(0, rowsMax),
  }
}

/** What each paper offers, by name. */
export const namesTable = (
  readings: readonly Reading[],
  allowed: Allowed,
  thing: RegExp,
  rowsMax = ROWS_MAX,
): Table | undefined => {
  const rows = rankedBy(readings, fitOfOffer).flatMap(({ reading }) => {
    const statement = offerOf(reading)
    if (reading.name === undefined || statement === undefined || !allowed(`${reading.id}#n`)) return []
    const what = whatItIs(reading.name, plainText(statement.sentence))
    if (what === undefined || !thing.test(what)) return []
    const row: TableRow = {
      id: `${reading.id}#n`,
      cells: [reading.name, what],
      citation: { paper: reading.id, quote: statement.sentence },
    }
    return [row]
  })
  if (rows.length < 2) return undefined
  return { title: 'Named in the papers read', columns: ['Name', 'What it is'], rows: rows.slice(0, rowsMax) }
}

/**
 * What each paper offers, in the beginning of its own sentence: for a table that was asked for
 * where neither figures nor names make one.
 */
export const offersTable = (readings: readonly Reading[], allowed: Allowed): Table | undefined => {
  const rows = rankedBy(readings, fitOfOffer).flatMap(({ reading }) => {
    const statement = offerOf(reading)
    if (statement === undefined || !allowed(`${reading.id}#o`)) return []
    const row: TableRow = {
      id: `${reading.id}#o`,
      cells: [reading.name ?? attributionOf(reading).subject, beginningOf(plainText(statement.sentence))],
      citation: { paper: reading.id, quote: statement.sentence },
    }
    return [row]
  })
  if (rows.length < 2) return undefined
  return { title: 'What the papers offer', columns: ['Work', 'In its words'], rows: rows.slice(0, ROWS_MAX) }
}

const beginningOf = (sentence: string): string => {
  const plain = sentence.replace(/[.;:]+$/, '')
  if (plain.length <= OFFER_CHARS_MAX) return plain
  const clause = /^.{60,160}?(?=, (?:which|where|that|with|and|to)\b|[;:])/.exec(plain)?.[0]
  return clause ?? plain.slice(0, plain.lastIndexOf(' ', OFFER_CHARS_MAX))
}

/** `X, a training-free framework that ...`: the part behind the name; else what is introduced before it. */
const whatItIs = (name: string, text: string): string | undefined => {
  const at = text.indexOf(name)
  if (at < 0) return undefined
  const after =
    /^(?: ?\([^)]*\))?,? (?:is )?((?:an?|the|our) [^.;]{12,}?)(?=[.;]|, (?:which|where|thereby|achieving|enabling)\b|$)/.exec(
      text.slice(at + name.length),
    )?.[1]
  const before = /\b((?:an?|the) [^.;,]{12,}?),? (?:called|named|termed|dubbed|namely|coined) $/i.exec(
    text.slice(0, at),
  )?.[1]
  const found = after ?? before
  return found === undefined || found.length > OFFER_CHARS_MAX ? undefined : found.trim()
}

const offerOf = ({ statements }: Reading): Statement | undefined =>
  statements.find(({ kind }) => kind === 'contribution')

const fitOfOffer = (reading: Reading): number => offerOf(reading)?.fit ?? 0
