export interface Example {
  features: Readonly<Record<string, number>>
  positive: boolean
  /** How much the example counts within its class; 1 if absent. */
  weight?: number
}

export interface LogisticOptions {
  l2?: number
  /** Both classes count the same in sum, so that .5 is where balanced accuracy is best. */
  balanced?: boolean
}

const ITERATIONS = 25

/**
 * Logistic regression by Newton's method with an L2 penalty on standardised features; the weights returned, `bias` among them,
 * apply to the features as they are. Deterministic.
 */
export function fitLogistic(
  examples: readonly Example[],
  { l2 = 5, balanced = true }: LogisticOptions = {},
): Map<string, number> {
  const names = [...new Set(examples.flatMap((each) => Object.keys(each.features)))]
  const raw = examples.map(({ features }) => names.map((name) => features[name] ?? 0))
  const mean = names.map((_, at) => raw.reduce((sum, row) => sum + row[at]!, 0) / raw.length)
  const spread = names.map(
    (_, at) => Math.sqrt(raw.reduce((sum, row) => sum + (row[at]! - mean[at]!) ** 2, 0) / raw.length) || 1,
  )
  const rows = raw.map((row) => [1, ...row.map((value, at) => (value - mean[at]!) / spread[at]!)])
  const importance = classWeights(examples, balanced)
  const size = names.length + 1
  const weights = new Array<number>(size).fill(0)
  for (let round = 0; round < ITERATIONS; round += 1) {
    const gradient = weights.map((weight, at) => (at === 0 ? 0 : -l2 * weight))
    const curvature = weights.map((_, at) => weights.map((__, other) => (at === other && at > 0 ? l2 : 0)))
    for (const [index, row] of rows.entries()) {
      const chance = 1 / (1 + Math.exp(-row.reduce((sum, value, at) => sum + value * weights[at]!, 0)))
      const pull = importance[index]! * ((examples[index]!.positive ? 1 : 0) - chance)
      const bend = importance[index]! * chance * (1 - chance)
      for (let at = 0; at < size; at += 1) {
        gradient[at]! += pull * row[at]!
        for (let other = 0; other < size; other += 1) curvature[at]![other]! += bend * row[at]! * row[other]!
      }
    }
    for (const [at, step] of solve(curvature, gradient).entries()) weights[at]! += step
  }
  const plain = names.map((_, at) => weights[at + 1]! / spread[at]!)
  const bias = weights[0]! - plain.reduce((sum, weight, at) => sum + weight * mean[at]!, 0)
  return new Map([['bias', bias], ...names.map((name, at): [string, number] => [name, plain[at]!])])
}

function classWeights(examples: readonly Example[], balanced: boolean): number[] {
  const total = (positive: boolean) =>
    examples.reduce((sum, each) => sum + (each.positive === positive ? (each.weight ?? 1) : 0), 0)
  const share = { true: examples.length / 2 / total(true), false: examples.length / 2 / total(false) }
  return examples.map(({ positive, weight = 1 }) => (balanced ? weight * share[`${positive}`] : weight))
}

/** Gaussian elimination with partial pivoting. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at]!])
  for (let at = 0; at < rows.length; at += 1) {
    let pivot = at
    for (let row = at + 1; row < rows.length; row += 1) {
      if (Math.abs(rows[row]![at]!) > Math.abs(rows[pivot]![at]!)) pivot = row
    }
    const swap = rows[at]!
    rows[at] = rows[pivot]!
    rows[pivot] = swap
    const lead = rows[at]![at]! || 1e-12
    for (let row = 0; row < rows.length; row += 1) {
      const factor = row === at ? 0 : rows[row]![at]! / lead
      if (factor !== 0)
        for (let column = at; column <= rows.length; column += 1)
          rows[row]![column]! -= factor * rows[at]![column]!
    }
  }
  return rows.map((row, at) => row.at(-1)! / (row[at] || 1e-12))
}
