import type { AgentContext } from '../../agent/context.ts'
import type { Redo } from '../../domain/check.ts'
import { ConcordError } from '../../domain/errors.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { type Checked, checkClaims, checkTable } from './check-claims.ts'
import { checkReading } from './check-reading.ts'
import { type Complaint, feedbackText, lastTry } from './feedback.ts'
import { composed } from './report.ts'
import type { Claim, Narrative, Questions, Reading, ResearchOutput, Retrieved } from './shapes.ts'
import { libraryOf } from './source-library.ts'

export type ValidatorInput = { goal: string; results: Json[] }

/** `mended`: a model has written it again after feedback. */
type Found = { step: string; complaints: Complaint[]; avoided: readonly string[]; mended?: true | undefined }

/**
 * Checks all that was written against the papers themselves: every citation is in the source list, every quote stands there word for word,
 * every number and name too, every cited sentence supports its claim, every count is right. What fails goes back to the agent that
 * wrote it with the reason; what was given up before stays given up. When all holds, the report is made from the very claims that were checked.
 */
export const validateResearch = async (input: ValidatorInput, context: AgentContext): Promise<Json> => {
  const [retrieved, readings, narrative, questions] = resultsOf(input.results)
  const library = await libraryOf(retrieved, readings, context)
  const found: Found[] = readings.map((reading, at) => ({
    step: `read/${at}`,
    complaints: checkReading(reading, library),
    avoided: reading.avoided,
  }))
  const narrated = [
    ...narrative.introduction,
    ...narrative.themes.flatMap(({ paragraphs }) => paragraphs.flat()),
  ]
  const asked = questions.problems.flatMap(({ title, claims }, at) => [titleOf(title, claims, at), ...claims])
  const told = checkClaims(narrated, library)
  const left = checkClaims(asked, library)
  const table = checkTable(narrative.table, library)
  found.push(
    {
      step: 'synthesize',
      complaints: [...told.complaints, ...table.complaints],
      avoided: narrative.avoided,
      mended: narrative.mended,
    },
    {
      step: 'questions',
      complaints: left.complaints,
      avoided: questions.avoided,
      mended: questions.mended,
    },
  )
  const reasons = found.flatMap(({ complaints }) => complaints.map(({ message }) => message))
  if (reasons.length > 0) return asJson({ met: false, reasons, redo: redoOf(found) })
  const repairs = [...narrative.repairs, ...questions.repairs]
  const output = composed(retrieved, readings, narrative, questions, {
    claims: told.claims + left.claims + table.claims,
    checked: told.checked + left.checked + table.checked,
    kinds: summed([told.kinds, left.kinds]),
    judged: narrative.judged + questions.judged,
    dropped: repairs.filter(({ after }) => after === undefined).length,
    repaired:
      repairs.filter(({ after }) => after !== undefined).length +
      new Set(found.flatMap(({ step, avoided }) => avoided.map((id) => `${step} ${id}`))).size,
  })
  return asJson({
    // What a model was asked for and did not do is part of why the report is as it is.
    output: { met: true, reasons: output.notes.filter((note) => note.startsWith('The model’s ')), output },
    writes: [{ key: 'final_summary', value: output.markdown }],
  })
}

const summed = (all: readonly Checked['kinds'][]): ResearchOutput['validation']['kinds'] => {
  const sums: ResearchOutput['validation']['kinds'] = {}
  for (const kinds of all)
    for (const [kind, { looked, found }] of Object.entries(kinds)) {
      const before = sums[kind] ?? { looked: 0, found: 0 }
      sums[kind] = { looked: before.looked + looked, found: before.found + found }
    }
  return sums
}

/** A title is judged by what the claims below it cite. */
const titleOf = (title: string, claims: readonly Claim[], at: number): Claim => ({
  id: claims[0]?.id ?? `problem-${at + 1}`,
  kind: 'title',
  text: title.replace(/“[^”]*”/g, ''),
  citations: claims.flatMap(({ citations }) => citations),
})

/** A step that is redone forgets what it was told before, so that is said again. */
const redoOf = (found: readonly Found[]): Redo[] =>
  found
    .filter(({ complaints, avoided }) => complaints.length > 0 || avoided.length > 0)
    .map(({ step, complaints, avoided, mended }) => {
      const named = new Set(complaints.map(({ claim }) => claim))
      const before = avoided
        .filter((claim) => !named.has(claim))
        .map((claim) => ({ claim, message: 'given up before.' }))
      const feedback = feedbackText([...complaints, ...before])
      return { step, feedback: mended && complaints.length > 0 ? lastTry(feedback) : feedback }
    })

const resultsOf = (results: readonly Json[]): [Retrieved, Reading[], Narrative, Questions] => {
  if (results.length !== 4 || results.some((result) => result === null || typeof result !== 'object'))
    throw new ConcordError(
      'agent.input-invalid',
      `Cannot validate the research as four results must be there (papers, readings, narrative, questions): there are ${results.length}; look at the steps of the plan`,
    )
  // The team's own agents made them; what they claim is judged below, not here.
  const [retrieved, readings, narrative, questions] = results as unknown[]
  return [retrieved as Retrieved, readings as Reading[], narrative as Narrative, questions as Questions]
}
