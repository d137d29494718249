export interface RankingGroup {
  /** One map of features per candidate. */
  features: ReadonlyMap<string, number>[]
  /** What picking each candidate is worth. */
  gains: number[]
}

export interface RankerOptions {
  l2?: number
  iterations?: number
  rate?: number
  /** Features seen less often get no weight. */
  seenMin?: number
  /** What is raised: the expected gain of one pick, or the likelihood that what is worth most is picked (ListNet's, Cao et al., ICML 2007: convex). */
  raise?: 'gain' | 'likelihood'
}

/**
 * Fits a linear ranker by maximising the expected gain of a softmax choice within each group, with an L2 penalty, by Adam
 * (Kingma and Ba 2015) over all groups at once. Deterministic.
 */
export function fitRanker(groups: readonly RankingGroup[], options: RankerOptions = {}): Map<string, number> {
  const { l2 = 0.001, iterations = 250, rate = 0.05, seenMin = 10, raise = 'gain' } = options
  const names = frequentNames(groups, seenMin)
  const index = new Map(names.map((name, at) => [name, at]))
  const data = groups.map((group) => ({
    gains: group.gains,
    rows: group.features.map((features) => {
      const row = new Float64Array(names.length)
      for (const [name, value] of features) if (index.has(name)) row[index.get(name)!] = value
      return row
    }),
  }))
  const weights = new Float64Array(names.length)
  const mean = new Float64Array(names.length)
  const square = new Float64Array(names.length)
  for (let step = 1; step <= iterations; step += 1) {
    const gradient = new Float64Array(names.length)
    for (const { rows, gains } of data) addGradient(gradient, weights, rows, gains, raise)
    for (const at of weights.keys()) {
      const slope = gradient[at]! / data.length - l2 * weights[at]!
      mean[at] = 0.9 * mean[at]! + 0.1 * slope
      square[at] = 0.99 * square[at]! + 0.01 * slope * slope
      const size = Math.sqrt(square[at]! / (1 - 0.99 ** step)) + 1e-6
      weights[at] = weights[at]! + (rate * mean[at]!) / (1 - 0.9 ** step) / size
    }
  }
  return new Map(names.map((name, at) => [name, weights[at]!]))
}

function addGradient(
  gradient: Float64Array,
  weights: Float64Array,
  rows: Float64Array[],
  gains: number[],
  raise: 'gain' | 'likelihood',
): void {
  const scores = rows.map((row) => row.reduce((sum, value, at) => sum + value * weights[at]!, 0))
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - top))
  const total = raised.reduce((sum, value) => sum + value, 0)
  const expected = raised.reduce((sum, value, at) => sum + (value / total) * gains[at]!, 0)
  const worth = gains.reduce((sum, gain) => sum + gain, 0) || 1
  for (const [at, row] of rows.entries()) {
    const chance = raised[at]! / total
    const pull = raise === 'gain' ? chance * (gains[at]! - expected) : gains[at]! / worth - chance
    for (let column = 0; column < row.length; column += 1) gradient[column]! += pull * row[column]!
  }
}

export function frequentNames(groups: readonly RankingGroup[], seenMin: number): string[] {
  const counts = new Map<string, number>()
  for (const { features } of groups) {
    for (const row of features) for (const name of row.keys()) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Array.from(counts).flatMap(([name, count]) => (count >= seenMin ? [name] : []))
}

/** A source module that holds fitted weights, rounded so that a fit on another machine gives the same file. */
export function weightsModule(name: string, about: string[], weights: ReadonlyMap<string, number>): string {
  const lines = Array.from(weights, ([feature, value]) => `  '${feature}': ${value.toFixed(3)},`)
  const comment = about.map((line) => ` * ${line}`).join('\n')
  return `/**\n${comment}\n */\nexport const ${name}: Readonly<Record<string, number>> = {\n${lines.join('\n')}\n}\n`
}
