import { type Idf, idfTable } from '../src/domain/text/similarity.ts'
import { stems } from '../src/domain/text/tokens.ts'
import type { CitedSource } from '../src/verification/claims.ts'
import { seeded } from '../test/seed.ts'
import { readRecords } from './data.ts'
import { type ClaimPair, scifactPairs } from './scifact-data.ts'
import { turned } from './stance-turns.ts'
import { summaryBases } from './verification/bases.ts'
import { listedPapers } from './verification/papers.ts'
import { PLANTERS } from './verification/plants.ts'

/** A claim, a source that speaks of its matter, and whether it says the same (not the opposite). */
export interface StancePair {
  claim: string
  source: Pick<CitedSource, 'title' | 'sentences'>
  idf: Idf
  same: boolean
  fold: number
}

const FOLDS = 5
const SEED = 20261130
const WORDS = { min: 7, max: 35 }
const OPENING =
  /^(?:CONCLUSIONS?|INTERPRETATION|SIGNIFICANCE)(?: AND [A-Z]+)?\s*:?\s*|^(?:Thus|Therefore|Together|In conclusion|Overall|Collectively|In summary),?\s*|^(?:(?:Our|The|These|Extensive|Experimental)\s+){0,2}(?:results|findings|data|observations|stud(?:y|ies)|experiments|evaluations)(?: [^,]{3,60}?)? (?:show|demonstrate|reveal|indicate|suggest|confirm)s? that\s+/i

/** SciFact's claims with evidence on them, by hand, of one part. */
export function labelledPairs(part: ClaimPair['part']): StancePair[] {
  const { pairs, idf } = scifactPairs()
  return pairs.flatMap(({ claim, title, sentences, fold, evidence, label, part: own }): StancePair[] =>
    evidence && own === part
      ? [{ claim, source: { title, sentences }, idf, same: label === 'SUPPORT', fold }]
      : [],
  )
}

/** Titles and last sentences of SciFact's abstracts, each turned round and left as it is; no abstract of the reporting part is among them. */
export function turnedConclusions(): StancePair[] {
  const { pairs, idf } = scifactPairs()
  const kept = new Set(pairs.filter(({ part }) => part === 'report').map(({ title }) => title))
  const random = seeded(SEED)
  return readRecords<{ title: string; abstract: string[] }>('scifact/corpus.jsonl').flatMap(
    ({ title, abstract }, at) => {
      if (kept.has(title) || abstract.length < 4) return []
      const rest = abstract.slice(0, -1)
      return [
        ...bothWays(
          title.replace(/\.$/, ''),
          { title: '', sentences: abstract },
          { idf, fold: at % FOLDS, random },
        ),
        ...bothWays(abstract.at(-1)!, { title, sentences: rest }, { idf, fold: at % FOLDS, random }),
      ]
    },
  )
}

/** Human summaries as they are, and with an opposite or a denial planted, in the wordings that are there to choose with. */
export function plantedSummaries(): StancePair[] {
  const random = seeded(SEED + 1)
  const bases = summaryBases('choose')
  const idf = rarity([...listedPapers('choose'), ...bases.map(({ source }) => source)])
  return bases.flatMap((base, at): StancePair[] => {
    const pair = (claim: string, same: boolean) => ({
      claim,
      source: base.source,
      idf,
      same,
      fold: at % FOLDS,
    })
    const planted = ['contrary', 'negation'].flatMap(
      (kind) =>
        PLANTERS[kind]!(base, { part: 'choose', random, others: [] })?.claims.map(({ text }) => text) ?? [],
    )
    return [pair(base.text, true), ...planted.map((text) => pair(text, false))]
  })
}

/** What a last sentence finds, without "Conclusions" and "These results show that". */
export function withoutOpening(sentence: string): string {
  return sentence.replace(OPENING, '')
}

function bothWays(
  sentence: string,
  source: StancePair['source'],
  { random, ...rest }: Pick<StancePair, 'idf' | 'fold'> & { random: () => number },
): StancePair[] {
  const text = withoutOpening(sentence)
  const words = text.split(/\s+/).length
  if (words < WORDS.min || words > WORDS.max || text.includes('?')) return []
  const both = turned(text, random)
  if (both === undefined) return []
  return [
    { claim: both.same, source, same: true, ...rest },
    { claim: both.opposite, source, same: false, ...rest },
  ]
}

function rarity(sources: readonly StancePair['source'][]): Idf {
  return idfTable(sources.map(({ title, sentences }) => stems(`${title} ${sentences.join(' ')}`)))
}
