import type { Goal } from '../domain/goal.ts'
import type { RunPlace, RunsQuery } from '../ports/event-log.ts'
import { byCodePoint } from './order.ts'

/** Characters of a goal that are searched. */
const searchedCharsMax = 2_000

/** Text as it is compared: case does not count, in any script. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** What of a goal is searched. A policy may have put anything in its place. */
export const searchedText = (goal: Goal | undefined): string =>
  typeof goal?.text === 'string' ? folded(goal.text.slice(0, searchedCharsMax)) : ''

/** `searchedText` of a summary as it is stored: for stores that were made before goals were searched. */
export const searchedInSummary = (summary: unknown): string => {
  const kept = JSON.parse(String(summary)) as { goal?: Goal } | null
  return searchedText(kept?.goal)
}

/** The tags of a goal, as a policy left them. */
export const searchedTags = (goal: Goal | undefined): string[] =>
  Array.isArray(goal?.tags) ? [...new Set(goal.tags.filter((tag) => typeof tag === 'string'))] : []

/** Order of a list of runs, oldest first: by creation, then by id. */
const compareRuns = (a: RunPlace, b: RunPlace): number =>
  a.createdAt - b.createdAt || byCodePoint(a.run, b.run)

/** A list's order, and whether a run stands on its page. */
export const pageOf = ({ before, after, order }: RunsQuery) => ({
  compare: order === 'oldest' ? compareRuns : (a: RunPlace, b: RunPlace) => compareRuns(b, a),
  has: (run: RunPlace): boolean => {
    const isBefore =
      before === undefined ||
      (typeof before === 'number' ? run.createdAt < before : compareRuns(run, before) < 0)
    const isAfter =
      after === undefined || (typeof after === 'number' ? run.createdAt > after : compareRuns(run, after) > 0)
    return isBefore && isAfter
  },
})
