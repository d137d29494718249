import { clumsiness } from './answer/choose.ts'
import { type Allowed, claimNamed, claimOf, continued, type Told } from './answer/claims.ts'
import { APPROACH_ORDER } from './approaches.ts'
import type { Group, Member } from './group.ts'
import type { Claim, Statement } from './shapes.ts'

/** Papers told in one theme, fewer where there are many themes. */
const TOLD_MAX = { few: 7, many: 5 }
const THEMES_MANY = 4
/** Where there are many themes, the papers of each get about so many words, and at least so many are told. */
const THEME_WORDS = 150
const TOLD_MIN = 3
const WORDS_LONG = 36

type Candidate = { member: Member; statement: Statement; result?: Statement; worth: number }

/** The papers of a theme worth telling: what each offers and, where it says so in figures or plain words, what came of it. */
export const toldIn = (group: Group, themes: number, allowed: Allowed): Claim[][] => {
  const many = themes > THEMES_MANY
  const candidates = group.members
    .flatMap((member) => candidateOf(member, allowed))
    .sort((a, b) => b.worth - a.worth || (a.member.reading.id < b.member.reading.id ? -1 : 1))
    .slice(0, many ? TOLD_MAX.many : TOLD_MAX.few)
  return fitting(candidates, many)
    .sort((a, b) => rankOf(a.member) - rankOf(b.member) || b.worth - a.worth)
    .map((each, at) => tellingOf(each, at))
}

/** As many as a theme has room for, the first few in any case. */
const fitting = (ordered: readonly Candidate[], many: boolean): Candidate[] => {
  let left = THEME_WORDS
  return ordered.filter((each, at) => {
    const size = wordsOf(each.statement) + (each.result === undefined ? 0 : wordsOf(each.result))
    if (many && at >= TOLD_MIN && size > left) return false
    left -= size
    return true
  })
}

const wordsOf = ({ text }: Statement): number => text.split(' ').length

const candidateOf = (member: Member, allowed: Allowed): Candidate[] => {
  const { statements, name } = member.reading
  const own = statements.filter(({ id }) => allowed(id))
  const statement = own.find(({ kind }) => kind === 'contribution') ?? own.find(tells)
  if (statement === undefined) return []
  const results = own.filter(
    (each) =>
      (each.kind === 'result' || each.kind === 'finding') &&
      each.id !== statement.id &&
      TELLING.test(each.sentence),
  )
  const ease = (each: Statement): number => 0.2 * each.score + each.fit - 2 * clumsiness(each)
  const result = results.sort((a, b) => ease(b) - ease(a))[0]
  const worth =
    Number(statement.kind === 'contribution') +
    Number(name !== undefined) * 0.5 +
    Number(result !== undefined) * 0.6 +
    statement.fit * 0.5 +
    Math.max(-1, Math.min(1, statement.score / 4)) * 0.3 -
    Number(wordsOf(statement) > WORDS_LONG) * 0.4
  return [{ member, statement, ...(result === undefined ? {} : { result }), worth }]
}

/** A result with a figure, or one that says something other than that it is good. */
const TELLING =
  /\d|\b(?:only when|rather than|instead of|even|without|depends?|not\b|no \w+|fail|struggl|less than|more than|due to|because)/i
export const tells = ({ kind }: Statement): boolean => kind !== 'gap' && kind !== 'background'
const rankOf = ({ approach }: Member): number => APPROACH_ORDER.indexOf(approach.key)

const tellingOf = ({ member, statement, result }: Candidate, at: number): Claim[] => {
  const told: Told = { reading: member.reading, statement }
  const named = at % 2 === 1 && statement.named !== undefined
  const first = named ? claimNamed(told) : claimOf(told)
  return result === undefined
    ? [first]
    : [first, continued({ reading: member.reading, statement: result }, named)]
}
