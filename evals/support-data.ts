import { bm25Index } from '../src/domain/text/bm25.ts'
import { type Idf, idfTable } from '../src/domain/text/similarity.ts'
import { stems } from '../src/domain/text/tokens.ts'
import { readRecords } from './data.ts'
import { scifactPairs } from './scifact-data.ts'
import { withoutOpening } from './stance-data.ts'
import { summaryBases } from './verification/bases.ts'

/** A text with an abstract: its own, or one that BM25 mistakes for it. */
export interface TopicPair {
  claim: string
  title: string
  sentences: readonly string[]
  idf: Idf
  own: boolean
}

interface Abstract {
  title: string
  sentences: readonly string[]
}

const NEAREST = 3
const WORDS = { min: 6, max: 28 }
/** Every third abstract is enough. */
const STRIDE = 3

/** Last sentences and titles of SciFact's abstracts, the text itself left out; no abstract of the reporting part is among them. */
export function conclusionPairs(): TopicPair[] {
  const { pairs, idf } = scifactPairs()
  const kept = new Set(pairs.filter(({ part }) => part === 'report').map(({ title }) => title))
  const all = readRecords<{ title: string; abstract: string[] }>('scifact/corpus.jsonl')
    .map(({ title, abstract }): Abstract => ({ title, sentences: abstract }))
    .filter(({ title, sentences }) => !kept.has(title) && sentences.length >= 5)
  const near = nearestOf(all)
  return all.flatMap((own, at) => {
    if (at % STRIDE > 0) return []
    const titled = at % 2 === 0
    const claim = titled ? own.title.replace(/:.*$/, '') : withoutOpening(own.sentences.at(-1)!)
    const words = claim.split(/\s+/).length
    if (words < WORDS.min || words > WORDS.max) return []
    const bare = ({ title, sentences }: Abstract) => ({ title: titled ? '' : title, sentences })
    const rest = { ...own, sentences: titled ? own.sentences : own.sentences.slice(0, -1) }
    return [
      { claim, idf, own: true, ...bare(rest) },
      ...near(claim, at).map((other) => ({ claim, idf, own: false, ...bare(other) })),
    ]
  })
}

/** Human summaries of SciTLDR's training papers. */
export function summaryPairs(): TopicPair[] {
  const bases = summaryBases('choose').filter(({ source }) => source.sentences.length > 1)
  const all = bases.map(({ source }): Abstract => source)
  const idf = idfTable(all.map(textOf))
  const near = nearestOf(all)
  return bases.flatMap(({ text: claim, source: { title, sentences } }, at) => [
    { claim, idf, own: true, title, sentences },
    ...near(claim, at).map((other) => ({
      claim,
      idf,
      own: false,
      title: other.title,
      sentences: other.sentences,
    })),
  ])
}

function textOf({ title, sentences }: Abstract): string[] {
  return stems(`${title} ${sentences.join(' ')}`)
}

function nearestOf(all: readonly Abstract[]): (text: string, but: number) => Abstract[] {
  const index = bm25Index(all.map(textOf))
  return (text, but) =>
    index
      .search(stems(text), NEAREST + 1)
      .filter((hit) => hit.index !== but && all[hit.index]!.title !== all[but]!.title)
      .slice(0, NEAREST)
      .map((hit) => all[hit.index]!)
}
