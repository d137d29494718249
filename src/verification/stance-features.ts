import type { Idf } from '../domain/text/similarity.ts'
import { likeness } from './alignment.ts'
import { directionOf, links, nullifies, valenceOf } from './directions.ts'
import { groundingScore } from './grounding.ts'
import type { Features } from './grounding-model.ts'
import { opposites } from './lexicon.ts'
import type { ReadSource } from './matter.ts'
import { ratiosIn } from './ratios.ts'
import type { Reading, Word } from './reading.ts'
import { isPolar, sidesHeld } from './sides.ts'

/**
 * A word that says which way something goes, that two things belong together, or that nothing was
 * found.
 */
interface Cue {
  at: number
  /** Positive for up and for a link, negative for down and for no link; a negation turns it. */
  sign: number
  kind: 'direction' | 'link' | 'none'
  word: Word
}

/** A reading with the cues of its relations. */
interface Signed {
  words: readonly Word[]
  /** How many content words stand before each word. */
  rank: readonly number[]
  cues: readonly Cue[]
  /** Where a negating word stands. */
  denials: readonly number[]
}

const DENIALS = new Set('no not never neither nor none cannot without nothing t nobody unable'.split(' '))
/**
 * A direction that is denied does not turn fully: "does not increase" may still be "stays the
 * same".
 */
const DENIED = 0.7

/** Bounds the work on one sentence: no claim needs more. */
const CUES_MAX = 40
const MATTER_MAX = 60

const signedReadings = new WeakMap<Reading, Signed>()

function signed(reading: Reading): Signed {
  const known = signedReadings.get(reading)
  if (known !== undefined) return known
  const { words } = reading
  const rank: number[] = []
  let content = 0
  for (const word of words) {
    rank.push(content)
    if (word.content) content += 1
  }
  const cues = words.flatMap((word, at): Cue[] => {
    if (DENIALS.has(word.norm)) return []
    const direction = directionOf(word.stem)
    if (direction !== 0)
      return [{ at, sign: word.negated ? -DENIED * direction : direction, kind: 'direction', word }]
    if (nullifies(word.stem)) return [{ at, sign: word.negated ? 1 : -1, kind: 'none', word }]
    if (links(word.stem)) return [{ at, sign: word.negated ? -1 : 1, kind: 'link', word }]
    return []
  })
  for (const { start, sign } of ratiosIn(reading.text)) {
    const at = words.findIndex((word) => word.start >= start)
    if (at >= 0)
      cues.push({
        at,
        sign: sign === 0 ? -1 : sign,
        kind: sign === 0 ? 'none' : 'direction',
        word: words[at]!,
      })
  }
  const made = {
    words,
    rank,
    cues: cues.slice(0, CUES_MAX),
    denials: [...words.keys()].filter((at) => DENIALS.has(words[at]!.norm)),
  }
  signedReadings.set(reading, made)
  return made
}

const BEHIND = 0.6
const OTHER_PIECE = 0.4

/**
 * -1 to 1: which way cues say that the word at a place goes; nearer cues count more, those after
 * the word less.
 */
function signAt({ words, rank, cues }: Signed, place: number, directed: boolean, reach = 3): number {
  let sum = 0
  for (const { at, sign, kind } of cues) {
    if ((kind === 'direction') !== directed || at === place) continue
    const distance =
      at < place ? rank[place]! - rank[at]! : rank[at]! - rank[place]! + (words[at]!.content ? 1 : 0)
    const pieces = Math.abs(words[at]!.piece - words[place]!.piece)
    sum += sign * Math.exp(-distance / reach) * (at < place ? 1 : BEHIND) * OTHER_PIECE ** pieces
  }
  return Math.tanh(sum)
}

/** -1 to 1: whether what is welcome goes up and what is not goes down, or the other way. */
function valence(reading: Signed): number {
  let sum = 0
  for (const [at, word] of reading.words.entries()) {
    const worth = valenceOf(word.stem) * (word.negated ? -1 : 1)
    if (worth === 0) continue
    if (directionOf(word.stem) !== 0) sum += 0.5 * worth
    else sum += worth * (signAt(reading, at, true, 2) || 0.15)
  }
  return Math.tanh(sum)
}

/** A content word of the claim and the place of its match in a sentence of the source. */
interface Shared {
  claim: number
  source: number
  weight: number
}

/** How the relations of one sentence of the source stand to those of the claim. */
interface Bearing {
  /** Share of the claim's matter that the sentence holds, squared: how much the sentence counts. */
  counts: number
  direction: number
  link: number
  valence: number
  against: number
  parity: number
  pairs: number
  odds: number
  /** The claim denies something and the sentence nothing. */
  denied: 0 | 1
}

interface Claim {
  signed: Signed
  /** Content words that are not cues, with their weight and their direction. */
  matter: { at: number; word: Word; weight: number; direction: number; link: number }[]
  /** The weight of all content words. */
  total: number
  valence: number
  denials: number
}

/**
 * What shows whether sentences that speak of a claim's matter say the same of it: the direction and
 * the links of each shared word, whether what is welcome goes up, cues in the same surroundings,
 * and words of which the source holds only the opposite.
 */
export function stanceFeatures(
  reading: Reading,
  evidence: readonly Reading[],
  source: ReadSource,
  idf: Idf,
): Features {
  const claim = claimOf(reading, idf)
  const bearings = evidence.map((sentence) => bearing(claim, signed(sentence)))
  return {
    ...spread('direction', bearings, ({ direction }) => direction),
    ...spread('link', bearings, ({ link }) => link),
    ...spread('valence', bearings, (each) => each.valence),
    ...spread('against', bearings, ({ against }) => against),
    ...spread('parity', bearings, ({ parity }) => parity),
    ...spread('pairs', bearings, ({ pairs }) => pairs),
    ...spread('odds', bearings, ({ odds }) => odds),
    'denied here': bearings.reduce((sum, each) => sum + each.denied * each.counts, 0),
    ...polarity(claim.signed, source),
    ...matches(claim.signed, evidence.map(signed), idf),
  }
}

/**
 * The likeliest evidence among the sentences cited, the title at its end, and how well it speaks of
 * the claim's matter.
 */
export function evidenceFor(
  claim: string,
  { prepared, sentences, title }: ReadSource,
  cited: readonly Reading[],
  idf: Idf,
): { evidence: Reading[]; score: number } {
  const own = cited.length === sentences.length ? sentences : cited
  const source =
    own === sentences
      ? prepared
      : { ...prepared, sentences: own.map((each) => prepared.sentences[sentences.indexOf(each)]!) }
  const { topSentences, score } = groundingScore(claim, source, { idf })
  return { evidence: [...topSentences.map((at) => own[at]!), title], score }
}

function weightOf(idf: Idf, stem: string): number {
  return Math.max(0.05, idf(stem))
}

function isCue({ stem }: Word): boolean {
  return directionOf(stem) !== 0 || links(stem)
}

function claimOf(reading: Reading, idf: Idf): Claim {
  const own = signed(reading)
  const content = [...own.words.keys()].filter((at) => own.words[at]!.content).slice(0, MATTER_MAX)
  return {
    signed: own,
    matter: content.flatMap((at) => {
      const word = own.words[at]!
      if (isCue(word)) return []
      const [direction, link] = [signAt(own, at, true), signAt(own, at, false)]
      return [{ at, word, weight: weightOf(idf, word.stem), direction, link }]
    }),
    total: content.reduce((sum, at) => sum + weightOf(idf, own.words[at]!.stem), 0) || 1,
    valence: valence(own),
    denials: denialsOf(own),
  }
}

function denialsOf({ denials, cues }: Signed): number {
  return denials.length + cues.filter(({ kind }) => kind === 'none').length
}

function bearing(claim: Claim, source: Signed): Bearing {
  const shared: Shared[] = []
  let held = 0
  let direction = 0
  let link = 0
  for (const own of claim.matter) {
    const like = source.words.map((other) => (other.content ? likeness(own.word, other) : 0))
    const best = Math.max(0, ...like)
    if (best === 0) continue
    const places = [...like.keys()].filter((at) => like[at] === best)
    const weight = own.weight * best
    const mean = (directed: boolean) =>
      places.reduce((sum, at) => sum + signAt(source, at, directed), 0) / places.length
    held += weight
    direction += weight * own.direction * mean(true)
    link += weight * own.link * mean(false)
    shared.push({ claim: own.at, source: places[0]!, weight })
  }
  const denials = denialsOf(source)
  return {
    counts: (held / claim.total) ** 2,
    direction: direction / claim.total,
    link: link / claim.total,
    valence: claim.valence * valence(source),
    against: nearOpposites(claim.signed, source, shared),
    parity: (claim.denials % 2 === 1) !== (denials % 2 === 1) ? 1 : 0,
    pairs: pairs(claim.signed, source, shared),
    odds: odds(claim.signed, source, shared),
    denied: claim.denials > 0 && denials === 0 ? 1 : 0,
  }
}

const NEAR = 4

/** How much cues of opposite signs stand near the words that both texts share. */
function nearOpposites(claim: Signed, source: Signed, shared: readonly Shared[]): number {
  let opposing = 0
  for (const own of claim.cues) {
    if (own.kind === 'link') continue
    for (const other of source.cues) {
      if (other.kind === 'link' || own.sign * other.sign > 0) continue
      const near = shared.reduce(
        (sum, { claim: here, source: there, weight }) =>
          sum + weight * Math.exp(-(Math.abs(here - own.at) + Math.abs(there - other.at)) / NEAR),
        0,
      )
      opposing += near * (opposites(own.word.stem, other.word.stem) ? 2 : 1)
    }
  }
  return Math.tanh(opposing)
}

/** The sign that stands close to a word, a negation included. */
function closeSign(reading: Signed, at: number): number {
  return (signAt(reading, at, true, 1.5) < -0.25 ? -1 : 1) * (reading.words[at]!.negated ? -1 : 1)
}

const PAIR_REACH = 15

/** Whether two things go the same way in both texts: "loss of A raises B" is "A lowers B". */
function pairs(claim: Signed, source: Signed, shared: readonly Shared[]): number {
  const signs = shared.map((each) => closeSign(claim, each.claim) * closeSign(source, each.source))
  let sum = 0
  let total = 0
  for (const [at, one] of shared.entries()) {
    for (let next = at + 1; next < shared.length; next += 1) {
      const two = shared[next]!
      if (one.source === two.source) continue
      const weight = one.weight * two.weight * Math.exp(-Math.abs(one.source - two.source) / PAIR_REACH)
      sum += weight * signs[at]! * signs[next]!
      total += weight
    }
  }
  return sum / (total + 1)
}

const MARGIN = 3

/**
 * 1 when both texts turn an even or both an odd number of times where they share words, else -1.
 */
function odds(claim: Signed, source: Signed, shared: readonly Shared[]): number {
  const places = shared.map(({ source: at }) => at).sort((a, b) => a - b)
  const from = places[Math.floor(0.1 * places.length)] ?? 0
  const to = places[Math.ceil(0.9 * places.length) - 1] ?? 0
  const turns = ({ cues, denials }: Signed, low: number, high: number) =>
    cues.filter(({ at, kind, sign }) => kind !== 'link' && sign < 0 && at >= low && at <= high).length +
    denials.filter((at) => at >= low && at <= high).length
  return turns(claim, 0, Number.POSITIVE_INFINITY) % 2 === turns(source, from - MARGIN, to + MARGIN) % 2
    ? 1
    : -1
}

/** The mean over the sentences by how much they count, the least and the most. */
function spread(name: string, bearings: readonly Bearing[], value: (each: Bearing) => number): Features {
  const values = bearings.map(value)
  const total = bearings.reduce((sum, { counts }) => sum + counts, 0) || 1
  const least = Math.min(0, ...values)
  return {
    [name]: bearings.reduce((sum, { counts }, at) => sum + counts * values[at]!, 0) / total,
    ...(least < 0 && { [`${name} least`]: least }),
    [`${name} most`]: Math.max(0, ...values),
  }
}

/**
 * Of the claim's words that have an opposite: whether the source holds the word, only its opposite,
 * or neither.
 */
function polarity({ words }: Signed, source: ReadSource): Features {
  const counts = { held: 0, opposite: 0, missing: 0, unwelcome: 0 }
  let total = 0
  for (const word of words) {
    const worth = valenceOf(word.stem)
    if (!isPolar(word)) continue
    total += 1
    const { own, other } = sidesHeld(word, source)
    if (own) counts.held += 1
    else if (other) counts.opposite += 1
    else counts.missing += 1
    if (!own && worth < 0) counts.unwelcome += 1
  }
  return {
    'side held': total === 0 ? 0.5 : counts.held / total,
    'side opposite': counts.opposite / Math.max(1, total),
    'side missing': counts.missing / Math.max(1, total),
    'opposites held': Math.min(2, counts.opposite),
    'unwelcome missing': Math.min(2, counts.unwelcome),
  }
}

const AROUND = 5

/** The content words around a cue, nearer ones and those after it counting more. */
function surroundings({ words }: Signed, at: number): Map<string, number> {
  const found = new Map<string, number>()
  for (const step of [1, -1]) {
    let reached = 0
    for (let next = at + step; next >= 0 && next < words.length && reached < AROUND; next += step) {
      const word = words[next]!
      if (!word.content) continue
      if (!isCue(word)) {
        const weight =
          (step > 0 ? 1 : 0.7) * (word.piece === words[at]!.piece ? 1 : 0.5) * Math.exp(-reached / 3)
        found.set(word.stem, Math.max(found.get(word.stem) ?? 0, weight))
      }
      reached += 1
    }
  }
  return found
}

/**
 * Each cue of the claim against the cues of the source in the most similar surroundings: the best
 * that agrees less the best that does not.
 */
function matches(claim: Signed, source: readonly Signed[], idf: Idf): Features {
  const there = source.flatMap((each) =>
    each.cues.map((cue) => ({ cue, around: surroundings(each, cue.at) })),
  )
  const outcomes: number[] = []
  let sum = 0
  let exact = 0
  let total = 0
  for (const own of claim.cues) {
    const around = surroundings(claim, own.at)
    let weight = 0
    for (const [stem, value] of around) weight += value * weightOf(idf, stem)
    let [agree, against, same] = [0, 0, 0]
    for (const { cue, around: other } of there) {
      let similar = 0
      for (const [stem, value] of around)
        similar += Math.sqrt(value * (other.get(stem) ?? 0)) * weightOf(idf, stem)
      similar /= weight || 1
      if (cue.sign * own.sign <= 0) against = Math.max(against, similar)
      else {
        agree = Math.max(agree, similar)
        if (cue.word.stem === own.word.stem) same = Math.max(same, similar)
      }
    }
    const share = own.kind === 'link' ? 0.5 : 1
    sum += share * (agree - against)
    exact += share * same
    total += share
    outcomes.push(agree - against)
  }
  return {
    match: total === 0 ? 0 : sum / total,
    'match exact': total === 0 ? 0 : exact / total,
    'match least': Math.min(0, ...outcomes),
    'match most': Math.max(0, ...outcomes),
  }
}
