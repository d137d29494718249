import type { AgentContext } from '../../../agent/context.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { cut } from '../../../domain/text/cut.ts'
import { fitOf } from '../answer/fit.ts'
import { measuresIn } from '../answer/measures.ts'
import { attributionOf, withYear } from '../attribution.ts'
import { type Section, sectionsIn } from '../read/sections.ts'
import { carried } from '../read/self-check.ts'
import { retell } from '../retell.ts'
import type { ReaderInput, Reading, Statement, StatementKind } from '../shapes.ts'
import { askModel } from './ask.ts'

const KINDS: readonly string[] = ['contribution', 'method', 'result', 'finding', 'gap', 'background']
const STATEMENTS_MAX = 12
const SECTIONS_CHARS = 30_000
const MEASURES_MAX = 8

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

/**
 * The same reading by a model, of the abstract and of the sections that say what was found and what is left open: what it states must
 * name the sentence it comes from, verbatim. The classical reading where the answer cannot be used.
 */
export const readWithModel = async (
  context: AgentContext,
  { paper, question, feedback }: ReaderInput,
  classical: Reading,
  fullText: string | undefined,
): Promise<Reading> => {
  const sections = fullText === undefined ? [] : shown(sectionsIn(fullText))
  const { answer, unusable } = await askModel<Answer>(context, {
    name: 'reading',
    schema,
    instructions: `You read one paper for a report that answers: "${question.text}". Give up to ${STATEMENTS_MAX} statements, those that bear on the question first: what it contributes, how, with what
results (numbers with what they are numbers of), and which gaps or limitations it states. "text" is one complete sentence in the third person that names the authors (as
"${withYear(attributionOf(paper))}"); "sentence" is the one sentence of the paper it is taken from, copied exactly. "name" is what the paper calls its system, if anything.`,
    input: {
      title: paper.title,
      authors: paper.authors,
      abstract: paper.abstract,
      ...(sections.length === 0
        ? {}
        : { sections: sections.map(({ role, heading, text }) => ({ role, heading, text })) }),
      ...(feedback === undefined ? {} : { feedback }),
    },
    check: (value) => problemsOf(value, [paper.abstract, ...sections.map(({ text }) => text)]),
  })
  if (answer === undefined) return { ...classical, unusable }
  const fit = fitOf(question)
  const statements = answer.statements.slice(0, STATEMENTS_MAX).map((given): Statement => {
    const inAbstract = paper.abstract.indexOf(given.sentence)
    const section = inAbstract >= 0 ? undefined : sections.find(({ text }) => text.includes(given.sentence))
    const start = section === undefined ? inAbstract : section.start + section.text.indexOf(given.sentence)
    const mark = section === undefined ? '' : 't'
    return {
      id: `${paper.id}#${mark}${start}${given.kind === 'gap' ? 'g' : ''}`,
      kind: given.kind,
      text: given.kind === 'gap' ? given.sentence : given.text,
      sentence: given.sentence,
      start,
      end: start + given.sentence.length,
      in: section === undefined ? 'abstract' : 'text',
      ...(section === undefined ? {} : { section: section.role }),
      score: 1,
      fit: Math.round(fit(given.sentence, paper.title) * 1000) / 1000,
    }
  })
  const fresh = statements.filter(({ id }, at) => {
    const first = statements.findIndex((each) => each.id === id) === at
    return first && !classical.avoided.includes(id)
  })
  const kept = told(paper, [paper.abstract, ...sections.map(({ text }) => text)].join('\n\n'), fresh)
  const { name } = answer
  const stands = name !== undefined && name !== '' && `${paper.title} ${paper.abstract}`.includes(name)
  return {
    ...classical,
    ...(stands ? { name } : {}),
    statements: kept,
    measures: kept
      .flatMap(({ sentence, kind }) => (kind === 'gap' ? [] : measuresIn(sentence)))
      .slice(0, MEASURES_MAX),
    method: 'model',
  }
}

/** A sentence that the model tells wrongly is told by code: its evidence stays. */
const told = (paper: ReaderInput['paper'], text: string, statements: readonly Statement[]): Statement[] => {
  const right = new Set(carried(paper, text, statements))
  const again = statements
    .filter((statement) => !right.has(statement))
    .flatMap((statement) => {
      const own = retell(statement.sentence, attributionOf(paper))
      return own === undefined ? [] : [{ ...statement, text: own.text }]
    })
  const kept = new Set([...right, ...carried(paper, text, again)].map(({ id }) => id))
  const second = new Map(again.map((statement) => [statement.id, statement]))
  return statements.flatMap((statement) =>
    !kept.has(statement.id) ? [] : right.has(statement) ? [statement] : [second.get(statement.id)!],
  )
}

/** Limits and conclusions first, where there is no room for all. */
const shown = (sections: readonly Section[]): Section[] => {
  const order: Section['role'][] = ['limitations', 'conclusion', 'results', 'captions']
  let left = SECTIONS_CHARS
  return [...sections]
    .sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
    .filter(({ text }) => {
      if (text.length > left) return false
      left -= text.length
      return true
    })
}

const problemsOf = (answer: Answer & JsonObject, texts: readonly string[]): string[] => {
  if (!Array.isArray(answer.statements)) return ['"statements" must be a list']
  return answer.statements.slice(0, STATEMENTS_MAX).flatMap((given, at) => {
    if (typeof given?.text !== 'string' || typeof given.sentence !== 'string' || !KINDS.includes(given.kind))
      return [`statement ${at} needs "kind", "text" and "sentence"`]
    const held = given.sentence !== '' && texts.some((text) => text.includes(given.sentence))
    return held
      ? []
      : [
          `statement ${at}: the sentence "${cut(given.sentence, 80)}" does not stand in the paper word for word`,
        ]
  })
}
