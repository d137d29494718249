import type { AgentContext } from '../../agent/context.ts'
import { fitOf } from './answer/fit.ts'
import { askModel } from './ask-model.ts'
import { attributionOf, withYear } from './attribution.ts'
import type { ReaderInput, Reading, Statement, StatementKind } from './shapes.ts'

const KINDS: readonly string[] = ['contribution', 'method', 'result', 'finding', 'gap']
const STATEMENTS_MAX = 6
const TEXT_CHARS = 12_000

const schema = {
  type: 'object',
  required: ['statements'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    statements: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kind', 'text', 'sentence'],
        additionalProperties: false,
        properties: { kind: { enum: KINDS }, text: { type: 'string' }, sentence: { type: 'string' } },
      },
    },
  },
}

type Answer = { name?: string; statements: { kind: StatementKind; text: string; sentence: string }[] }

/** The same reading by a model: what it states must name the sentence it comes from, verbatim. Falls back to the classical reading when the answer cannot be used. */
export const readWithModel = async (
  context: AgentContext,
  { paper, question, feedback }: ReaderInput,
  classical: Reading,
  fullText: string | undefined,
): Promise<Reading> => {
  const text =
    fullText === undefined ? paper.abstract : `${paper.abstract}\n\n${fullText.slice(0, TEXT_CHARS)}`
  const fit = fitOf(question)
  const answer = await askModel<Answer>(context, {
    name: 'reading',
    schema,
    instructions: `You read one paper for a report on "${question.topic}". Give up to ${STATEMENTS_MAX} statements: what it contributes, how, with what result, and which gaps or
limitations it states. "text" is one complete sentence in the third person that names the authors (as "${withYear(attributionOf(paper))}"); "sentence" is the one sentence of
the paper it is taken from, copied exactly. "name" is what the paper calls its system, if anything.`,
    input: {
      title: paper.title,
      authors: paper.authors,
      text,
      ...(feedback === undefined ? {} : { feedback }),
    },
    check: (value) => problemsOf(value, paper.abstract, fullText),
  })
  if (answer === undefined) return classical
  const statements = answer.statements.slice(0, STATEMENTS_MAX).map((given): Statement => {
    const inAbstract = paper.abstract.indexOf(given.sentence)
    const start = inAbstract >= 0 ? inAbstract : (fullText ?? '').indexOf(given.sentence)
    const place = inAbstract >= 0 ? 'abstract' : 'text'
    const mark = place === 'text' ? 't' : ''
    return {
      id: `${paper.id}#${mark}${start}${given.kind === 'gap' ? 'g' : ''}`,
      kind: given.kind,
      text: given.kind === 'gap' ? given.sentence : given.text,
      sentence: given.sentence,
      start,
      end: start + given.sentence.length,
      in: place,
      score: 1,
      fit: fit(given.sentence, paper.title),
    }
  })
  const kept = statements.filter(({ id }) => !classical.avoided.includes(id))
  return {
    ...classical,
    ...(answer.name === undefined || answer.name === '' ? {} : { name: answer.name }),
    statements: kept,
    method: 'model',
  }
}

const problemsOf = (answer: Answer, abstract: string, fullText: string | undefined): string[] => {
  if (!Array.isArray(answer.statements)) return ['"statements" must be a list']
  return answer.statements.slice(0, STATEMENTS_MAX).flatMap((given, at) => {
    if (typeof given?.text !== 'string' || typeof given.sentence !== 'string' || !KINDS.includes(given.kind))
      return [`statement ${at} needs "kind", "text" and "sentence"`]
    const held =
      given.sentence !== '' &&
      (abstract.includes(given.sentence) || fullText?.includes(given.sentence) === true)
    return held
      ? []
      : [
          `statement ${at}: the sentence "${given.sentence.slice(0, 80)}" does not stand in the paper word for word`,
        ]
  })
}
