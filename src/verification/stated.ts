import { stem } from '../domain/text/tokens.ts'
import type { ClaimForm } from './claims.ts'
import { namesIn } from './names.ts'
import { allQuantities } from './quantities.ts'

/** Says that something holds of everything. */
const UNIVERSAL =
  /\b(?:all|every|each|always|never|nobody|everything|everyone|nothing|none|entirely|completely|fully|cannot|impossible)\b/i
const AUXILIARY =
  /\b(?:is|are|was|were|has|have|had|can|cannot|will|does|do|did|must|isn't|aren't|can't|don't|doesn't)\b/i
/** Verbs of findings that are seldom nouns; in the third person, the plural and the past. */
const VERBS = `solve fail outperform surpass exceed beat hallucinate reduce increase improve eliminate prevent achieve require prove remove cure reach become
  make know understand learn lack need help hurt ignore forget win lose replace cause lead remain exist depend allow enable match work degrade break
  save kill fix win want think see believe generalize perform struggle suffer produce avoid detect overcome confuse believe memorize reveal show demonstrate dominate guarantee`
const VERB_STEMS = new Set(VERBS.split(/\s+/).map(stem))
/** Opens a part of a question that is taken for granted. */
const GRANTED =
  /(?:^|[,;]\s*|\s)(?:given that|given|since|because|as|now that|although|though|while|whereas|considering that|considering|despite the fact that|the fact that|seeing that|knowing that|assuming that|after|once|if|when|unless|even though)\s+([^,;?]{6,400})(?=[,;?]|$)/giu
const SUPPOSED = /^(?:if|when|unless|assuming)/i
const ASKED =
  /^\W*(?:what|which|who|whom|whose|where|when|how|why|whether|can|could|do|does|did|is|are|was|were|will|would|should|may|might|has|have)\b/i
const FACTIVE = /^\W*(?:why|how come|how is it that|what (?:explains|makes|causes))\b/i

/** A question that opens with what it takes for granted, commas and all, up to what it asks. */
const OPENS_GRANTED =
  /^\W*(?:given that|since|because|as|now that|although|though|whereas|considering that|seeing that|knowing that)\s+(.+),\s*(?:so\s)?(?:what|which|who|where|when|how|why|is|are|do|does|did|can|could|should|will|would)\b[^?]*\?\W*$/is

export interface Piece {
  start: number
  end: number
}

/**
 * The parts of a title or question that state something: a title with a verb, a figure or "all"; what a question takes for granted
 * ("given that ...", "why ..."), and sentences before it. A heading of nouns and a plain question state nothing.
 */
export function statedIn(text: string, form: ClaimForm): Piece[] {
  if (form !== 'title' && form !== 'question') return [{ start: 0, end: text.length }]
  const pieces: Piece[] = []
  let start = 0
  for (const sentence of text.split(/(?<=[.?!])\s+/)) {
    const at = text.indexOf(sentence, start)
    start = at + sentence.length
    pieces.push(
      ...(asks(sentence, form)
        ? takenForGranted(sentence, at)
        : states(sentence)
          ? [{ start: at, end: start }]
          : []),
    )
  }
  return pieces
}

function asks(sentence: string, form: ClaimForm): boolean {
  return /\?\W*$/.test(sentence) || (form === 'title' && ASKED.test(sentence))
}

function takenForGranted(sentence: string, at: number): Piece[] {
  const pieces: Piece[] = []
  if (FACTIVE.test(sentence) && (definite(sentence) || UNIVERSAL.test(sentence)))
    return [{ start: at, end: at + sentence.length }]
  const opened = OPENS_GRANTED.exec(sentence)?.[1]
  if (opened !== undefined && states(opened)) {
    const from = at + sentence.indexOf(opened)
    return [{ start: from, end: from + opened.length }]
  }
  for (const match of sentence.matchAll(GRANTED)) {
    if (SUPPOSED.test(match[0].replace(/^[\s,;]+/, '')) || !states(match[1]!)) continue
    const from = at + match.index + match[0].length - match[1]!.length
    pieces.push({ start: from, end: from + match[1]!.length })
  }
  if (pieces.length > 0) return pieces
  // A main clause that is no question stands before the question's own words, or after them behind a comma.
  for (const [index, part] of sentence.split(/[,;:]\s+/).entries()) {
    if (ASKED.test(part) || /\?\W*$/.test(part) || !states(part) || (index > 0 && !AUXILIARY.test(part)))
      continue
    const from = at + sentence.indexOf(part)
    pieces.push({ start: from, end: from + part.length })
  }
  if (pieces.length === 0 && figures(sentence)) pieces.push({ start: at, end: at + sentence.length })
  return pieces
}

/** Names somebody who does something, or a figure. */
function definite(text: string): boolean {
  return figures(text) || (namesIn(text).some(({ strong }) => strong) && hasVerb(text))
}

function figures(text: string): boolean {
  return allQuantities(text).some(({ text: raw }) => /\d/.test(raw))
}

function states(text: string): boolean {
  return (
    figures(text) || AUXILIARY.test(text) || hasVerb(text) || (UNIVERSAL.test(text) && /\s/.test(text.trim()))
  )
}

/** Irregular pasts; they are seldom nouns. */
const PAST = new Set(
  'lost won beat led fell rose grew made broke became found saw got went came left kept held knew'.split(' '),
)

function hasVerb(text: string): boolean {
  const words = text.toLowerCase().match(/[a-z]+(?:'[a-z]+)?/g) ?? []
  return words.some((word, at) => {
    if (at === 0) return false
    if (PAST.has(word)) return true
    if (/(?:ing|ion|ions|ment|ments|ance|ure|ures)$/.test(word)) return false
    return VERB_STEMS.has(stem(word))
  })
}
