import { abbreviations } from '../domain/text/abbreviations.ts'
import { familyNames } from './attributions.ts'
import type { CitedSource } from './claims.ts'
import { prepareSource } from './grounding.ts'
import type { ReadSource } from './matter.ts'
import { nameIndex } from './names.ts'
import { readText } from './reading.ts'

/** Reads a source once; what it holds is asked for by every claim that cites it. */
export function readSource(cited: CitedSource): ReadSource {
  const title = readText(cited.title)
  const sentences = cited.sentences.map(readText)
  return {
    cited,
    title,
    sentences,
    names: nameIndex([title, ...sentences]),
    prepared: prepareSource(cited.sentences, cited.title),
    abbreviations: abbreviations([cited.title, ...cited.sentences]),
    families: (cited.authors ?? []).flatMap(familyNames),
    year: /\d{4}/.exec(cited.published ?? '')?.[0] ?? '',
  }
}
