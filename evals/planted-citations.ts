import { bm25Index } from '../src/domain/text/bm25.ts'
import { bestSentence } from '../src/domain/text/extract.ts'
import { sentences } from '../src/domain/text/sentences.ts'
import { stems } from '../src/domain/text/tokens.ts'
import type { CitedClaim, CitedSource, Fault } from '../src/verification/claims.ts'
import { verifyClaims } from '../src/verification/verify.ts'
import { readRecords } from './data.ts'
import { printTable, type Row } from './table.ts'

interface Paper {
  id: string
  title: string
  abstract: string
}

interface Case extends CitedSource {
  best: string
  at: number
}

const PAPERS = 200

/** Reports over real arXiv abstracts with honest citations, which must pass, and with one planted fault each, which must not. */
export function evaluatePlanted(): void {
  const all = readRecords<Paper>('arxiv/arxiv_multimodal_llm.jsonl')
  const stride = Math.floor(all.length / PAPERS)
  const cases = all
    .filter((_, at) => at % stride === 0)
    .slice(0, PAPERS)
    .flatMap(caseOf)
  const index = bm25Index(cases.map((each) => stems(`${each.title} ${each.sentences.join(' ')}`)))
  const far = (at: number) => cases[(at + Math.floor(cases.length / 2)) % cases.length]!
  const near = (at: number) =>
    cases[index.search(stems(cases[at]!.best), 5).find((hit) => hit.index !== at)!.index]!
  const started = performance.now()
  honestReport(cases)
  const each = (performance.now() - started) / cases.length
  const passed = (name: string, claims: CitedClaim[]) => row(name, cases, claims, () => true, 'pass')
  const caught = (name: string, claims: CitedClaim[], kind: Fault['kind']) =>
    row(name, cases, claims, (finding) => finding.kind === kind, 'caught')
  printTable(`Citations over ${cases.length} arXiv abstracts`, [
    passed(
      'honest, in the words of the cited sentence',
      cases.map((own, at) => cite(at, own.best, own)),
    ),
    passed(
      'honest, reworded lightly',
      cases.map((own, at) => cite(at, reworded(own.best), own)),
    ),
    passed(
      'honest, the title for the whole abstract',
      cases.map((own, at) => ({ ...cite(at, own.title, own), citations: [{ sourceId: own.id }] })),
    ),
    caught(
      'cites a source that does not exist',
      cases.map((own, at) => cite(at, own.best, { ...own, id: `${own.id}9` })),
      'source',
    ),
    caught(
      'cites an unrelated paper',
      cases.map((own, at) => cite(at, own.best, far(at))),
      'support',
    ),
    caught(
      'cites the most similar other paper',
      cases.map((own, at) => cite(at, own.best, near(at))),
      'support',
    ),
    caught(
      'quotes with one word changed',
      cases.map((own, at) => cite(at, own.best, own, misquote(own.best))),
      'quote',
    ),
    caught(
      'changes a number',
      cases.flatMap((own, at) => {
        const stated = own.sentences.findIndex((text) => /\b\d\d(?:\.\d+)?\\?%/.test(text))
        if (stated < 0) return []
        const text = own.sentences[stated]!.replace(
          /\b(\d)(\d)((?:\.\d+)?\\?%)/,
          (_, a, b, rest) => `${a}${(Number(b) + 3) % 10}7${rest}`,
        )
        return [cite(at, text, { ...own, at: stated })]
      }),
      'number',
    ),
    { measure: 'ms a claim', ours: each.toFixed(2) },
  ])
}

function caseOf({ id, title, abstract }: Paper): Case[] {
  const list = sentences(abstract).map(({ text }) => text)
  const best = bestSentence(title, abstract)?.sentence
  return best === undefined || list.length < 3
    ? []
    : [{ id, title, sentences: list, best, at: list.indexOf(best) }]
}

function cite(at: number, text: string, { id, at: sentence }: Case, quote?: string): CitedClaim {
  return {
    id: `claim-${at}`,
    text,
    citations: [{ sourceId: id, sentence, ...(quote !== undefined && { quote }) }],
  }
}

function honestReport(cases: Case[]): void {
  verifyClaims({ claims: cases.map((own, at) => cite(at, own.best, own)), sources: cases })
}

function row(
  name: string,
  sources: Case[],
  claims: CitedClaim[],
  counts: (finding: Fault) => boolean,
  word: 'pass' | 'caught',
): Row {
  const flagged = new Set(
    verifyClaims({ claims, sources })
      .faults.filter(counts)
      .map(({ claimId }) => claimId),
  )
  const good = word === 'caught' ? flagged.size : claims.length - flagged.size
  return { measure: name, target: word, ours: `${good} of ${claims.length}` }
}

function reworded(text: string): string {
  return text
    .replace(/^(?:To [^,]{5,80}, |In this (?:paper|work), |Here, )/, '')
    .replace(/\bwe (?:propose|introduce|present)\b/i, 'the authors describe')
    .replace(/\bnovel |\bcomprehensive |\bsignificantly /g, '')
}

function misquote(text: string): string {
  const words = text.split(' ')
  const at = words.findIndex((word, index) => index > 3 && /^[a-z]{5,}$/.test(word))
  return words.map((word, index) => (index === at ? `not ${word}` : word)).join(' ')
}
