import { type Checker, clauseAt, type Finding, placeOf, quoted } from '../matter.ts'

const MONTH = 'January|February|March|April|May|June|July|August|September|October|November|December'
const DATE = new RegExp(`\\b(?:(?:${MONTH})\\s+)?((?:19|20)\\d\\d)\\b`, 'g')
/** Words that place a statement in the reader's time rather than the source's. */
const LASTING =
  /\b(?:still|no longer|to this day|to date|today|nowadays|now|currently|as of|by now|already|until now|ever since|remains? (?:the|un)\w*|so far|has since|have since|for years|for decades|long)\b/i
const NEAR = 0.5

/** Years stand in the source or are its own, and what it said of its time is not said of another. */
export const timeChecker: Checker = {
  kinds: ['time'],
  check(matter) {
    const found: Finding[] = []
    let looked = 0
    if (matter.passages.length === 0) return { looked: {}, found }
    const cited = [...matter.passages, ...matter.titles]
    const years = new Set([
      ...cited.flatMap(({ reading }) => reading.text.match(/(?<!\d)(?:19|20)\d\d(?!\d)/g) ?? []),
      ...matter.sources.map(({ year }) => year),
    ])
    for (const match of matter.text.matchAll(DATE)) {
      looked += 1
      if (years.has(match[1]!)) continue
      found.push({
        kind: 'time',
        message: `speaks of ${match[0]}, which does not stand in ${cited.length === 1 ? placeOf(cited[0]!) : 'what it cites'}.`,
        clause: clauseAt(matter.clauses, match.index),
      })
    }
    for (const { reading, passage, alignment, start } of matter.segments) {
      const own = LASTING.exec(reading.text)
      if (!own) continue
      looked += 1
      if (alignment.ordered < NEAR || cited.some((each) => LASTING.test(each.reading.text))) continue
      found.push({
        kind: 'time',
        message: `says "${own[0]}", of which ${placeOf(passage)} says nothing: ${quoted(passage)}.`,
        clause: clauseAt(matter.clauses, start + own.index),
        sourceId: passage.source.cited.id,
      })
    }
    return { looked: { time: looked }, found }
  },
}
