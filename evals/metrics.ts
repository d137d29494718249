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
