import { answerTo } from './answer/answer.ts'
import { choose, clumsiness } from './answer/choose.ts'
import { type Allowed, claimOf, type Told } from './answer/claims.ts'
import { differencesAmong } from './answer/differences.ts'
import { inForm } from './answer/form.ts'
import { figuresTable } from './answer/tables.ts'
import { talliesOf } from './answer/tally.ts'
import type { Group } from './group.ts'
import { counted, listed, lowerFirst, span, upperFirst } from './phrasing.ts'
import type { Claim, Narrative, Reading, Retrieved, Theme } from './shapes.ts'
import { tells, toldIn } from './telling.ts'
import { themesOf } from './themes.ts'
import type { Question } from './understand/question.ts'

/** Where the best stand, or people do better. */
const BEST =
  /\bhumans?\b|\beven (?:the )?(?:best|strongest|state-of-the-art|frontier|GPT|Gemini|advanced)|far below|open-source|proprietary/i

export type NarrativeInput = {
  question: Question
  retrieved: Retrieved
  readings: readonly Reading[]
  avoided: readonly string[]
}

const PARAGRAPH_CLAIMS = 5
const LEADS_MAX = 4
/** Of models at large, in a sentence that begins with who says so. */
const GENERAL =
  /^[^,]{3,60}? (?:find|finds|report|reports|reveal|reveals|show|shows|observe|observes|demonstrate|demonstrates) that (?:[\w-]+ ){0,4}(?:models?|[\w-]*MLLMs?|[\w-]*LLMs?|VLMs?|LVLMs?|training|scaling|prompting|reinforcement|neither|fine-tuning)\b/i

/** The answer by classical methods: every sentence is a claim with the sentences it rests on. */
export const narrate = ({ question, retrieved, readings, avoided: given }: NarrativeInput): Narrative => {
  const avoided = new Set(given)
  const allowed: Allowed = (id) => !avoided.has(id)
  const usable = readings.filter(({ statements }) =>
    statements.some((each) => tells(each) || each.kind === 'gap'),
  )
  const asked = { question, readings: usable, allowed }
  const answer =
    question.kind === 'survey' || question.kind === 'problems'
      ? surveyOf(question, usable, allowed)
      : question.kind === 'count'
        ? {
            introduction: talliesOf(retrieved),
            themes: answerTo({ ...asked, question: { ...question, kind: 'list' } }).themes,
          }
        : answerTo(asked)
  return inForm(question, {
    title: titleOf(question, usable),
    ...answer,
    notes: [],
    repairs: [],
    doubts: [],
    judged: 0,
    avoided: [...given],
    method: 'classical',
  })
}

/** The question where it asks; its topic where it only names one. */
const titleOf = (question: Question, [first]: readonly Reading[]): string => {
  if (question.kind === 'paper' && first !== undefined) return first.title
  const asks = /[?？]\s*$/.test(question.text) && question.text.length <= 140
  if (asks && question.language === 'English') return upperFirst(question.text.trim())
  if (question.topic === '') return 'What the documents say'
  return upperFirst(question.topic)
}

const surveyOf = (
  question: Question,
  readings: readonly Reading[],
  allowed: Allowed,
): Pick<Narrative, 'introduction' | 'themes' | 'table'> => {
  const groups = themesOf(readings, question)
  const leads = leadsOf(groups, allowed)
  const led = new Set(leads.map(({ statement }) => statement.id))
  const { different, same } = differencesAmong(readings, (id) => allowed(id) && !led.has(id))
  const pairs = [...different, ...same.slice(0, Math.max(0, 2 - different.length))]
  const paired = new Set(pairs.flat().map(({ id }) => id))
  const free: Allowed = (id) => allowed(id) && !led.has(id) && !paired.has(id)
  const themes = groups
    .map((group): Theme => ({ name: group.name, paragraphs: paragraphsOf(group, groups.length, free) }))
    .filter(({ paragraphs }) => paragraphs.length > 0)
  const scope = scopeOf(question, groups, readings).filter(({ id }) => allowed(id))
  const table = question.form === 'table' ? figuresTable(readings, allowed) : undefined
  return {
    introduction: [...leads.map(claimOf), ...scope],
    ...(table === undefined ? {} : { table }),
    themes:
      question.kind === 'problems'
        ? []
        : [
            ...themes,
            ...(pairs.length === 0 ? [] : [{ name: 'Where papers agree and differ', paragraphs: pairs }]),
          ],
  }
}

/** What stands out first: the results and findings that say most, one of a theme as long as there are themes enough. */
const leadsOf = (groups: readonly Group[], allowed: Allowed): Told[] => {
  const used = new Set<string>()
  const perGroup = Math.max(1, Math.floor(LEADS_MAX / Math.max(1, groups.length)))
  const leads = groups.flatMap(({ members }) => {
    const readings = members.map(({ reading }) => reading)
    const chosen = choose(readings, { count: perGroup, allowed, used, worth: leadWorth })
    for (const { statement } of chosen) used.add(statement.id)
    return chosen
  })
  const best = [...leads].sort((a, b) => leadValue(b) - leadValue(a)).slice(0, LEADS_MAX)
  return leads.filter((lead) => best.includes(lead))
}

const leadValue = (told: Told): number => (leadWorth(told) ?? 0) - clumsiness(told.statement)

const leadWorth = ({ statement: { kind, fit, score, sentence, text } }: Told): number | undefined =>
  kind === 'finding' || kind === 'result'
    ? fit +
      0.03 * score +
      (/\d/.test(sentence) ? 0.2 : 0) +
      (GENERAL.test(text) ? 0.3 : 0) +
      (BEST.test(text) ? 0.2 : 0) -
      2 * clumsiness({ text })
    : undefined

const idsOf = (readings: readonly Reading[]): string[] => readings.map(({ id }) => id)

/** What the summary rests on; the number is of papers read, not of papers there are. */
const scopeOf = (question: Question, groups: readonly Group[], readings: readonly Reading[]): Claim[] => {
  if (readings.length === 0) return []
  const when = span(readings.map(({ published }) => published))
  const topic = question.topic === '' ? '' : ` found on “${question.topic}”`
  const names = groups.map(({ name }) => lowerFirst(name))
  const told =
    question.kind === 'problems' || names.length < 2 ? '' : `; they are told under ${listed(names)}`
  return [
    {
      id: 'introduction/scope',
      kind: 'count',
      text: `This summary rests on ${counted(readings.length, 'paper')}${topic}${when === '' ? '' : `, published ${when}`}${told}.`,
      citations: [],
      counts: [{ of: idsOf(readings), value: readings.length }],
    },
  ]
}

const paragraphsOf = (group: Group, themes: number, allowed: Allowed): Claim[][] => {
  const paragraphs: Claim[][] = []
  for (const claims of toldIn(group, themes, allowed)) {
    const last = paragraphs.at(-1)
    if (last === undefined || last.length + claims.length > PARAGRAPH_CLAIMS) paragraphs.push([...claims])
    else last.push(...claims)
  }
  return paragraphs
}
