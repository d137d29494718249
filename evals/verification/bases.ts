import { sentences } from '../../src/domain/text/sentences.ts'
import type { CitedSource } from '../../src/verification/claims.ts'
import { tldrPapers } from '../scitldr-data.ts'
import type { Part } from './papers.ts'

/** A true sentence with what it cites: the material of plants. */
export interface Base {
  text: string
  source: CitedSource
  /** Index of the cited sentence; absent when the whole abstract is cited. */
  sentence?: number
}

const WORDS = { min: 9, max: 45 }
const FINDS =
  /\b(?:outperform|surpass|improv|reduc|achiev|increas|show|demonstrat|reveal|find|found|suggest|indicat|correlat|associat|accura|benchmark|better|higher|than|up to|often|may|can|struggle|fail|effective|robust|significant)\w*/i

/** Sentences of abstracts that tell a finding, told again in the third person without their openings. */
export function sentenceBases(papers: readonly CitedSource[]): Base[] {
  return papers.flatMap((source) =>
    source.sentences.flatMap((raw, sentence): Base[] => {
      if (sentence === 0 || !FINDS.test(raw)) return []
      const text = retold(raw)
      const count = text.split(/\s+/).length
      if (count < WORDS.min || count > WORDS.max || /https?:|\bhttp|github/i.test(text) || !/\.$/.test(text))
        return []
      return [{ text, source, sentence }]
    }),
  )
}

const OPENINGS =
  /^(?:(?:Furthermore|Moreover|Additionally|Notably|Finally|Specifically|However|Interestingly|Importantly|In addition|Experimentally|Empirically|Overall|Consequently|Surprisingly|Crucially|Also|Further|Remarkably|In particular|To this end|For example|Besides),\s+)?(?:(?:(?:Our|The|These|Comprehensive|Extensive|Experimental|Empirical|Thorough)\s+){0,2}(?:experiments?|evaluations?|results?|findings|analys[ie]s|stud(?:y|ies))(?:\s+(?:on|across|over|with|of|conducted)\s+[^,]{3,60}?)?\s+(?:show|demonstrate|reveal|indicate|suggest|confirm)s?(?:\s+that)\s+|We\s+(?:also\s+|further\s+)?(?:show|find|demonstrate|observe|reveal)\s+that\s+)?/

function retold(raw: string): string {
  const plain = raw
    .replace(OPENINGS, '')
    .replace(/\bour (?=\w)/gi, 'the ')
    .replace(/^we\b/i, 'The authors')
    .replace(/\bwe\b/g, 'the authors')
  return plain[0] === undefined ? '' : plain[0].toUpperCase() + plain.slice(1)
}

/** Human one-sentence summaries (SciTLDR), which cite the whole abstract. `choose` is of the training papers, `report` of the evaluation papers. */
export function summaryBases(part: Part): Base[] {
  const papers = tldrPapers(part === 'choose' ? 'train' : 'eval')
  return papers.flatMap(({ paper_id, title, source, target }): Base[] => {
    const text = target[0]?.trim() ?? ''
    // Lists may repeat a paper under two summaries; a text of two words is no summary.
    if (text.split(/\s+/).length < 4) return []
    return [
      {
        text,
        source: {
          id: paper_id,
          title,
          sentences: source.flatMap((each) => sentences(each).map((one) => one.text)),
        },
      },
    ]
  })
}
