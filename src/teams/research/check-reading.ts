import { cut } from '../../domain/text/cut.ts'
import { checkClaims } from './check-claims.ts'
import type { Complaint } from './feedback.ts'
import type { Claim, Reading, Statement } from './shapes.ts'
import type { Library } from './source-library.ts'

/**
 * What is wrong with a reading: a sentence that does not stand where it is said to, a summary that its sentence does not carry. What else it
 * retells is judged where the report says it.
 */
export const checkReading = (reading: Reading, library: Library): Complaint[] => {
  const source = library.sources.get(reading.id)
  if (source === undefined)
    return [
      {
        claim: `${reading.id}#0`,
        message: `The reading is of ${reading.id}, which is not among the sources.`,
      },
    ]
  const displaced = reading.statements.filter(
    ({ sentence, start, end, in: part }) => source.text(part).slice(start, end) !== sentence,
  )
  const placed = reading.statements.filter((statement) => !displaced.includes(statement))
  const summary = placed.find(({ kind }) => kind !== 'gap')
  return [
    ...displaced.map(({ id, sentence, start, end }) => ({
      claim: id,
      message: `Statement ${id} names "${cut(sentence, 100)}" as what stands at ${start} to ${end} of ${reading.id}; it does not.`,
    })),
    ...checkClaims(
      placed
        .filter((statement) => statement === summary || statement.kind === 'gap')
        .flatMap((statement) => retellings(reading, statement)),
      library,
    ).complaints,
  ]
}

const retellings = (reading: Reading, { id, kind, text, named, sentence }: Statement): Claim[] => {
  const claim: Claim = {
    id,
    kind: kind === 'gap' ? 'quote' : 'paraphrase',
    text,
    citations: [{ paper: reading.id, quote: sentence }],
  }
  return named === undefined ? [claim] : [claim, { ...claim, text: named }]
}
