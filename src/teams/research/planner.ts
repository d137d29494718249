import type { AgentContext } from '../../agent/context.ts'
import { ConcordError } from '../../domain/errors.ts'
import { asJson, type Json } from '../../domain/json.ts'
import type { Step } from '../../domain/plan.ts'
import { isObject } from '../../domain/reference.ts'
import { APPROACHES } from './approaches.ts'
import { AREAS } from './areas.ts'
import { refineQueries } from './model-planner.ts'
import { topicTerms } from './relevance.ts'
import type { ResearchParams } from './shapes.ts'
import { topicOf } from './topic.ts'

const PAPERS = { default: 40, max: 120 }
const READERS_AT_ONCE = 8
const GAVE_UP =
  'What the model wrote did not pass the validator, even after its feedback; classical methods wrote this report.'
/** Each is a search whose answer the log keeps. */
const FACETS_MAX = 8

export type PlannerInput = { goal: string; params?: Json; previous?: Json }

/**
 * retrieve -> read each paper -> synthesize and find questions side by side. The topic, the queries and the limits come from the goal and
 * its params; a model, where there is one, may add queries. A second plan has learned that what a model wrote did not hold:
 * it uses classical methods.
 */
export const planResearch = async (
  input: PlannerInput,
  context: AgentContext,
): Promise<{ steps: Step[]; reason: string }> => {
  const params = readParams(input.params)
  const topic = topicOf(input.goal)
  const again = isObject(input.previous)
  const method = context.hasModel && !again ? 'model' : 'classical'
  const facets = facetsOf(topic.text, topic.query)
  const refined = method === 'model' ? await refineQueries(context, input.goal, topic.query) : []
  const search = {
    question: input.goal,
    topic: topic.text,
    query: topic.query,
    facets: [...refined, ...facets].slice(0, FACETS_MAX),
    recent: topic.recent,
    notes: again && context.hasModel ? [GAVE_UP] : [],
    max: params.max ?? PAPERS.default,
    source: params.source ?? (params.corpus === undefined ? 'arxiv' : 'corpus'),
    ...(params.corpus === undefined ? {} : { corpus: params.corpus }),
    ...(params.from === undefined ? {} : { from: params.from }),
    ...(params.to === undefined ? {} : { to: params.to }),
  }
  const frame = { question: input.goal, topic: topic.text, method }
  const facts = { readings: { $step: 'read' }, retrieved: { $step: 'retrieve' } }
  return {
    reason: again
      ? 'The last report did not pass the validator: classical methods this time.'
      : `Search for "${topic.text}", read up to ${search.max} papers, write and ask side by side.`,
    steps: [
      { id: 'retrieve', agent: 'retriever', payload: asJson(search), dependsOn: [] },
      {
        id: 'read',
        agent: 'reader',
        dependsOn: ['retrieve'],
        forEach: { $step: 'retrieve', path: '/papers' },
        concurrency: READERS_AT_ONCE,
        payload: asJson({
          paper: { $item: '' },
          topic: topic.text,
          method,
          fullText: params.fullText === true,
          ...(params.corpus === undefined ? {} : { corpus: params.corpus }),
        }),
      },
      {
        id: 'synthesize',
        agent: 'synthesizer',
        dependsOn: ['read'],
        payload: asJson({ ...frame, ...facts }),
      },
      {
        id: 'questions',
        agent: 'question-generator',
        dependsOn: ['read'],
        payload: asJson({ ...frame, count: topic.problems, readings: { $step: 'read' } }),
      },
    ],
  }
}

/** What else to search for, to see all of it: the fields of a broad topic, the kinds of work on a narrow one. */
const facetsOf = (topic: string, query: string): string[] =>
  topicTerms(topic).broad
    ? [...AREAS].sort((a, b) => b.prominence - a.prominence).map((area) => `multimodal ${area.query}`)
    : APPROACHES.map((approach) => `${query} ${approach.query}`)

const readParams = (given: Json | undefined): ResearchParams => {
  const params = isObject(given) ? given : {}
  const text = (name: string): string | undefined => {
    const value = params[name]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string') return value
    throw invalid(name, 'text', value)
  }
  const source = text('source')
  if (source !== undefined && source !== 'corpus' && source !== 'arxiv')
    throw invalid('source', '"arxiv" or "corpus"', source)
  const max = params.max === undefined ? undefined : Number(params.max)
  if (max !== undefined && !(Number.isInteger(max) && max >= 1 && max <= PAPERS.max))
    throw invalid('max', `a whole number from 1 to ${PAPERS.max}`, params.max)
  const corpus = text('corpus')
  const from = dated('from', text('from'))
  const to = dated('to', text('to'))
  return {
    ...(source === undefined ? {} : { source }),
    ...(corpus === undefined ? {} : { corpus }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(max === undefined ? {} : { max }),
    fullText: params.fullText === true || params.fullText === 'true',
  }
}

const dated = (name: string, value: string | undefined): string | undefined => {
  if (value === undefined || /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/.test(value)) return value
  throw invalid(name, 'a date such as 2026, 2026-03 or 2026-03-18', value)
}

const invalid = (name: string, rule: string, value: Json | undefined): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot plan the research as param "${name}" is ${rule}: it is ${JSON.stringify(value)}; correct it or leave it out`,
  )
