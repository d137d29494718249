import { stem, words } from '../../domain/text/tokens.ts'
import { type Checker, excerpt, type Finding, type ReadSource } from '../matter.ts'
import { holdsQuote, quotesIn } from '../quotes.ts'
import { TEXT_CHARS_MAX } from '../reading.ts'

/** What is quoted, beside a citation or inside the text, stands in what is cited word for word. */
export const quoteChecker: Checker = {
  kinds: ['quote'],
  check({ claim, sources, clauses }) {
    const found: Finding[] = []
    let looked = 0
    for (const [at, { sourceId, quote, sentence }] of claim.citations.entries()) {
      const source = sources.find(({ cited }) => cited.id === sourceId)?.cited
      if (quote === undefined || source === undefined) continue
      looked += 1
      const cited =
        sentence === undefined ? [...source.sentences, source.title] : [source.sentences[sentence] ?? '']
      if (
        holdsQuote(sentence === undefined ? source.sentences : cited, quote) ||
        holdsQuote([source.title], quote)
      )
        continue
      const elsewhere = source.sentences.findIndex((each) => holdsQuote([each], quote))
      found.push({
        kind: 'quote',
        message: `quotes "${excerpt(quote)}", which does not stand in ${sentence === undefined ? sourceId : `sentence ${sentence} of ${sourceId}`} word for word${
          elsewhere >= 0 ? `; it stands in sentence ${elsewhere}` : ''
        }.`,
        sourceId,
        citation: at,
      })
    }
    for (const quote of quotesIn(claim.text.slice(0, TEXT_CHARS_MAX))) {
      if (sources.length === 0) continue
      looked += 1
      if (sources.some((source) => standsIn(source, quote.text))) continue
      found.push({
        kind: 'quote',
        message: `puts "${excerpt(quote.text)}" in quotation marks, which does not stand in ${sources.map(({ cited }) => cited.id).join(', ')} word for word.`,
        clause: clauses.findIndex(({ start, end }) => start <= quote.start && quote.start < end),
      })
    }
    return { looked: { quote: looked }, found }
  },
}

const VERBATIM_WORDS_MIN = 4

/** Word for word but for capitals; two or three words may be a term that the text only marks as one. */
function standsIn({ cited, names }: ReadSource, quote: string): boolean {
  const lower = (text: string) => text.toLowerCase()
  if (holdsQuote([cited.title, ...cited.sentences].map(lower), lower(quote))) return true
  const read = words(quote)
  return read.length < VERBATIM_WORDS_MIN && read.every((word) => names.stems.has(stem(word)))
}
