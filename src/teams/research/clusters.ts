import { cosine, idfTable, type TermVector, termVector } from '../../domain/text/similarity.ts'
import { isStopWord, stem, tokens } from '../../domain/text/tokens.ts'
import type { Group, Member } from './group.ts'
import { upperFirst } from './phrasing.ts'

const LIKENESS_MIN = 0.06
const LABEL_WORDS = 3
const MEMBERS_MIN = 2

/**
 * Groups papers of any subject by the words they share: average-link agglomeration over tf-idf cosines until nothing is alike enough. A
 * group is named by the words that tell it from the others. For some tens of papers: time grows with the cube of their number.
 */
export const clustered = (members: readonly Member[]): Group[] => {
  const words = members.map(({ reading }) =>
    wordsOf(
      `${reading.title} ${reading.title} ${reading.statements.map(({ sentence }) => sentence).join(' ')}`,
    ),
  )
  const idf = idfTable(words.map((list) => list.map(({ term }) => term)))
  const vectors = words.map((list) =>
    termVector(
      list.map(({ term }) => term),
      idf,
    ),
  )
  return agglomerated(vectors).map((group) => ({
    name: labelOf(group, words, idf),
    members: group.map((at) => members[at]!),
    axis: 'terms' as const,
  }))
}

type Word = { term: string; surface: string }

const wordsOf = (text: string): Word[] =>
  tokens(text)
    .filter(({ norm }) => !isStopWord(norm) && norm.length > 2 && !/^\d/.test(norm))
    .map(({ norm, text: surface }) => ({ term: stem(norm), surface }))

const agglomerated = (vectors: readonly TermVector[]): number[][] => {
  const likeness = vectors.map((a) => vectors.map((b) => cosine(a, b)))
  let groups = vectors.map((_, at) => [at])
  for (;;) {
    let best: { a: number; b: number; score: number } | undefined
    for (let a = 0; a < groups.length; a += 1)
      for (let b = a + 1; b < groups.length; b += 1) {
        const score = linkOf(groups[a]!, groups[b]!, likeness)
        if (score >= LIKENESS_MIN && (best === undefined || score > best.score)) best = { a, b, score }
      }
    if (best === undefined) break
    const { a, b } = best
    const joined = [...groups[a]!, ...groups[b]!].sort((x, y) => x - y)
    groups = [...groups.filter((_, at) => at !== a && at !== b), joined]
  }
  return groups.filter((group) => group.length >= MEMBERS_MIN || groups.length === 1)
}

const linkOf = (a: readonly number[], b: readonly number[], likeness: readonly number[][]): number => {
  let sum = 0
  for (const x of a) for (const y of b) sum += likeness[x]![y]!
  return sum / (a.length * b.length)
}

/** The terms most of the group holds and others do not, as the papers write them. */
const labelOf = (
  group: readonly number[],
  words: readonly Word[][],
  idf: (term: string) => number,
): string => {
  const held = new Map<string, { count: number; surfaces: Map<string, number> }>()
  for (const at of group) {
    const seen = new Set<string>()
    for (const { term, surface } of words[at]!) {
      const entry = held.get(term) ?? { count: 0, surfaces: new Map<string, number>() }
      held.set(term, entry)
      const plain = /\p{Lu}.*\p{Lu}/u.test(surface) ? surface : surface.toLowerCase()
      entry.surfaces.set(plain, (entry.surfaces.get(plain) ?? 0) + 1)
      if (!seen.has(term)) entry.count += 1
      seen.add(term)
    }
  }
  const best = [...held]
    .map(([term, { count, surfaces }]) => ({
      term,
      score: (count / group.length) ** 2 * (0.3 + idf(term)),
      surface: [...surfaces].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]![0],
    }))
    .sort((a, b) => b.score - a.score || (a.term < b.term ? -1 : 1))
    .slice(0, LABEL_WORDS)
  return upperFirst(best.map(({ surface }) => surface).join(', '))
}
