/**
 * A value is exact as long as it can be: a fraction of two integers in lowest terms with a positive denominator.
 * It becomes a double (`number`) through functions such as sqrt, or when the fraction grows past `bitsMax`.
 */
export type Rational = { readonly numerator: bigint; readonly denominator: bigint }
export type Value = Rational | number

/** The size of numerator and denominator past which arithmetic continues in doubles. */
const bitsMax = 4096
const limit = 1n << BigInt(bitsMax)

export const rational = (numerator: bigint, denominator = 1n): Rational => {
  if (denominator === 1n) return { numerator, denominator }
  const sign = denominator < 0n ? -1n : 1n
  const divisor = greatestCommonDivisor(numerator, denominator) * sign
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

const greatestCommonDivisor = (left: bigint, right: bigint): bigint => {
  let [a, b] = [left < 0n ? -left : left, right < 0n ? -right : right]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** The same value, or its double when the fraction has outgrown `bitsMax`. */
const bounded = (value: Rational): Value =>
  value.numerator > limit || value.numerator < -limit || value.denominator > limit ? toNumber(value) : value

const bitsOf = (value: bigint): number => (value < 0n ? -value : value).toString(2).length

export const toNumber = (value: Value): number => {
  if (typeof value === 'number') return value
  const { numerator, denominator } = value
  const bits = Math.max(bitsOf(numerator), bitsOf(denominator))
  if (bits <= 53) return Number(numerator) / Number(denominator)
  // The quotient is taken with 66 significant bits, so that the one rounding to 53 happens in Number().
  const shift = 66 - (bitsOf(numerator) - bitsOf(denominator))
  const dividend = shift >= 0 ? numerator << BigInt(shift) : numerator
  const divisor = shift >= 0 ? denominator : denominator << BigInt(-shift)
  // What the division drops is kept as the lowest bit, so that a half is not rounded the wrong way.
  const quotient = (dividend / divisor) | (dividend % divisor === 0n ? 0n : 1n)
  return scaled(Number(quotient), -shift)
}

/** value * 2^exponent without leaving the range of doubles half way. */
const scaled = (value: number, exponent: number): number => {
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}

const exactly = (
  left: Value,
  right: Value,
  exact: (left: Rational, right: Rational) => Rational,
  rounded: (left: number, right: number) => number,
): Value =>
  typeof left === 'number' || typeof right === 'number'
    ? rounded(toNumber(left), toNumber(right))
    : bounded(exact(left, right))

export const add = (left: Value, right: Value): Value =>
  exactly(
    left,
    right,
    (a, b) =>
      rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator),
    (a, b) => a + b,
  )

export const negate = (value: Value): Value =>
  typeof value === 'number' ? -value : { numerator: -value.numerator, denominator: value.denominator }

export const subtract = (left: Value, right: Value): Value => add(left, negate(right))

export const multiply = (left: Value, right: Value): Value =>
  exactly(
    left,
    right,
    (a, b) => rational(a.numerator * b.numerator, a.denominator * b.denominator),
    (a, b) => a * b,
  )

/** The caller has refused a zero divisor. */
export const divide = (left: Value, right: Value): Value =>
  exactly(
    left,
    right,
    (a, b) => rational(a.numerator * b.denominator, a.denominator * b.numerator),
    (a, b) => a / b,
  )

/** The remainder with the sign of the dividend, as in JavaScript and C. The caller has refused a zero divisor. */
export const remainder = (left: Value, right: Value): Value =>
  exactly(
    left,
    right,
    (a, b) =>
      rational((a.numerator * b.denominator) % (b.numerator * a.denominator), a.denominator * b.denominator),
    (a, b) => a % b,
  )

/** Exact for whole exponents whose result fits; a double (perhaps NaN or infinite) otherwise. */
export const power = (base: Value, exponent: Value): Value => {
  if (typeof base === 'number' || typeof exponent === 'number' || exponent.denominator !== 1n)
    return toNumber(base) ** toNumber(exponent)
  const times = exponent.numerator < 0n ? -exponent.numerator : exponent.numerator
  const unit = base.denominator === 1n && base.numerator >= -1n && base.numerator <= 1n
  const bits = Math.max(bitsOf(base.numerator), bitsOf(base.denominator))
  if (!unit && Number(times) * bits > bitsMax) return toNumber(base) ** toNumber(exponent)
  // 0, 1 and -1 keep their size: only the exponent's parity matters, however large it is.
  const count = unit && times > 2n ? 2n - (times % 2n) : times
  const [numerator, denominator] = [base.numerator ** count, base.denominator ** count]
  return exponent.numerator < 0n ? rational(denominator, numerator) : { numerator, denominator }
}

export const isZero = (value: Value): boolean =>
  typeof value === 'number' ? value === 0 : value.numerator === 0n

export const compare = (left: Value, right: Value): number => {
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) - toNumber(right)
  const difference = left.numerator * right.denominator - right.numerator * left.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The largest whole number not above the value. */
export const floor = (value: Value): Value => {
  if (typeof value === 'number') return Math.floor(value)
  const { numerator, denominator } = value
  const quotient = numerator / denominator
  return rational(numerator < 0n && numerator % denominator !== 0n ? quotient - 1n : quotient)
}

/** As many decimals as a terminating fraction may show before it is rounded to a double instead. */
const decimalsMax = 60
const significantDigits = 17

/** Decimal digits; `exact` when they are the value itself and not a rounding to about 17 digits. */
export const toText = (value: Value): { text: string; exact: boolean } => {
  if (typeof value === 'number') return { text: Object.is(value, -0) ? '0' : String(value), exact: false }
  if (value.denominator === 1n) return { text: value.numerator.toString(), exact: true }
  const decimals = decimalsOf(value.denominator)
  if (decimals === undefined) return { text: roundedText(value), exact: false }
  return {
    text: pointed((value.numerator * 10n ** BigInt(decimals)) / value.denominator, decimals),
    exact: true,
  }
}

/** About 17 digits as a double has, but no zeros in place of whole digits, and at least two decimals. */
const roundedText = (value: Rational): string => {
  const double = toNumber(value)
  if (!(Math.abs(double) >= 1e-6)) return String(double)
  const whole = value.numerator / value.denominator
  const decimals = Math.max(2, significantDigits - (whole < 0n ? -whole : whole).toString().length)
  const doubled = (2n * value.numerator * 10n ** BigInt(decimals)) / value.denominator
  return pointed((doubled + (doubled < 0n ? -1n : 1n)) / 2n, decimals)
}

/** digits / 10^decimals, written out. */
const pointed = (digits: bigint, decimals: number): string => {
  const sign = digits < 0n ? '-' : ''
  const padded = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, '0')
  return `${sign}${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`
}

/** How many decimals a fraction with this denominator needs; `undefined` when it does not terminate soon enough. */
const decimalsOf = (denominator: bigint): number | undefined => {
  let [rest, twos, fives] = [denominator, 0, 0]
  while (rest % 2n === 0n && twos <= decimalsMax) [rest, twos] = [rest / 2n, twos + 1]
  while (rest % 5n === 0n && fives <= decimalsMax) [rest, fives] = [rest / 5n, fives + 1]
  return rest === 1n && Math.max(twos, fives) <= decimalsMax ? Math.max(twos, fives) : undefined
}
