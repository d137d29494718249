import { sentences } from '../../../domain/text/sentences.ts'
import { checkCitations } from '../../../verification/citations.ts'
import { type Attribution, withoutAttribution } from '../attribution.ts'
import type { PaperRecord, Statement } from '../shapes.ts'

/** The reader's own check: retellings that their sentences do not carry are not handed on for others to find. */
export const carried = <Told extends Statement>(
  paper: PaperRecord,
  text: string,
  attribution: Attribution,
  statements: readonly Told[],
): Told[] => {
  const source = {
    id: paper.id,
    title: paper.title,
    sentences: sentences(text).map((sentence) => sentence.text),
  }
  const claims = statements
    .filter(({ kind }) => kind !== 'gap')
    .flatMap(({ id, text: own, named, sentence }) =>
      [own, ...(named === undefined ? [] : [named])].map((each) => ({
        id,
        text: withoutAttribution(each, attribution),
        citations: [{ sourceId: paper.id, quote: sentence, sentence: source.sentences.indexOf(sentence) }],
      })),
    )
  const refused = new Set(
    checkCitations({ claims, sources: [source] }).findings.map(({ claimId }) => claimId),
  )
  return statements.filter(({ id }) => !refused.has(id))
}
