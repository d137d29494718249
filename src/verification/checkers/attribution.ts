import { attributionsIn, familyNames } from '../attributions.ts'
import type { Checker, Finding, ReadSource } from '../matter.ts'
import { TEXT_CHARS_MAX } from '../reading.ts'

/** `Name et al. (year)` are the authors and the year of a source the claim cites. */
export const attributionChecker: Checker = {
  kinds: ['attribution'],
  check({ claim, sources, clauses }) {
    const known = sources.filter(({ families }) => families.length > 0)
    if (known.length === 0) return { looked: {}, found: [] }
    const found: Finding[] = []
    const all = attributionsIn(claim.text.slice(0, TEXT_CHARS_MAX))
    for (const { text, names, etAl, year, start } of all) {
      const clause = clauses.findIndex((each) => each.start <= start && start < each.end)
      const own = known.filter((source) => writtenBy(source, names, etAl))
      if (own.length === 0) {
        const authors = known.map(
          ({ cited }) => `${cited.id} is by ${(cited.authors ?? []).slice(0, 3).join(', ')}`,
        )
        found.push({ kind: 'attribution', message: `attributes to ${text}; ${authors.join('; ')}.`, clause })
      } else if (year !== '' && own.every((source) => source.year !== '' && source.year !== year))
        found.push({
          kind: 'attribution',
          message: `dates ${text}; ${own.map(({ cited, year: right }) => `${cited.id} is of ${right}`).join(', ')}.`,
          clause,
        })
    }
    return { looked: { attribution: all.length }, found }
  },
}

/** `et al.` goes by the first author; one or two names without it may be anybody on the list. */
function writtenBy({ cited, families }: ReadSource, names: readonly string[], etAl: boolean): boolean {
  const first = familyNames(cited.authors?.[0] ?? '')
  const among = etAl ? first : families
  return names.every((name) => {
    const plain = name.toLowerCase()
    return among.some(
      (family) => family === plain || family.endsWith(` ${plain}`) || plain.endsWith(` ${family}`),
    )
  })
}
