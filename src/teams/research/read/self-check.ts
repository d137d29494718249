import { sentences } from '../../../domain/text/sentences.ts'
import { plainRarity } from '../../../verification/grounding.ts'
import { holdsQuote } from '../../../verification/quotes.ts'
import { verifyClaims } from '../../../verification/verify.ts'
import type { PaperRecord, Statement } from '../shapes.ts'

const placeOf = (sentence: string, sentences: readonly string[]): { sentence?: number } => {
  const at = sentences.findIndex((each) => holdsQuote([each], sentence))
  return at < 0 ? {} : { sentence: at }
}

/**
 * The reader's own check: retellings that their sentences do not carry are not handed on for others to find. Rarity is guessed from the form
 * of words, here and in the validator, so that both come to the same verdict whatever else was read.
 */
export const carried = <Told extends Statement>(
  paper: PaperRecord,
  text: string,
  statements: readonly Told[],
): Told[] => {
  const source = {
    id: paper.id,
    title: paper.title,
    authors: paper.authors.filter((name) => !/^et al\.?$/i.test(name)),
    published: paper.published,
    sentences: sentences(text).map((sentence) => sentence.text),
  }
  const claims = statements
    .filter(({ kind }) => kind !== 'gap')
    .flatMap(({ id, text: own, named, sentence }) =>
      [own, ...(named === undefined ? [] : [named])].map((each) => ({
        id,
        text: each,
        citations: [{ sourceId: paper.id, quote: sentence, ...placeOf(sentence, source.sentences) }],
      })),
    )
  const refused = new Set(
    verifyClaims({ claims, sources: [source] }, { idf: plainRarity })
      .faults.filter(({ kind }) => kind !== 'duplicate')
      .map(({ claimId }) => claimId),
  )
  return statements.filter(({ id }) => !refused.has(id))
}
