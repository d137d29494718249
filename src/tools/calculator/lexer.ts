import { ConcordError } from '../../domain/errors.ts'

export type Token = { kind: 'number' | 'name' | 'symbol' | 'end'; text: string; column: number }

/** What people and models type for the same sign. */
const aliases: { [sign: string]: string } = { '×': '*', '·': '*', '÷': '/', '−': '-', '–': '-', '**': '^' }

const patterns = [
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[a-zA-Zπτ][a-zA-Z0-9_]*/y],
  ['symbol', /\*\*|[-+*/^%(),×·÷−–]/y],
] as const

/** An input error that names the column, counted from 1. */
export const syntaxError = (column: number, rule: string, found: string, wayOut: string): ConcordError =>
  new ConcordError(
    'tool.input-invalid',
    `Cannot evaluate the expression as ${rule}: column ${column} has ${found}; ${wayOut}`,
    { details: { column } },
  )

export const tokens = (expression: string): Token[] => {
  const found: Token[] = []
  let at = 0
  while (at < expression.length) {
    if (/\s/.test(expression[at]!)) at += 1
    else {
      const token = tokenAt(expression, at)
      found.push({ ...token, text: aliases[token.text] ?? token.text })
      at += token.text.length
    }
  }
  found.push({ kind: 'end', text: 'the end', column: expression.length + 1 })
  return found
}

const tokenAt = (expression: string, at: number): Token => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const match = pattern.exec(expression)
    if (match) return { kind, text: match[0], column: at + 1 }
  }
  const sign = String.fromCodePoint(expression.codePointAt(at)!)
  throw syntaxError(
    at + 1,
    'only numbers, names and + - * / ^ % ( ) , are known',
    JSON.stringify(sign),
    'write the expression with these',
  )
}
