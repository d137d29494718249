import { abbreviations } from '../domain/text/abbreviations.ts'
import { familyNames } from './attributions.ts'
import type { CitedSource } from './claims.ts'
import { prepareSource } from './grounding.ts'
import type { ReadSource } from './matter.ts'
import { nameIndex } from './names.ts'
import { readText } from './reading.ts'

const NAME_CHARS_MAX = 200

/** Reads a source once; what it holds is asked for by every claim that cites it. */
export function readSource(cited: CitedSource): ReadSource {
  const title = readText(cited.title)
  const sentences = cited.sentences.map(readText)
  // Read as far as a statement is: a source may hold anything.
  const bounded = sentences.map(({ text }) => text)
  return {
    cited,
    title,
    sentences,
    names: nameIndex([title, ...sentences]),
    prepared: prepareSource(bounded, title.text),
    abbreviations: abbreviations([title.text, ...bounded]),
    families: (cited.authors ?? []).flatMap((author) => familyNames(author.slice(0, NAME_CHARS_MAX))),
    year: /\d{4}/.exec((cited.published ?? '').slice(0, NAME_CHARS_MAX))?.[0] ?? '',
  }
}
