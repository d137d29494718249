import { cosine, termVector } from '../../../domain/text/similarity.ts'
import { stems } from '../../../domain/text/tokens.ts'
import type { Reading, Statement } from '../shapes.ts'
import type { Allowed, Told } from './claims.ts'

export type Choice = {
  count: number
  /** More of one paper than this say too much of it. */
  perPaper?: number
  /** Which statements come into question, and how much each is worth. */
  worth: (told: Told) => number | undefined
  allowed: Allowed
  /** Statements told already. */
  used: ReadonlySet<string>
}

const ALIKE = 0.55

/** The statements that answer best, one paper after another, none that says what another said. */
export const choose = (
  readings: readonly Reading[],
  { count, perPaper = 1, worth, allowed, used }: Choice,
): Told[] => {
  const candidates = readings
    .flatMap((reading) => reading.statements.map((statement) => ({ reading, statement })))
    .flatMap((told) => {
      const value = allowed(told.statement.id) && !used.has(told.statement.id) ? worth(told) : undefined
      return value === undefined ? [] : [{ told, value: value - clumsiness(told.statement) }]
    })
    .sort((a, b) => b.value - a.value || (a.told.statement.id < b.told.statement.id ? -1 : 1))
  const chosen: Told[] = []
  const papers = new Map<string, number>()
  for (const { told } of candidates) {
    if (chosen.length >= count) break
    const many = papers.get(told.reading.id) ?? 0
    if (many >= perPaper || chosen.some((each) => alike(each.statement, told.statement))) continue
    papers.set(told.reading.id, many + 1)
    chosen.push(told)
  }
  return chosen
}

export const alike = (a: Statement, b: Statement, from = ALIKE): boolean =>
  cosine(termVector(stems(a.sentence)), termVector(stems(b.sentence))) >= from

const WORDS_LONG = 38
/** Says that experiments were made, or names a part of a setting that only the paper explains. */
const SAYS_LITTLE =
  /\b(?:perform|conduct|carry out)s? (?:extensive|comprehensive|thorough|rigorous|\w+ )?\s?(?:experiments|evaluations?|analys[ie]s|studies)/i
const HYPE =
  /\brecent (?:advances?|progress)\b|\b(?:has|have) (?:\w+ )?(?:shown|achieved|demonstrated|made) (?:remarkable|impressive|significant|notable|strong)/i
const OPAQUE =
  /\b(?:templates?|the former|the latter|respectively|annotators|collected|administered|complementary|another|the proposed (?:attack|method|framework))\b/i

/** What makes a sentence hard to read alone: length, brackets, names that only its paper explains. */
export const clumsiness = ({ text }: Pick<Statement, 'text'>): number =>
  (text.split(' ').length > WORDS_LONG ? 0.15 : 0) +
  (SAYS_LITTLE.test(text) ? 0.4 : 0) +
  (OPAQUE.test(text) ? 0.2 : 0) +
  (HYPE.test(text) ? 0.4 : 0) +
  0.08 * Math.min(3, text.match(/\((?!\d{4}\))/g)?.length ?? 0)
