import { porterStem } from '../src/domain/text/porter.ts'

export interface Rouge {
  rouge1: number
  rouge2: number
  rougeL: number
}

/**
 * ROUGE F1 (Lin 2004), tokenised as Google's rouge_score does: lower case, runs of a-z and 0-9, words over three letters
 * stemmed when asked. In per cent.
 */
export function rouge(candidate: string, reference: string, stemmed: boolean): Rouge {
  const a = rougeTokens(candidate, stemmed)
  const b = rougeTokens(reference, stemmed)
  return {
    rouge1: overlapF1(a, b, 1),
    rouge2: overlapF1(a, b, 2),
    rougeL: f1(commonLength(a, b), a.length, b.length),
  }
}

/** The SciTLDR protocol: the reference with the best ROUGE-1 counts, with all its values (Cachola et al. 2020). */
export function rougeMax(candidate: string, references: readonly string[], stemmed: boolean): Rouge {
  const all = references.map((reference) => rouge(candidate, reference, stemmed))
  return all.reduce((best, each) => (each.rouge1 > best.rouge1 ? each : best))
}

export function rougeTokens(text: string, stemmed: boolean): string[] {
  const found = text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return stemmed ? found.map((word) => (word.length > 3 ? porterStem(word) : word)) : found
}

function overlapF1(a: readonly string[], b: readonly string[], size: number): number {
  const counts = new Map<string, number>()
  const grams = (items: readonly string[]) =>
    items.slice(0, Math.max(0, items.length - size + 1)).map((_, at) => items.slice(at, at + size).join(' '))
  const left = grams(a)
  const right = grams(b)
  for (const gram of right) counts.set(gram, (counts.get(gram) ?? 0) + 1)
  let shared = 0
  for (const gram of left) {
    const count = counts.get(gram) ?? 0
    if (count > 0) shared += 1
    counts.set(gram, count - 1)
  }
  return f1(shared, left.length, right.length)
}

function f1(shared: number, candidate: number, reference: number): number {
  return shared === 0 ? 0 : (200 * shared) / (candidate + reference)
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let previous = new Array<number>(b.length + 1).fill(0)
  for (const item of a) {
    const row = [0]
    for (let at = 0; at < b.length; at += 1) {
      row.push(item === b[at] ? previous[at]! + 1 : Math.max(previous[at + 1]!, row[at]!))
    }
    previous = row
  }
  return previous.at(-1)!
}
