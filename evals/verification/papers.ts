import { sentences } from '../../src/domain/text/sentences.ts'
import { hashTerm } from '../../src/domain/text/term-sequence.ts'
import type { CitedSource } from '../../src/verification/claims.ts'
import { readRecords } from '../data.ts'

/** Forms and thresholds are chosen on one part of the papers; figures are of the other. */
export type Part = 'choose' | 'report'

interface Listed {
  id: string
  title: string
  abstract: string
  authors?: string[]
  listed?: string
  year?: number
}

/** A paper is in the same part always, whatever data set it is drawn from. */
export function partOf(id: string): Part {
  return hashTerm(id) % 2 === 0 ? 'choose' : 'report'
}

/** Abstracts of arXiv and of the ACL Anthology, as sources. */
export function listedPapers(part: Part): CitedSource[] {
  return [
    ...readRecords<Listed>('arxiv/arxiv_multimodal_llm.jsonl'),
    ...readRecords<Listed>('acl/acl_2023_2024_llm.jsonl'),
  ]
    .filter(({ id, authors }) => partOf(id) === part && (authors?.length ?? 0) > 1)
    .map(({ id, title, abstract, authors, listed, year }) => ({
      id,
      title,
      sentences: sentences(abstract).map(({ text }) => text),
      authors: authors ?? [],
      published: String(year ?? listed ?? `20${id.slice(0, 2)}`),
    }))
    .filter(({ sentences: list }) => list.length >= 4)
}

/** Shuffled by a seed (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items]
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    ;[list[at], list[other]] = [list[other]!, list[at]!]
  }
  return list
}
