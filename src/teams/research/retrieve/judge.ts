import type { AgentContext } from '../../../agent/context.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { askModel } from '../model/ask.ts'
import type { PaperRecord } from '../shapes.ts'
import type { Question } from '../understand/question.ts'

/** The rest ranks too low to be read. */
const SHOWN_MAX = 120
const ABSTRACT_CHARS = 700
const QUERIES_MAX = 3

const texts = { type: 'array', items: { type: 'string' } }
const schema = {
  type: 'object',
  required: ['relevant', 'queries'],
  additionalProperties: false,
  properties: { relevant: texts, queries: texts },
}

export type Judged = {
  /** Ids of papers that bear on the question. */
  relevant: Set<string>
  /** Searches to make for what is missing. */
  queries: string[]
}

/**
 * Which of the papers found bear on the question, by a model, before anything is written; or why
 * its answer cannot be used.
 */
export const judged = async (
  context: AgentContext,
  question: Question,
  papers: readonly PaperRecord[],
): Promise<Judged | { unusable: string }> => {
  const shown = papers.slice(0, SHOWN_MAX)
  const known = new Set(shown.map(({ id }) => id))
  const { answer, unusable } = await askModel<{ relevant: string[]; queries: string[] }>(context, {
    name: 'relevance',
    schema,
    instructions: `Papers were found for a question. Give the ids of those that bear on it ("relevant"): a paper that shares only words does not. "queries" are up to ${QUERIES_MAX} short searches
of technical terms for what is missing, none where enough was found.`,
    input: {
      question: question.text,
      topic: question.topic,
      papers: shown.map(({ id, title, abstract }) => ({
        id,
        title,
        abstract: abstract.slice(0, ABSTRACT_CHARS),
      })),
    },
    check: (value) => problemsOf(value, known),
  })
  if (answer === undefined) return { unusable }
  return {
    relevant: new Set(answer.relevant),
    queries: answer.queries.filter((query) => query.trim() !== '').slice(0, QUERIES_MAX),
  }
}

const problemsOf = (
  { relevant, queries }: { relevant: string[]; queries: string[] } & JsonObject,
  known: ReadonlySet<string>,
): string[] => {
  const isTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string')
  if (!isTexts(relevant) || !isTexts(queries)) return ['"relevant" and "queries" must be lists of texts']
  return relevant
    .filter((id) => !known.has(id))
    .map((id) => `${JSON.stringify(id)} is no id of a paper shown`)
}
