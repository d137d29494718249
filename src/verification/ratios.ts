/**
 * A ratio of two risks as a text states it: 1 above one, -1 below, 0 when its interval holds one.
 */
export interface Ratio {
  start: number
  sign: -1 | 0 | 1
}

const RATIO = /\b(?:ratios?|risks?|a?OR|a?HR|IRR|RR)\b\]?\)?[^\d.;]{0,24}?(\d{1,4}[.·]\d{1,4})(?![\d%])/g
const INTERVAL = /(\d{1,4}[.·]\d{1,4})\s{0,2}(?:-|–|to|,)\s{0,2}(\d{1,4}[.·]\d{1,4})/
const INTERVAL_CHARS = 60
const RATIO_MAX = 60

/** Odds, risk and hazard ratios: which way the risk goes, by the ratio and its interval. */
export function ratiosIn(text: string): Ratio[] {
  return Array.from(text.matchAll(RATIO)).flatMap((match): Ratio[] => {
    const value = numberOf(match[1]!)
    if (value <= 0 || value > RATIO_MAX) return []
    const end = match.index + match[0].length
    const interval = INTERVAL.exec(text.slice(end, end + INTERVAL_CHARS))
    const none = interval !== null && numberOf(interval[1]!) <= 1 && numberOf(interval[2]!) >= 1
    return [{ start: match.index, sign: none ? 0 : value > 1 ? 1 : -1 }]
  })
}

function numberOf(text: string): number {
  return Number(text.replace('·', '.'))
}
