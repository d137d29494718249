import { bestSentence, scoreSentences } from '../src/domain/text/extract.ts'
import { type Rouge, rougeMax } from './rouge.ts'
import { type TldrPaper, tldrPapers } from './scitldr-data.ts'
import { printTable, type Row } from './table.ts'

type Choose = (paper: TldrPaper) => string

/** One extractive sentence against the TLDRs of SciTLDR's official development split; weights were fitted on its train split. */
export function evaluateScitldr(): void {
  const papers = tldrPapers('eval')
  const started = performance.now()
  for (const paper of papers) scoreSentences(paper.title, paper.source)
  const each = (performance.now() - started) / papers.length
  printTable(`SciTLDR-A development split, ${papers.length} abstracts, one extractive sentence`, [
    ...rows('with title', papers, withTitle, { baseline: '36.8', target: '>= 38' }),
    ...rows('without title', papers, (paper) => pick(paper, scoreSentences('', paper.source))),
    ...rows('with title, our own sentence splitting', papers, (paper) => own(paper)),
    ...rows('first sentence', papers, (paper) => paper.source[0]!, { baseline: '27.2' }),
    ...rows('best sentence there is (oracle)', papers, oracle, { baseline: '44.7' }),
    { measure: 'scoring, ms an abstract', target: '< 1', ours: each.toFixed(2) },
  ])
}

const withTitle: Choose = (paper) => pick(paper, scoreSentences(paper.title, paper.source))
const own: Choose = (paper) => bestSentence(paper.title, paper.source.join(' '))?.sentence ?? ''
const oracle: Choose = ({ source, target }) =>
  source.reduce((best, each) =>
    rougeMax(each, target, false).rouge1 > rougeMax(best, target, false).rouge1 ? each : best,
  )

function pick({ source }: TldrPaper, scores: readonly number[]): string {
  return source[scores.indexOf(Math.max(...scores))]!
}

function rows(
  name: string,
  papers: readonly TldrPaper[],
  choose: Choose,
  goal: Pick<Row, 'baseline' | 'target'> = {},
): Row[] {
  const chosen = papers.map((paper) => ({ text: choose(paper), target: paper.target }))
  const plain = average(chosen.map(({ text, target }) => rougeMax(text, target, false)))
  const stemmed = average(chosen.map(({ text, target }) => rougeMax(text, target, true)))
  return [
    { measure: `${name}: ROUGE-1`, ...goal, ours: plain.rouge1.toFixed(1) },
    { measure: `${name}: ROUGE-1 / 2 / L`, ours: threeValues(plain) },
    { measure: `${name}: ROUGE-1 / 2 / L, stemmed`, ours: threeValues(stemmed) },
  ]
}

function average(all: readonly Rouge[]): Rouge {
  const mean = (pick: (each: Rouge) => number) => all.reduce((sum, each) => sum + pick(each), 0) / all.length
  return {
    rouge1: mean((each) => each.rouge1),
    rouge2: mean((each) => each.rouge2),
    rougeL: mean((each) => each.rougeL),
  }
}

function threeValues({ rouge1, rouge2, rougeL }: Rouge): string {
  return [rouge1, rouge2, rougeL].map((value) => value.toFixed(1)).join(' / ')
}
