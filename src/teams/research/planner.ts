import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import type { Step } from '../../domain/plan.ts'
import { isObject } from '../../domain/reference.ts'
import { PAPERS, type ResearchParams, readParams } from './understand/params.ts'
import type { Question } from './understand/question.ts'
import { refined } from './understand/refine.ts'
import { toldUnderstanding } from './understand/tell.ts'
import { understood } from './understand/understand.ts'

const READERS_AT_ONCE = 8
const GAVE_UP =
  'The model’s part did not pass the validator, even after its feedback; classical methods wrote this report.'

export type PlannerInput = { goal: string; params?: Json; previous?: Json }

/**
 * retrieve -> read each paper -> synthesize and find questions side by side, for the question as it was understood; a model, where there is
 * one, has the last word on that. A second plan has learned that what a model wrote did not hold: it uses classical methods.
 */
export const planResearch = async (
  input: PlannerInput,
  context: AgentContext,
): Promise<{ steps: Step[]; reason: string }> => {
  const params = readParams(input.params)
  const again = isObject(input.previous)
  const method = context.hasModel && !again ? 'model' : 'classical'
  const coded = understood(input.goal, params)
  const { question, notes } =
    method === 'model' ? await refined(context, coded, params) : { question: coded, notes: [] }
  const search = {
    question,
    method,
    notes: [...(again && context.hasModel ? [GAVE_UP] : []), ...notes],
    max: papersFor(params, question, input.goal),
    source: params.source ?? (params.corpus === undefined ? 'arxiv' : 'corpus'),
    ...(params.corpus === undefined ? {} : { corpus: params.corpus }),
  }
  const told = `Understood as: ${toldUnderstanding(question)}.`
  return {
    reason: again
      ? `The last report did not pass the validator: classical methods this time. ${told}`
      : `${told} Read up to ${search.max} papers, write and ask side by side.`,
    steps: stepsFor(search, method, params),
  }
}

const papersFor = ({ max }: ResearchParams, question: Question, goal: string): number => {
  if (max !== undefined) return max
  if (question.kind === 'paper') return 1
  const asked = /\b(\d{1,3}) (?:\w+ ){0,2}papers\b/i.exec(goal)?.[1]
  return asked === undefined ? PAPERS.default : Math.max(1, Math.min(PAPERS.max, Number(asked)))
}

const stepsFor = (
  search: { question: Question; max: number },
  method: string,
  params: ResearchParams,
): Step[] => {
  const { question } = search
  const frame = { question, method, readings: { $step: 'read' } }
  return [
    { id: 'retrieve', agent: 'retriever', payload: asJson(search), dependsOn: [] },
    {
      id: 'read',
      agent: 'reader',
      dependsOn: ['retrieve'],
      forEach: { $step: 'retrieve', path: '/papers' },
      concurrency: READERS_AT_ONCE,
      payload: asJson({
        paper: { $item: '' },
        question,
        method,
        ...(params.fullText === undefined ? {} : { fullText: params.fullText }),
        ...(params.corpus === undefined ? {} : { corpus: params.corpus }),
      }),
    },
    {
      id: 'synthesize',
      agent: 'synthesizer',
      dependsOn: ['read'],
      payload: asJson({ ...frame, retrieved: { $step: 'retrieve' } }),
    },
    {
      id: 'questions',
      agent: 'question-generator',
      dependsOn: ['read'],
      payload: asJson({ ...frame, retrieved: { $step: 'retrieve' } }),
    },
  ]
}
