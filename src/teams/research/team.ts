import { type AnyAgent, agent } from '../../agent/define.ts'
import type { Json } from '../../domain/json.ts'
import { type TeamDefinition, team } from '../../orchestration/team.ts'
import type { PlannerInput } from './planner.ts'
import type { Search } from './retrieve/search.ts'
import type { QuestionsInput, ReaderInput, SynthesizerInput } from './shapes.ts'
import type { ValidatorInput } from './validator.ts'

/** Waiting for arXiv takes its time: one request in three seconds, retries included. */
const RETRIEVE_MS = 600_000
const MODEL_MS = 300_000

export const planner: AnyAgent = agent<PlannerInput, unknown>({
  name: 'planner',
  role: 'coordinator',
  description: 'Makes the plan of a research run from its goal and params.',
  run: async (input, context) => (await import('./planner.ts')).planResearch(input, context),
})

export const retriever: AnyAgent = agent<Search, unknown>({
  name: 'retriever',
  description:
    'Finds papers on a topic in arXiv or a corpus and selects by relevance, recency and diversity.',
  tools: ['arxiv_search', 'corpus_search'],
  timeoutMs: RETRIEVE_MS,
  run: async (input, context) => (await import('./retrieve/retriever.ts')).retrieve(input, context),
})

export const reader: AnyAgent = agent<ReaderInput, unknown>({
  name: 'reader',
  description: 'Reads one paper: contributions, method, results and gaps, each bound to its source sentence.',
  tools: ['paper_fetch'],
  timeoutMs: MODEL_MS,
  run: async (input, context) => (await import('./read/reader.ts')).read(input, context),
})

export const synthesizer: AnyAgent = agent<SynthesizerInput, Json>({
  name: 'synthesizer',
  description: 'Writes one narrative over all readings, by theme, every claim cited.',
  timeoutMs: MODEL_MS,
  run: async (input, context) => (await import('./synthesizer.ts')).synthesize(input, context),
})

export const questionGenerator: AnyAgent = agent<QuestionsInput, Json>({
  name: 'question-generator',
  description: 'Derives open research problems from the gaps and limitations that papers state.',
  timeoutMs: MODEL_MS,
  run: async (input, context) => (await import('./question-generator.ts')).generateQuestions(input, context),
})

export const validator: AnyAgent = agent<ValidatorInput, unknown>({
  name: 'validator',
  role: 'mediator',
  description: 'Checks every claim and citation against the papers; sends back what does not hold.',
  tools: ['paper_fetch'],
  timeoutMs: RETRIEVE_MS,
  run: async (input, context) => (await import('./validator.ts')).validateResearch(input, context),
})

/**
 * The autonomous research team: a goal goes in, a cited and validated report comes out (`ResearchOutput`). Params: `source`
 * (`corpus` keeps away from the network), `corpus` (a folder), `max`, `from`, `to`, `fullText`, and what corrects the
 * understanding of the question: `topic`, `kind`, `form`, `problems`, `exclude`, `words`. Works without a model; with one,
 * reader, synthesizer and question generator use it over the same evidence and under the same validator.
 */
export const researchTeam = (): TeamDefinition =>
  team({
    description:
      'Finds papers, reads them, writes a cited summary and open problems, and checks every citation.',
    agents: [retriever, reader, synthesizer, questionGenerator],
    planner,
    checker: validator,
    // They ask two fixed places, arXiv and the corpus that was allowed; nobody need be there to say so.
    policy: { tools: { arxiv_search: 'allow', corpus_search: 'allow', paper_fetch: 'allow' } },
    // A second plan has something to learn (the text of a model did not hold); a third would only repeat it.
    bounds: { plansMax: 2 },
  })
