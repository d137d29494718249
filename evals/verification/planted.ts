import type { CitedClaim, CitedSource } from '../../src/verification/claims.ts'
import type { Base } from './bases.ts'

export interface Planted {
  claims: CitedClaim[]
  /** Sources beside the base's own. */
  sources?: CitedSource[]
}

/** The base's citation under another text, as the research team cites: the sentence with its words. */
export function cited({ source, sentence }: Base, text: string): CitedClaim {
  const citation =
    sentence === undefined
      ? { sourceId: source.id }
      : { sourceId: source.id, sentence, quote: source.sentences[sentence]! }
  return { id: 'claim', text, citations: [citation] }
}

/** `Ma et al. (2025) find that ...` before the text; undefined when the authors' names cannot be read. */
export function attributed(
  base: Base,
  random: () => number,
  year = (base.source.published ?? '').slice(0, 4),
): CitedClaim | undefined {
  const authors = base.source.authors ?? []
  const name = /(\p{Lu}[\p{L}’'-]+)$/u.exec(authors[0]?.trim() ?? '')?.[1]
  if (name === undefined || year === '') return undefined
  const verb = ['find that', 'report that', 'show that', 'conclude that'][Math.floor(random() * 4)]!
  const text = /^(?:The|A|An|These|This)\b/.test(base.text)
    ? base.text[0]!.toLowerCase() + base.text.slice(1)
    : base.text
  const who = authors.length === 1 ? name : `${name} et al.`
  return cited(
    base,
    random() < 0.5 ? `${who} (${year}) ${verb} ${text}` : base.text.replace(/\.$/, ` (${who}, ${year}).`),
  )
}
