import type { AgentContext } from '../../../agent/context.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { inForm } from '../answer/form.ts'
import type { Claim, Narrative, SynthesizerInput, Theme } from '../shapes.ts'
import { toldUnderstanding } from '../understand/tell.ts'
import { askModel, because } from './ask.ts'
import { citedEvidence, claimSchema, evidenceFor, isClaim, type ModelClaim, modelClaims } from './evidence.ts'
import { repaired } from './repair.ts'

const claims = { type: 'array', items: claimSchema }
const schema = {
  type: 'object',
  required: ['answer', 'sections'],
  additionalProperties: false,
  properties: {
    title: { type: 'string' },
    answer: claims,
    sections: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'claims'],
        additionalProperties: false,
        properties: { name: { type: 'string' }, claims },
      },
    },
    disagreements: claims,
    conclusion: claims,
  },
}

type Answer = {
  title?: string
  answer: ModelClaim[]
  sections: { name: string; claims: ModelClaim[] }[]
  disagreements?: ModelClaim[]
  conclusion?: ModelClaim[]
}

const SECTIONS_MAX = 7
const DROPPED_MAX = 0.5
const fellBack = (why: string): string =>
  `The model’s text could not be used${because(why)}; classical methods wrote the answer.`
const NOT_HELD = 'most of its claims did not hold'

/**
 * The same answer written by a model over whole papers, their statements, gaps and figures; it cites statements by their ids. Each claim
 * that does not hold is repaired or dropped alone. Classical where its answer cannot be used or most of it did not hold, and says so.
 */
export const narrateWithModel = async (
  context: AgentContext,
  { question, readings, retrieved, feedback }: SynthesizerInput,
  classical: Narrative,
): Promise<Narrative> => {
  if (readings.length === 0) return classical
  const { answer, unusable } = await askModel<Answer>(context, {
    name: 'narrative',
    schema,
    instructions: `Answer the question from the papers alone, in the form and within the limits that "understood" lists. "answer" answers it directly in two to five claims. "sections" (up
to ${SECTIONS_MAX}, none for a short answer) support it: state trends, compare and connect papers, give numbers with what they are numbers of and where they were measured, as the evidence states them.
"disagreements" are claims that set papers side by side that contradict each other; "conclusion" one or two claims, limits and gaps included. Every claim is one complete sentence
without reference marks that names the authors or systems it speaks of; "evidence" has the ids of the statements that together carry it. Leave papers out that do not bear on the question.`,
    input: {
      question: question.text,
      understood: toldUnderstanding(question),
      papers: evidenceFor(readings, retrieved, classical.avoided),
      ...(feedback === undefined
        ? {}
        : { feedback, repair: 'Write again without the faults in the feedback.' }),
    },
    check: problemsOf,
  })
  if (answer === undefined) return { ...classical, notes: [...classical.notes, fellBack(unusable)] }
  const cited = citedEvidence(readings)
  const sections = answer.sections.slice(0, SECTIONS_MAX)
  const written: [place: string, list: readonly ModelClaim[]][] = [
    ['introduction', answer.answer],
    ...sections.map(({ claims: own }, at): [string, ModelClaim[]] => [`theme-${at + 1}`, own]),
    ['disagreements', answer.disagreements ?? []],
    ['conclusion', answer.conclusion ?? []],
  ]
  const all = written.flatMap(([place, list]) => modelClaims(place, list, cited))
  const {
    claims: kept,
    repairs,
    ...second
  } = await repaired(context, {
    question,
    claims: all,
    readings,
    retrieved,
    cited,
  })
  const avoided = new Set(classical.avoided)
  const holding = kept.filter(({ id }) => !avoided.has(id))
  if (holding.length < (1 - DROPPED_MAX) * all.length)
    return { ...classical, repairs, notes: [...classical.notes, fellBack(NOT_HELD)] }
  const under = (place: string): Claim[] => holding.filter(({ id }) => id.startsWith(`${place}/`))
  const section = (name: string, place: string): Theme => ({ name, paragraphs: [under(place)] })
  const { table } = classical
  return inForm(question, {
    ...classical,
    introduction: [
      ...under('introduction'),
      ...classical.introduction.filter(({ kind }) => kind === 'count'),
    ],
    ...(table === undefined ? {} : { table }),
    themes: [
      ...sections.map(({ name }, at) => section(name, `theme-${at + 1}`)),
      section('Where papers disagree', 'disagreements'),
      section('Conclusion', 'conclusion'),
    ].filter(({ paragraphs }) => paragraphs.flat().length > 0),
    repairs,
    ...(feedback === undefined ? {} : { mended: true as const }),
    ...second,
    method: 'model',
  })
}

const problemsOf = ({
  answer,
  sections,
  disagreements = [],
  conclusion = [],
}: Answer & JsonObject): string[] => {
  if (!Array.isArray(answer) || answer.length === 0) return ['"answer" needs claims']
  if (!Array.isArray(sections)) return ['"sections" must be a list']
  if (!sections.every((each) => typeof each?.name === 'string' && Array.isArray(each.claims)))
    return ['each section needs "name" and "claims"']
  const all = [...answer, ...sections.flatMap((each) => each.claims), ...disagreements, ...conclusion]
  return all.flatMap((each, at) => (isClaim(each) ? [] : [`claim ${at} needs "text" and "evidence"`]))
}
