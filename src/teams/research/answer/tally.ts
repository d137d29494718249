import type { Claim, Retrieved } from '../shapes.ts'

/** How many papers of the collection speak of each subject, counted over all of it; the validator counts on the same figures. */
export const talliesOf = ({ collection, source }: Pick<Retrieved, 'collection' | 'source'>): Claim[] => {
  const where = source === 'arxiv' ? 'papers found on arXiv' : 'papers of the collection'
  const counts = collection.about.map(
    ({ text, papers, titles }, at): Claim => ({
      id: `tally/${at}`,
      kind: 'tally',
      text: `${papers} of the ${collection.size} ${where} speak of “${text}” in title or abstract, ${titles} in the title.`,
      citations: [],
    }),
  )
  const caveat: Claim = { id: 'tally/caveat', kind: 'tally', text: TALLY_CAVEAT, citations: [] }
  return counts.length === 0 ? [] : [...counts, caveat]
}

const TALLY_CAVEAT = 'That is a count of this collection, which is a selection, and not of the field.'
