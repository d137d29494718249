import { constants, functions } from './functions.ts'
import { syntaxError, type Token, tokens } from './lexer.ts'
import {
  add,
  divide,
  isZero,
  multiply,
  negate,
  power,
  rational,
  remainder,
  subtract,
  type Value,
} from './rational.ts'

const depthMax = 100
const literalExponentMax = 400
/** Below ^ and above * so that -2^2 is -4, as in mathematics. */
const unaryPower = 25

/** Binding power to the left of each operator, and to its right. */
const binary: {
  [sign: string]: { left: number; right: number; apply: (left: Value, right: Value) => Value }
} = {
  '+': { left: 10, right: 11, apply: add },
  '-': { left: 10, right: 11, apply: subtract },
  '*': { left: 20, right: 21, apply: multiply },
  '/': { left: 20, right: 21, apply: divide },
  '%': { left: 20, right: 21, apply: remainder },
  '^': { left: 31, right: 30, apply: power },
}

const quoted = (token: Token): string => (token.kind === 'end' ? 'the end' : JSON.stringify(token.text))

/**
 * Evaluates an arithmetic expression. Top-down operator precedence (Pratt, POPL 1973), evaluating as it reads.
 * Throws `tool.input-invalid` with the column for anything it cannot read or that has no real value.
 */
export const evaluate = (expression: string): Value => {
  const reader = new Reader(tokens(expression))
  const value = reader.expression(0)
  reader.expectEnd()
  return value
}

class Reader {
  readonly #tokens: Token[]
  #at = 0
  #depth = 0

  constructor(all: Token[]) {
    this.#tokens = all
  }

  expression(bindingPower: number): Value {
    const start = this.#peek()
    this.#depth += 1
    if (this.#depth > depthMax)
      throw syntaxError(start.column, `nesting is bounded to ${depthMax}`, 'one more', 'split it up')
    let value = this.#operand()
    for (;;) {
      const token = this.#peek()
      const operator = token.kind === 'symbol' ? binary[token.text] : undefined
      if (!operator || operator.left < bindingPower) break
      this.#next()
      value = applied(token, operator.apply, value, this.expression(operator.right))
    }
    this.#depth -= 1
    return value
  }

  expectEnd(): void {
    const token = this.#peek()
    if (token.kind === 'end') return
    const wayOut =
      token.text === ','
        ? 'write numbers without thousands separators'
        : 'put an operator such as * before it'
    throw syntaxError(token.column, 'an operator or the end was expected', quoted(token), wayOut)
  }

  #operand(): Value {
    const token = this.#next()
    if (token.kind === 'number') return literal(token)
    if (token.kind === 'name') return this.#peek().text === '(' ? this.#call(token) : constant(token)
    if (token.text === '-') return negate(this.expression(unaryPower))
    if (token.text === '+') return this.expression(unaryPower)
    if (token.text === '(') {
      const value = this.expression(0)
      this.#expect(')')
      return value
    }
    const before = this.#tokens[this.#at - 2]
    const wayOut =
      before?.text === '%' ? '% is the remainder: write x / 100 for a percentage' : 'put a number there'
    throw syntaxError(token.column, 'a number, name or ( was expected', quoted(token), wayOut)
  }

  #call(name: Token): Value {
    const found = functions.get(name.text)
    if (!found)
      throw syntaxError(name.column, 'the function is not known', quoted(name), `use ${names(functions)}`)
    this.#next()
    const values: Value[] = []
    if (this.#peek().text !== ')') values.push(this.expression(0))
    while (this.#peek().text === ',') {
      this.#next()
      values.push(this.expression(0))
    }
    this.#expect(')')
    if (values.length < found.least || values.length > found.most) {
      const wanted = found.least === found.most ? `${found.least}` : `${found.least} to ${found.most}`
      const wayOut = name.text === 'log' ? 'write log(x, base), ln(x) or log10(x)' : 'correct the arguments'
      throw syntaxError(name.column, `${name.text} takes ${wanted} argument(s)`, `${values.length}`, wayOut)
    }
    return real(name, found.apply(values))
  }

  #expect(text: string): void {
    const token = this.#next()
    if (token.text !== text || token.kind !== 'symbol')
      throw syntaxError(token.column, `${text} was expected`, quoted(token), 'balance the parentheses')
  }

  #peek(): Token {
    return this.#tokens[this.#at]!
  }

  /** The closing token is never passed. */
  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#at += 1
    return token
  }
}

const names = (known: ReadonlyMap<string, unknown>): string => [...known.keys()].join(', ')

const literal = (token: Token): Value => {
  const [mantissa = '', exponentText = '0'] = token.text.toLowerCase().split('e')
  const [whole = '', decimals = ''] = mantissa.split('.')
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > literalExponentMax)
    throw syntaxError(
      token.column,
      `exponents are bounded to ${literalExponentMax}`,
      quoted(token),
      'rescale',
    )
  const digits = rational(BigInt(`${whole}${decimals}`))
  return multiply(digits, power(rational(10n), rational(BigInt(exponent - decimals.length))))
}

const constant = (token: Token): Value => {
  const value = constants.get(token.text)
  if (value !== undefined) return value
  const wayOut = functions.has(token.text)
    ? `write ${token.text}(...)`
    : `use ${names(constants)} or a number`
  throw syntaxError(token.column, 'the name is not a constant', quoted(token), wayOut)
}

const applied = (token: Token, apply: (left: Value, right: Value) => Value, left: Value, right: Value) => {
  const divides = token.text === '/' || token.text === '%'
  if (divides && isZero(right))
    throw syntaxError(token.column, 'nothing can be divided by zero', quoted(token), 'check the divisor')
  if (token.text === '^' && isZero(left) && typeof right !== 'number' && right.numerator < 0n)
    throw syntaxError(token.column, 'zero has no negative power', quoted(token), 'check the base')
  return real(token, apply(left, right))
}

/** Refuses what is not a real number or is too large for one. */
const real = (token: Token, value: Value): Value => {
  if (typeof value !== 'number' || Number.isFinite(value)) return value
  const rule = Number.isNaN(value) ? 'the value is not a real number' : 'the value is too large for a number'
  throw syntaxError(token.column, rule, quoted(token), 'check the arguments')
}
