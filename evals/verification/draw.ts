import { seeded } from '../../test/seed.ts'
import { type Base, sentenceBases, summaryBases } from './bases.ts'
import { listedPapers, type Part, shuffled } from './papers.ts'
import type { Planted } from './planted.ts'
import { attributed, cited } from './planted.ts'
import { PLANTERS, TEXT_KINDS } from './plants.ts'
import { reworded } from './reworded.ts'

export interface Plant extends Planted {
  kind: string
  base: Base
}

export interface Drawn {
  /** Faults planted in sentences of abstracts and in human summaries. */
  plants: Plant[]
  /** The same faults in human summaries of whole abstracts. */
  loose: Plant[]
  /** Human summaries as they are. */
  summaries: Plant[]
  /** Two of them in one sentence, both papers cited. */
  joined: Plant[]
  /** The sentences as they are, a third of them with their authors. */
  untouched: Plant[]
  /** The sentences in other words that say the same. */
  reworded: Plant[]
}

export const SEED = 20261130
const PER_KIND = { sentences: 100, summaries: 40 }

/** The same draw for the same seed. */
export function draw(part: Part, seed = SEED): Drawn {
  const random = seeded(seed + (part === 'choose' ? 0 : 1))
  const bases = shuffled(sentenceBases(listedPapers(part)), random)
  const summaries = shuffled(summaryBases(part), random)
  const setting = { part, random, others: bases.slice(0, 3000) }
  const planted = (
    kinds: readonly string[],
    from: readonly Base[],
    count: number,
    others: readonly Base[],
  ): Plant[] =>
    kinds.flatMap((kind) => {
      const found: Plant[] = []
      const start = Math.floor(random() * from.length)
      for (let at = 0; at < from.length && found.length < count; at += 1) {
        const base = from[(start + at) % from.length]!
        const plant = PLANTERS[kind]!(base, { ...setting, others })
        if (plant) found.push({ ...plant, kind, base })
      }
      return found
    })
  return {
    plants: planted(Object.keys(PLANTERS), bases, PER_KIND.sentences, setting.others),
    loose: planted(TEXT_KINDS, summaries, PER_KIND.summaries, summaries),
    summaries: summaries
      .slice(0, 619)
      .map((base) => ({ kind: 'summary', base, claims: [cited(base, base.text)] })),
    joined: joinedOf(summaries.slice(0, 618)),
    reworded: bases.slice(400, 1200).flatMap((base, at): Plant[] => {
      const text = reworded(base.text, at)
      return text === undefined ? [] : [{ kind: 'reworded', base, claims: [cited(base, text)] }]
    }),
    untouched: bases.slice(0, 400).map((base, at) => ({
      kind: 'untouched',
      base,
      claims: [(at % 3 === 0 ? attributed(base, random) : undefined) ?? cited(base, base.text)],
    })),
  }
}

/** "A, whereas B" with both papers cited: what a survey is for. */
function joinedOf(summaries: readonly Base[]): Plant[] {
  return summaries.flatMap((one, at): Plant[] => {
    const two = summaries[at + 1]
    if (at % 2 === 1 || two === undefined) return []
    const text = `${one.text.replace(/[.\s]+$/, '')}, whereas ${two.text[0]!.toLowerCase()}${two.text.slice(1)}`
    return [
      {
        kind: 'joined',
        base: one,
        claims: [
          { id: 'claim', text, citations: [{ sourceId: one.source.id }, { sourceId: two.source.id }] },
        ],
        sources: [two.source],
      },
    ]
  })
}
