import { likeness } from '../alignment.ts'
import { groundingScore } from '../grounding.ts'
import {
  type Checker,
  excerpt,
  type Finding,
  type Matter,
  type Passage,
  placeOf,
  type ReadSource,
} from '../matter.ts'
import { type Reading, TEXT_CHARS_MAX, type Word } from '../reading.ts'

/** What a clause says stands in one of the claim's citations, and every citation carries something of the claim. */
export const supportChecker: Checker = {
  kinds: ['support'],
  check(matter) {
    if (matter.passages.length === 0) return { looked: {}, found: [] }
    if (matter.claim.text.length > TEXT_CHARS_MAX) return { looked: { support: 1 }, found: [tooLong(matter)] }
    const found = [...unsupportedClauses(matter), ...unsupportedMembers(matter)]
    if (found.length === 0) found.push(...unsupportedWhole(matter))
    if (found.length === 0) found.push(...betterElsewhere(matter))
    found.push(...idleCitations(matter))
    return { looked: { support: matter.clauses.length + matter.claim.citations.length }, found }
  },
}

function tooLong({ claim }: Matter): Finding {
  const message = `is too long to be judged as one claim: ${claim.text.length} characters of at most ${TEXT_CHARS_MAX}; split it.`
  return { kind: 'support', message }
}

const CLAUSE_MIN = 0.2
const CLAUSE_WORDS_MIN = 3

function unsupportedClauses(matter: Matter): Finding[] {
  return matter.readings.flatMap((reading, at): Finding[] => {
    const score = clauseSupport(matter, reading)
    const few = keepsToWords(matter) && score === 0 ? CLAUSE_WORDS_MIN - 1 : CLAUSE_WORDS_MIN
    if (score >= CLAUSE_MIN || contentOf(reading).length < few) return []
    return [
      {
        kind: 'support',
        message: `says "${excerpt(matter.clauses[at]!.text)}", which is not supported by ${placesOf(matter)}, score ${score.toFixed(2)} under ${CLAUSE_MIN}.`,
        clause: at,
      },
    ]
  })
}

/** Below either, or below both of the looser pair, a source speaks of something else. */
const WHOLE = { held: 0.3, grounding: 0.04, heldLoosely: 0.45, groundingLoosely: 0.12 }

function unsupportedWhole(matter: Matter): Finding[] {
  const held = coverage(matter, contentOf(matter.whole), textsOf(matter))
  const one = matter.sources.length === 1 ? grounded(matter, matter.sources[0]!) : 1
  const loosely = held.weighted < WHOLE.heldLoosely && one < WHOLE.groundingLoosely
  if (!loosely && held.weighted >= WHOLE.held && one >= WHOLE.grounding) return []
  return [
    {
      kind: 'support',
      message: `is not supported by ${placesOf(matter)}, score ${Math.min(held.weighted, one).toFixed(2)}.`,
    },
  ]
}

function placesOf({ passages, sources }: Matter): string {
  return passages.length === 1 ? placeOf(passages[0]!) : sources.map(({ cited }) => cited.id).join(', ')
}

/** The score of the cited sentences, or of the source around them: that another sentence says it is found elsewhere. */
function grounded(matter: Matter, source: ReadSource): number {
  const own = matter.passages.filter((passage) => passage.source === source)
  const all = source.prepared
  const whole = groundingScore(matter.text, all, { idf: matter.idf }).score
  if (own.length === all.sentences.length) return whole
  const cited = { ...all, sentences: own.map(({ sentence }) => all.sentences[sentence]!) }
  return Math.max(whole, groundingScore(matter.text, cited, { idf: matter.idf }).score)
}

/** A sum is of sources that each support it. */
const MEMBER_MIN = 0.42

function unsupportedMembers(matter: Matter): Finding[] {
  if (matter.claim.form !== 'sum') return []
  return matter.sources.flatMap((source): Finding[] => {
    const texts = [source.title, ...source.sentences]
    const { weighted } = coverage(matter, contentOf(matter.whole), texts)
    if (weighted >= MEMBER_MIN) return []
    const id = source.cited.id
    return [
      {
        kind: 'count',
        message: `counts ${id}, which does not say so, score ${weighted.toFixed(2)} under ${MEMBER_MIN}.`,
        sourceId: id,
      },
    ]
  })
}

const BETTER = { cited: 0.5, lead: 0.3 }

/** Another sentence of the same source says it, and the one cited hardly does. */
function betterElsewhere(matter: Matter): Finding[] {
  if (matter.sources.length !== 1 || matter.passages.length > 1) return []
  const { source, sentence, reading } = matter.passages[0]!
  const words = contentOf(matter.whole)
  const own = coverage(matter, words, [reading]).weighted
  if (own >= BETTER.cited) return []
  const others = source.sentences.map((each, at) => ({ at, held: coverage(matter, words, [each]).weighted }))
  const best = others.filter(({ at }) => at !== sentence).sort((a, b) => b.held - a.held)[0]
  if (best === undefined || best.held < own + BETTER.lead) return []
  const id = source.cited.id
  return [
    {
      kind: 'support',
      message: `cites sentence ${sentence} of ${id}, which does not say so; sentence ${best.at} does: "${excerpt(source.cited.sentences[best.at]!)}".`,
      sourceId: id,
    },
  ]
}

const IDLE = { behind: 0.25, alone: 0.1, best: 0.6 }

/** A citation that carries no clause, where others carry each, and adds nothing to them. */
function idleCitations(matter: Matter): Finding[] {
  const { claim, sources } = matter
  if (claim.citations.length < 2 || claim.form === 'sum') return []
  return claim.citations.flatMap(({ sourceId, sentence }, at): Finding[] => {
    const source = sources.find(({ cited }) => cited.id === sourceId)
    if (source === undefined) return []
    const rest = matter.passages.filter(
      (passage) => passage.source !== source || (sentence !== undefined && passage.sentence !== sentence),
    )
    if (rest.length === 0) return []
    const own = textsCited(source, sentence)
    const others = [
      ...rest.map(({ reading }) => reading),
      ...sources.filter((each) => rest.some((passage) => passage.source === each)).map(({ title }) => title),
    ]
    const share = (words: readonly Word[], texts: readonly Reading[]) =>
      coverage(matter, words, texts).weighted
    const carried = matter.readings.map(contentOf).filter((words) => words.length >= CLAUSE_WORDS_MIN)
    const leads = carried.some((words) => {
      const held = share(words, own)
      return held >= IDLE.best || held > share(words, others) - IDLE.behind
    })
    const words = contentOf(matter.whole)
    if (leads || share(words, [...own, ...others]) - share(words, others) >= IDLE.alone) return []
    return [
      { kind: 'support', message: `cites ${sourceId}, which carries nothing of it.`, sourceId, citation: at },
    ]
  })
}

function textsCited(source: ReadSource, sentence: number | undefined): Reading[] {
  const one = sentence === undefined ? undefined : source.sentences[sentence]
  return one ? [one, source.title] : [source.title, ...source.sentences]
}

function textsOf({ passages, titles }: Matter): Reading[] {
  return [...passages, ...titles].map(({ reading }: Passage) => reading)
}

/** Content words but for numbers, which have a checker of their own. */
function contentOf({ content }: Reading): Word[] {
  return content.filter(({ norm, bare, counts }) => bare && !counts && !/^\d/.test(norm))
}

/** Part of the claim stands in the source in nearly the same words. */
function keepsToWords({ segments }: Matter): boolean {
  return segments.some(({ alignment }) => alignment.ordered >= NEARLY_SAME)
}

/** What stands elsewhere in the source tells what the cited sentence speaks of; not where the claim keeps to its words. */
const AROUND = 0.6
const NEARLY_SAME = 0.5

/** 0 to 1: how much of a clause its cited texts and their titles hold. */
export function clauseSupport(matter: Matter, reading: Reading): number {
  const words = contentOf(reading)
  const { weighted, plain } = coverage(matter, words, textsOf(matter))
  const held = Math.max(weighted, plain)
  if (held >= AROUND || keepsToWords(matter)) return held
  const around = matter.sources.flatMap(({ sentences }) => sentences)
  return Math.max(held, AROUND * coverage(matter, words, around).plain)
}

/** Share of words that texts hold: by their rarity, and each counting the same. */
function coverage(
  matter: Matter,
  words: readonly Word[],
  texts: readonly Reading[],
): { weighted: number; plain: number } {
  if (words.length === 0) return { weighted: 1, plain: 1 }
  let weighted = 0
  let plain = 0
  let total = 0
  for (const word of words) {
    const weight = Math.max(0.05, matter.idf(word.stem))
    const held = heldIn(word, texts, matter)
    total += weight
    weighted += weight * held
    plain += held
  }
  return { weighted: weighted / total, plain: plain / words.length }
}

function heldIn(word: Word, texts: readonly Reading[], { sources }: Matter): number {
  if (texts.some(({ stems }) => stems.has(word.stem))) return 1
  let best = 0
  for (const { words } of texts) for (const other of words) best = Math.max(best, likeness(word, other))
  return sources.some(({ abbreviations }) => abbreviations.has(word.stem)) ? Math.max(best, 0.9) : best
}
