/** Area under the ROC curve: the chance that a positive scores above a negative, ties counting half. */
export function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  const all = [
    ...positives.map((score) => ({ score, up: 1 })),
    ...negatives.map((score) => ({ score, up: 0 })),
  ]
  all.sort((a, b) => a.score - b.score)
  let rankSum = 0
  for (let at = 0; at < all.length; ) {
    let end = at
    while (end < all.length && all[end]!.score === all[at]!.score) end += 1
    const rank = (at + 1 + end) / 2
    for (; at < end; at += 1) rankSum += all[at]!.up * rank
  }
  return (rankSum - (positives.length * (positives.length + 1)) / 2) / (positives.length * negatives.length)
}

/** Mean of the shares of positives at or above the threshold and of negatives below it. */
export function balancedAccuracy(
  positives: readonly number[],
  negatives: readonly number[],
  threshold: number,
): number {
  const kept = positives.filter((score) => score >= threshold).length / positives.length
  const refused = negatives.filter((score) => score < threshold).length / negatives.length
  return (kept + refused) / 2
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The 95% interval of a mean, by resampling (Efron 1979), a thousand times, always the same. */
function bootstrapInterval(values: readonly number[], rounds = 1000): { low: number; high: number } {
  let state = 1
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const means = Array.from({ length: rounds }, () => {
    let sum = 0
    for (let at = 0; at < values.length; at += 1) sum += values[Math.floor(next() * values.length)]!
    return sum / values.length
  })
  means.sort((a, b) => a - b)
  return { low: means[Math.floor(rounds * 0.025)]!, high: means[Math.floor(rounds * 0.975)]! }
}

/** For a table: `95% .705-.752`. */
export function interval(values: readonly number[]): string {
  const { low, high } = bootstrapInterval(values)
  return `95% ${low.toFixed(3)}-${high.toFixed(3)}`
}

/** A mean difference with its 95% interval: `+.0264 [+.0151, +.0379]`. */
export function gain(differences: readonly number[]): string {
  const { low, high } = bootstrapInterval(differences)
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4).slice(1)}`
  return `${signed(mean(differences))} [${signed(low)}, ${signed(high)}]`
}
