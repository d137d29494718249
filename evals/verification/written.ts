import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sentences } from '../../src/domain/text/sentences.ts'
import { type Idf, idfTable } from '../../src/domain/text/similarity.ts'
import { stems } from '../../src/domain/text/tokens.ts'
import type { CitedReport, CitedSource, ClaimForm, Verification } from '../../src/verification/claims.ts'
import { readRecords } from '../data.ts'
import { printTable } from '../table.ts'

interface Written {
  fault: string
  honest: boolean
  text: string
  citations: { paper: string; quote: string }[]
  kind?: string
}

interface Paper {
  id: string
  title: string
  abstract: string
  authors: string[]
  published: string
}

const FORMS: Record<string, ClaimForm> = { title: 'title', frame: 'question', count: 'sum' }

/** Claims written by hand about the bundled papers, true and false. They were in sight while the checkers were written. */
export function writtenPlants(verify: (report: CitedReport, idf: Idf) => Verification): void {
  const papers = readFileSync(join(import.meta.dirname, '../../data/corpus/multimodal-llm.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Paper => JSON.parse(line))
  const idf = idfTable(papers.map(({ title, abstract }) => stems(`${title} ${abstract}`)))
  const sources = papers.map(
    ({ id, title, abstract, authors, published }): CitedSource => ({
      id,
      title,
      sentences: sentences(abstract).map(({ text }) => text),
      authors,
      published,
    }),
  )
  const byId = new Map(sources.map((source) => [source.id, source]))
  const outcomes = readRecords<Written>('research/plants.jsonl').map(
    ({ fault, honest, text, citations, kind }) => {
      const cited = citations.map(({ paper, quote }) => {
        const sentence = byId.get(paper)?.sentences.findIndex((each) => each.includes(quote)) ?? -1
        return { sourceId: paper, quote, ...(sentence >= 0 && { sentence }) }
      })
      const claim = { id: 'claim', text, citations: cited, form: FORMS[kind ?? ''] ?? 'statement' }
      const claims = fault === 'duplicated claim' ? [claim, { ...claim, id: 'again' }] : [claim]
      const own = citations.flatMap(({ paper }) => byId.get(paper) ?? [])
      return { honest, fault, met: verify({ claims, sources: own }, idf).met }
    },
  )
  const of = (honest: boolean) => outcomes.filter((each) => each.honest === honest)
  printTable('Claims written by hand (seen while the checkers were written)', [
    {
      measure: 'false, caught',
      baseline: '.42',
      ours: `${of(false).filter(({ met }) => !met).length} of ${of(false).length}`,
    },
    {
      measure: 'true, refused',
      baseline: '12 of 16',
      ours: `${of(true).filter(({ met }) => !met).length} of ${of(true).length}`,
    },
    ...outcomes
      .filter(({ honest, met }) => honest !== met)
      .map(({ fault, honest }) => ({
        measure: honest ? `  refused: ${fault}` : `  missed: ${fault}`,
        ours: '',
      })),
  ])
}
