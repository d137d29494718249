import { type Checker, excerpt, type Finding } from '../matter.ts'
import { allQuantities } from '../quantities.ts'

const PAPERS =
  /^\s*(?:other\s|recent\s|further\s|more\s)*(?:papers?|studies|study|works?|articles?|preprints?|surveys?|publications?)\b/i

/** Sources and sentences exist, nothing is cited twice, and a sum counts as many sources as it cites. */
export const sourceChecker: Checker = {
  kinds: ['source', 'duplicate', 'count'],
  check({ claim, text, sources }) {
    const found: Finding[] = []
    const known = new Set(sources.map(({ cited }) => cited.id))
    const seen = new Set<string>()
    if (claim.citations.length === 0)
      found.push({ kind: 'source', message: `cites no source: "${excerpt(text)}".` })
    for (const [at, { sourceId, sentence, quote }] of claim.citations.entries()) {
      const source = sources.find(({ cited }) => cited.id === sourceId)
      if (!known.has(sourceId))
        found.push({
          kind: 'source',
          message: `cites ${sourceId}, which is not among the sources.`,
          sourceId,
          citation: at,
        })
      else if (sentence !== undefined && source!.cited.sentences[sentence] === undefined)
        found.push({
          kind: 'source',
          message: `cites sentence ${sentence} of ${sourceId}, which has ${source!.cited.sentences.length} sentences (counted from 0).`,
          sourceId,
          citation: at,
        })
      const key = JSON.stringify([
        sourceId,
        sentence ?? null,
        sentence === undefined ? (quote ?? null) : null,
      ])
      if (seen.has(key))
        found.push({
          kind: 'duplicate',
          message: `cites the same place of ${sourceId} twice.`,
          sourceId,
          citation: at,
        })
      seen.add(key)
    }
    const counted = countOf(text)
    if (counted !== undefined && counted.amount !== sources.length)
      found.push({ kind: 'count', message: `counts ${counted.text} papers and cites ${sources.length}.` })
    return {
      looked: {
        source: Math.max(1, claim.citations.length),
        duplicate: claim.citations.length,
        ...(counted && { count: 1 }),
      },
      found,
    }
  },
}

/** "Three papers ...": the number of papers a text says it speaks of, when it opens with it. */
export function countOf(text: string): { amount: number; text: string; start: number } | undefined {
  const [first] = allQuantities(text)
  if (first === undefined || first.unit !== '' || !/^[\s\p{L},:]{0,40}$/u.test(text.slice(0, first.start)))
    return undefined
  return PAPERS.test(text.slice(first.end))
    ? { amount: first.amount, text: first.text, start: first.start }
    : undefined
}
