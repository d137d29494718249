import type { AgentContext } from '../../agent/context.ts'
import { askModel } from './ask-model.ts'

const QUERIES_MAX = 4
const QUERY_CHARS_MAX = 200

const schema = {
  type: 'object',
  required: ['queries'],
  additionalProperties: false,
  properties: { queries: { type: 'array', items: { type: 'string' } } },
}

/** A few more queries from a model; none when it answers nothing usable: the search works without. */
export const refineQueries = async (
  context: AgentContext,
  goal: string,
  query: string,
): Promise<string[]> => {
  const answer = await askModel<{ queries: unknown[] }>(context, {
    name: 'queries',
    schema,
    instructions: `You help to search a collection of research papers by words. Give up to ${QUERIES_MAX} short queries (three to six technical terms
each, no operators) that together find the papers needed for the goal, beside the query there already is.`,
    input: { goal, query },
    check: (value) => (Array.isArray(value.queries) ? [] : ['"queries" must be a list of texts']),
  })
  if (answer === undefined) return []
  return answer.queries
    .filter((each): each is string => typeof each === 'string' && each.trim() !== '')
    .slice(0, QUERIES_MAX)
    .map((each) => each.trim().slice(0, QUERY_CHARS_MAX))
}
