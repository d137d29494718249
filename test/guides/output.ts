import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * What differs each time: ids of runs, hashes, durations, ports. `...` or `…` stands for
 * anything.
 */
const changing: [RegExp, string][] = [
  [/\b[0-9a-z]{16}\b/, '[0-9a-z]{16}'],
  [/\b[0-9a-f]{12,64}\b/, '[0-9a-f]{12,64}'],
  [/\b\d+(?:\.\d+)? (?:ms|s|min)\b/, '\\d+(?:\\.\\d+)? (?:ms|s|min)'],
  [/\b20\d\d-\d\d-\d\d[T ][\d:.]+Z?/, '20\\d\\d-\\d\\d-\\d\\d[T ][\\d:.]+Z?'],
  [/\b(?:localhost|127\.0\.0\.1):\d+/, '(?:localhost|127\\.0\\.0\\.1):\\d+'],
  [/ *(?:\.\.\.|…) */, '.*'],
]

const patternOf = (line: string): RegExp => {
  let pattern = ''
  let rest = line
  for (;;) {
    const found = changing
      .map(([what, as]) => ({ match: what.exec(rest), as }))
      .filter(({ match }) => match !== null)
      .sort((a, b) => (a.match?.index ?? 0) - (b.match?.index ?? 0))[0]
    if (!found?.match) return new RegExp(pattern + escaped(rest))
    pattern += escaped(rest.slice(0, found.match.index)) + found.as
    rest = rest.slice(found.match.index + found.match[0].length)
  }
}

/** Every line shown is printed, in that order. */
export const assertShown = (shown: string, printed: string): void => {
  const lines = stripVTControlCharacters(printed).split(/\r?\n/)
  let from = 0
  for (const line of shown.split('\n')) {
    if (/^\s*(\.\.\.|…)?\s*$/.test(line)) continue
    const pattern = patternOf(line.trim())
    const found = lines.findIndex((one, i) => i >= from && pattern.test(one))
    assert.ok(found >= 0, `"${line}" is shown and not printed (in this order) in:\n${printed}`)
    from = found + 1
  }
}
