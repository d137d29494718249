const SYMBOLS: [RegExp, string][] = [
  [/\\footnote\s*\{[^{}]*\}/g, ''],
  [/\\(?:url|href)\s*\{[^{}]*\}(?:\{([^{}]*)\})?/g, '$1'],
  [/\\(?:text(?:bf|it|tt|sc|rm|sf)?|emph|mathrm|mathbf|mathcal|mathbb|underline|mbox)\s*\{([^{}]*)\}/g, '$1'],
  [/\{\\(?:bf|it|em|tt|sc)\s+([^{}]*)\}/g, '$1'],
  [/\\(?:times)\b/g, '×'],
  [/\\(?:sim|approx)\b/g, '~'],
  [/\\(?:geq?)\b/g, '≥'],
  [/\\(?:leq?)\b/g, '≤'],
  [/\\(?:pm)\b/g, '±'],
  [/\\(?:rightarrow|to)\b/g, '→'],
  [/\\alpha\b/g, 'α'],
  [/\\beta\b/g, 'β'],
  [/\\tau\b/g, 'τ'],
  [/\\pi\b/g, 'π'],
  [/\\(?:ldots|dots)\b/g, '...'],
  [/\\([%&$#_])/g, '$1'],
  [/\\[,;! ]/g, ' '],
  [/\\~\s?/g, '~'],
]

/** Prose without the LaTeX that abstracts carry: marks of emphasis go, simple formulas become text, `--` a dash. */
export const plainText = (text: string): string => {
  let plain = text
  for (const [pattern, replacement] of SYMBOLS) plain = plain.replace(pattern, replacement)
  return plain
    .replace(/\$([^$]{1,60})\$/g, (whole, inner: string) => (/[\\{}]/.test(inner) ? whole : inner.trim()))
    .replace(/\^\{?([\w+*-]{1,4})\}?/g, (_, power: string) =>
      power === '2' ? '²' : power === '3' ? '³' : power,
    )
    .replace(/``|''/g, '"')
    .replace(/\s*---?\s*/g, ' – ')
    .replace(/(?<=\w)~(?=\w)/g, ' ')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.;:!?)])/g, '$1')
    .trim()
}

/** Whether markup is left that a reader would stumble over. */
export const hasDebris = (text: string): boolean => /[\\{}$^]|\*\*|\b\w_\w\b|https?:|\bhttp\b|�/.test(text)
