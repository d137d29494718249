import {
  type Checker,
  clauseAt,
  type Finding,
  type Matter,
  type Passage,
  placeOf,
  quoted,
} from '../matter.ts'
import { compact, isCommonName, knowsName, type Name, namesIn, spelledOut } from '../names.ts'
import { quotesIn } from '../quotes.ts'
import { TEXT_CHARS_MAX } from '../reading.ts'

/** Names are known to what is cited, and stand where the source has them. */
export const entityChecker: Checker = {
  kinds: ['entity'],
  check(matter) {
    if (matter.sources.length === 0) return { looked: {}, found: [] }
    const quotes = quotesIn(matter.claim.text.slice(0, TEXT_CHARS_MAX))
    const names = namesIn(matter.text).filter(
      ({ start }) => !quotes.some((quote) => quote.start <= start && start < quote.end),
    )
    const found: Finding[] = []
    for (const [at, name] of names.entries()) {
      const known = matter.sources.some(({ names: index, abbreviations }) => {
        if (knowsName(name, index) || spelledOut(names, at, index)) return true
        return abbreviations.has(name.key) || (!name.strong && index.stems.has(stemOf(matter, name)))
      })
      if (known) continue
      if (!name.strong && !near(matter, name)) continue
      found.push({
        kind: 'entity',
        message: `names ${name.text}, of which ${matter.sources.map(({ cited }) => cited.id).join(', ')} ${matter.sources.length > 1 ? 'do' : 'does'} not speak.`,
        clause: clauseAt(matter.clauses, name.start),
      })
    }
    if (found.length === 0) found.push(...replaced(matter))
    return { looked: { entity: names.length }, found }
  },
}

function stemOf(matter: Matter, { start }: Name): string {
  return matter.whole.words.find((word) => word.start === start)?.stem ?? ''
}

const NEAR = 0.6

function near({ segments }: Matter, { start }: Name): boolean {
  return segments.some(
    (each) =>
      each.start <= start && start < each.start + each.reading.text.length && each.alignment.ordered >= NEAR,
  )
}

/**
 * In fewer of the source's words, a name that every reader knows may stand for what the source
 * spells otherwise.
 */
const COPIED = 0.8

/** "GPT-2" where the passage writes GPT2. */
function writtenOtherwise({ text }: Matter, at: number, { reading }: Passage): boolean {
  const name = namesIn(text).find(({ start, end }) => start <= at && at < end)
  return name !== undefined && /\d/.test(name.key) && compact(reading.text).includes(name.key)
}

const NEARLY_SAME = 0.65

/** In nearly the words of the source, one name where the source has another. */
function replaced(matter: Matter): Finding[] {
  return matter.segments.flatMap(({ alignment, passage, start }) => {
    if (alignment.ordered < NEARLY_SAME) return []
    return alignment.gaps.flatMap(({ claim, source }) => {
      const own = claim.filter(
        ({ strong, norm }) => strong && !(isCommonName(norm) && alignment.ordered < COPIED),
      )
      const there = source.filter(({ name }) => name)
      if (own.length === 0 || there.length === 0) return []
      const keys = new Set(matter.whole.words.map(({ norm }) => norm))
      const lost = there.filter(({ norm }) => !keys.has(norm))
      const inSentence = new Set(passage.reading.words.map(({ norm }) => norm))
      const strange = own.filter(
        ({ norm, start: at }) => !inSentence.has(norm) && !writtenOtherwise(matter, start + at, passage),
      )
      if (lost.length === 0 || strange.length === 0) return []
      return [
        {
          kind: 'entity' as const,
          message: `says ${strange.map(({ text }) => text).join(' ')} where ${placeOf(passage)} says ${lost.map(({ text }) => text).join(' ')}: ${quoted(passage)}.`,
          clause: clauseAt(matter.clauses, start + strange[0]!.start),
          sourceId: passage.source.cited.id,
        },
      ]
    })
  })
}
