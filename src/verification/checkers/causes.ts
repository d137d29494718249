import { type Checker, clauseAt, type Finding, placeOf, quoted } from '../matter.ts'

const CAUSAL =
  /\b(?:caus(?:es?|ed|ing|al(?:ly)?)|because|due to|owing to|thanks to|lead(?:s|ing)? to|led to|result(?:s|ed|ing)? in|responsible for|driv(?:es?|en|ing) by|drives|therefore|thereby|thus|hence|consequently|as a result|attribut(?:ed|able) to|stem(?:s|med|ming)? from|gives? rise to|brings? about|triggers?|mak(?:es?|ing)|made|produc(?:es?|ed|ing)|induc(?:es?|ed|ing)|determin(?:es?|ed))\b/i
const LINK =
  /\b(?:associat\w+|correlat\w+|relat(?:ed|es?|ion\w*)|link(?:ed|s)?|coincid\w+|accompan\w+|predict\w*|indicat\w+|suggest\w*|tend(?:s|ed)?|observ\w+|alongside|likely|risk|may|might|could)\b/i
const NEAR = 0.4
const NEARLY_SAME = 0.75

/** What goes together in the source is not made cause and effect. */
export const causeChecker: Checker = {
  kinds: ['cause'],
  check(matter) {
    const found: Finding[] = []
    let looked = 0
    for (const { reading, passage, alignment, start } of matter.segments) {
      const own = CAUSAL.exec(reading.text)
      if (!own) continue
      looked += 1
      const cited = matter.passages.map((each) => each.reading.text).join(' ')
      if (CAUSAL.test(cited)) continue
      const linked = LINK.test(passage.reading.text)
      if (alignment.held < (linked ? NEAR : NEARLY_SAME)) continue
      found.push({
        kind: 'cause',
        message: `says "${own[0]}", where ${placeOf(passage)} names no cause: ${quoted(passage)}.`,
        clause: clauseAt(matter.clauses, start + own.index),
        sourceId: passage.source.cited.id,
      })
    }
    return { looked: { cause: looked }, found }
  },
}
