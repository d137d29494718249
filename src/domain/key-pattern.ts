/** Patterns of keys and channels: `*` stands for any text, also none; `\*` and `\\` for themselves. */

const split = (pattern: string): string[] => {
  const parts = ['']
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern[i]!
    const next = pattern[i + 1]
    if (unit === '\\' && (next === '*' || next === '\\')) {
      parts[parts.length - 1] += next
      i++
    } else if (unit === '*') parts.push('')
    else parts[parts.length - 1] += unit
  }
  return parts
}

/** Text as a pattern that matches nothing else. */
export const literalPattern = (text: string): string => text.replace(/[*\\]/g, '\\$&')

/** The text that every match begins with. */
export const patternPrefix = (pattern: string): string => split(pattern)[0]!

/** Tells matches in linear time: the parts between stars are found from left to right, each as early as possible. */
export const patternMatcher = (pattern: string): ((text: string) => boolean) => {
  const parts = split(pattern)
  const first = parts[0]!
  if (parts.length === 1) return (text) => text === first
  const last = parts.at(-1)!
  const middle = parts.slice(1, -1).filter((part) => part !== '')
  if (middle.length === 0 && last === '') return (text) => text.startsWith(first)
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    const end = text.length - last.length
    let from = first.length
    for (const part of middle) {
      const found = text.indexOf(part, from)
      if (found < 0 || found + part.length > end) return false
      from = found + part.length
    }
    return true
  }
}
