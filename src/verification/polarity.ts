import { stem } from '../domain/text/tokens.ts'

/** Which way a statement says a quantity goes: 1 up, -1 down, 0 not said or both. */
export type Direction = -1 | 0 | 1

const UP = stemSet(
  `increase raise elevate enhance promote induce upregulate activate stimulate improve boost accelerate augment strengthen
  gain grow rise higher greater more larger better longer faster exceed outperform surpass benefit facilitate exacerbate amplify
  positive positively expand enrich trigger enable`,
)
const DOWN = stemSet(
  `decrease reduce lower decline diminish downregulate inhibit suppress impair block attenuate prevent weaken worsen limit fall
  drop less fewer smaller worse shorter slower deplete abolish abrogate hinder lessen loss deficient deficiency reduction
  underperform degrade negative negatively lag shrink restrict silence protect ameliorate alleviate mitigate`,
)

function stemSet(source: string): ReadonlySet<string> {
  return new Set(source.split(/\s+/).map(stem))
}

/** Direction told by the words of a statement: the side with more words. */
export function direction(words: readonly string[]): Direction {
  let sum = 0
  for (const word of words) {
    const form = stem(word)
    if (UP.has(form)) sum += 1
    else if (DOWN.has(form)) sum -= 1
  }
  return sum > 0 ? 1 : sum < 0 ? -1 : 0
}
