import { setImmediate } from 'node:timers/promises'
import { phrasePattern } from '../../domain/text/phrases.ts'
import type { Skipped } from './corpus-files.ts'
import { type DateRange, dateRange, type Paper } from './paper.ts'

/** A collection as a whole: what a search needs to weigh its words, and what a reader of the report should know. */
export type Collection = {
  size: number
  dates: DateRange
  /** For each subject asked about, how many documents speak of it, and how many in their title. */
  about: { papers: number; titles: number }[]
  /** Files that could not be read: how many, and the first of them with the reason. */
  skipped: { count: number; first: Skipped[] }
}

const SKIPPED_TOLD = 20
/** Documents of a collection may be of any size and number: others get a turn after so many characters. */
const TURN_CHARACTERS = 2_000_000

export const collectionOf = async (
  { papers, skipped }: { papers: ReadonlyMap<string, Paper>; skipped: readonly Skipped[] },
  subjects: readonly (readonly string[])[],
): Promise<Collection> => {
  // The same subject may be asked for more than once; it is counted once.
  const counted = new Map(subjects.map((names) => [names.join('|'), { names, papers: 0, titles: 0 }]))
  const patterns = [...counted.values()].map((count) => ({ count, pattern: phrasePattern(count.names) }))
  let characters = 0
  for (const { title, abstract } of papers.values()) {
    characters += title.length + abstract.length
    for (const { count, pattern } of patterns) {
      const titled = pattern.test(title)
      if (titled) count.titles += 1
      if (titled || pattern.test(abstract)) count.papers += 1
    }
    if (characters < TURN_CHARACTERS) continue
    characters = 0
    await setImmediate()
  }
  return {
    size: papers.size,
    dates: dateRange([...papers.values()]),
    about: subjects.map((names) => {
      const { papers: found, titles } = counted.get(names.join('|'))!
      return { papers: found, titles }
    }),
    skipped: { count: skipped.length, first: skipped.slice(0, SKIPPED_TOLD) },
  }
}
