import { AREAS, type Area } from './areas.ts'

const TITLE_WEIGHT = 3
const ABSTRACT_HITS_MAX = 4
const ABSTRACT_WEIGHT = 0.5
const SCORE_MIN = 1

/** The field a paper belongs to: what its title says, then how often its abstract speaks of it; undefined when neither does. */
export const areaOf = (title: string, abstract: string, areas: readonly Area[] = AREAS): Area | undefined => {
  const [first] = areas
  // A release is about its model, whatever its title promises.
  if (areas === AREAS && first?.words.test(title) === true) return first
  let best: Area | undefined
  let bestScore = SCORE_MIN - Number.EPSILON
  for (const area of areas) {
    const every = new RegExp(area.words.source, 'gi')
    const score =
      TITLE_WEIGHT * Math.min(2, title.match(every)?.length ?? 0) +
      ABSTRACT_WEIGHT * Math.min(ABSTRACT_HITS_MAX, abstract.match(every)?.length ?? 0)
    if (score > bestScore) [best, bestScore] = [area, score]
  }
  return best
}
