import { AREAS } from '../areas.ts'
import { conceptsIn, queryFor } from '../understand/concepts.ts'
import type { Question, QuestionKind } from '../understand/question.ts'

/** Each is a search whose answer the log keeps. */
const FACETS_MAX = 10
/** What else a paper that answers a kind of question speaks of. */
const BY_KIND: { [kind in QuestionKind]: readonly string[] } = {
  survey: ['survey', 'benchmark evaluation', 'analysis mechanism'],
  which: ['outperforms state-of-the-art accuracy', 'benchmark comparison of methods'],
  list: ['introduce', 'survey'],
  evaluated: ['benchmark evaluation metric questions', 'dataset annotated test set'],
  compare: [],
  'yes-no': ['improves effective outperforms', 'fails limits vulnerable degrade struggle'],
  cause: ['analysis cause because mechanism reveals attribute', 'diagnose source of errors'],
  how: ['method framework propose training-free training'],
  count: [],
  paper: [],
  problems: ['limitations open challenges future work survey', 'benchmark reveals models fail struggle'],
  disagree: ['contrary to revisit rethinking', 'analysis cause mechanism'],
  limits: ['limitations fail struggle gap', 'benchmark reveals'],
}

/** What else to search for, to see all of it: the areas of a whole field, what a kind of question needs, both sides of a comparison. */
export const facetsOf = (question: Question, query: string, broad: boolean): string[] => {
  const areas = broad
    ? [...AREAS].sort((a, b) => b.prominence - a.prominence).map(({ query: area }) => `multimodal ${area}`)
    : []
  const sides = question.sides.map((side) => `${side} ${queryFor(conceptsIn(side))}`)
  const kinds = BY_KIND[question.kind].map((words) => `${query} ${words}`)
  const open =
    question.problems > 0 && !broad
      ? [
          `${query} limitations open challenges survey`,
          `${query} benchmark reveals models fail struggle analysis`,
        ]
      : []
  const own = broad && question.kind === 'survey' ? areas : [...sides, ...kinds]
  return [...new Set([...question.queries, ...own, ...open])].slice(0, broad ? AREAS.length : FACETS_MAX)
}
