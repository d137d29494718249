import { likeness } from '../alignment.ts'
import { groundingScore } from '../grounding.ts'
import type { Checker, Finding, Matter, Passage } from '../matter.ts'
import { excerpt } from '../matter.ts'
import type { Reading, Word } from '../reading.ts'

/** What a clause says stands in one of the claim's citations; a citation carries at least one clause. */
export const supportChecker: Checker = {
  kinds: ['support'],
  check(matter) {
    if (matter.sources.length === 0 || matter.passages.length === 0) return { looked: {}, found: [] }
    const found: Finding[] = []
    const scores = matter.readings.map((reading) => clauseSupport(matter, reading))
    for (const [at, score] of scores.entries())
      if (score < CLAUSE_MIN)
        found.push({
          kind: 'support',
          message: `says "${excerpt(matter.clauses[at]!.text)}", which is not supported by what it cites, score ${score.toFixed(2)} under ${CLAUSE_MIN}.`,
          clause: at,
        })
    const whole = wholeSupport(matter)
    if (found.length === 0 && whole < WHOLE_MIN)
      found.push({
        kind: 'support',
        message: `is not supported by what it cites, score ${whole.toFixed(2)} under ${WHOLE_MIN}.`,
      })
    return { looked: { support: scores.length }, found }
  },
}

const CLAUSE_MIN = 0.2
const WHOLE_MIN = 0.35

/** Share of a clause's content, by rarity, that its cited texts and their titles hold. */
export function clauseSupport(matter: Matter, reading: Reading): number {
  const words = reading.content.filter(({ norm }) => !/^\d/.test(norm))
  if (words.length === 0) return 1
  let held = 0
  let total = 0
  for (const word of words) {
    const weight = Math.max(0.05, matter.idf(word.stem))
    total += weight
    held += weight * bestLikeness(word, matter)
  }
  return held / total
}

function bestLikeness(word: Word, { passages, titles, sources }: Matter): number {
  let best = 0
  for (const { reading } of [...passages, ...titles]) {
    for (const other of reading.words) {
      best = Math.max(best, likeness(word, other))
      if (best === 1) return 1
    }
  }
  const spelled = sources.some(({ abbreviations }) => abbreviations.has(word.stem))
  return spelled ? Math.max(best, 0.9) : best
}

/** The best score of any one source for the whole claim, or for its best clause. */
export function wholeSupport(matter: Matter): number {
  return Math.max(0, ...matter.sources.map((source) => scoreOf(matter, source.cited.id, matter.passages)))
}

function scoreOf(matter: Matter, sourceId: string, passages: readonly Passage[]): number {
  const own = passages.filter(({ source }) => source.cited.id === sourceId)
  const source = own[0]?.source
  if (source === undefined) return 0
  const all = source.prepared
  const cited =
    own.length === all.sentences.length
      ? all
      : { ...all, sentences: own.map(({ sentence }) => all.sentences[sentence]!) }
  return groundingScore(matter.text, cited, { idf: matter.idf }).score
}
