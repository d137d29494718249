import {
  add,
  compare,
  divide,
  floor,
  multiply,
  negate,
  power,
  rational,
  toNumber,
  type Value,
} from './rational.ts'

export type MathFunction = { least: number; most: number; apply: (values: Value[]) => Value }

const argumentsMax = 100
const half = rational(1n, 2n)

const real = (apply: (value: number) => number): MathFunction => ({
  least: 1,
  most: 1,
  apply: ([value]) => apply(toNumber(value!)),
})
const exact = (apply: (value: Value) => Value): MathFunction => ({
  least: 1,
  most: 1,
  apply: ([value]) => apply(value!),
})
const many = (apply: (values: Value[]) => Value): MathFunction => ({ least: 1, most: argumentsMax, apply })

const ceil = (value: Value): Value => negate(floor(negate(value)))
const absolute = (value: Value): Value => (compare(value, rational(0n)) < 0 ? negate(value) : value)
/** Halves go away from zero, as people round. */
const rounded = (value: Value): Value =>
  compare(value, rational(0n)) < 0 ? negate(floor(add(negate(value), half))) : floor(add(value, half))
const total = (values: Value[]): Value => values.reduce(add)

/** The root as a whole number or fraction where there is one, else a double. */
const squareRoot = (value: Value): Value => {
  const root = Math.sqrt(toNumber(value))
  if (typeof value === 'number' || !Number.isFinite(root)) return root
  const candidate = rational(wholeRoot(value.numerator), wholeRoot(value.denominator))
  return compare(power(candidate, rational(2n)), value) === 0 ? candidate : root
}

/** Newton's method on integers: the largest whole number whose square is not above the value. */
const wholeRoot = (value: bigint): bigint => {
  if (value < 2n) return value
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}

const round: MathFunction = {
  least: 1,
  most: 2,
  apply: ([value, places]) => {
    if (places === undefined) return rounded(value!)
    const scale = power(rational(10n), rounded(places))
    return divide(rounded(multiply(value!, scale)), scale)
  },
}

const logarithm: MathFunction = {
  least: 2,
  most: 2,
  apply: ([value, base]) => Math.log(toNumber(value!)) / Math.log(toNumber(base!)),
}

/** A map, not an object: no name reaches what objects inherit. */
export const functions: ReadonlyMap<string, MathFunction> = new Map(
  Object.entries<MathFunction>({
    abs: exact(absolute),
    floor: exact(floor),
    ceil: exact(ceil),
    trunc: exact((value) => (compare(value, rational(0n)) < 0 ? ceil(value) : floor(value))),
    round,
    sign: exact((value) => rational(BigInt(Math.sign(compare(value, rational(0n)))))),
    sqrt: exact(squareRoot),
    cbrt: real(Math.cbrt),
    exp: real(Math.exp),
    ln: real(Math.log),
    log2: real(Math.log2),
    log10: real(Math.log10),
    log: logarithm,
    sin: real(Math.sin),
    cos: real(Math.cos),
    tan: real(Math.tan),
    asin: real(Math.asin),
    acos: real(Math.acos),
    atan: real(Math.atan),
    atan2: { least: 2, most: 2, apply: ([y, x]) => Math.atan2(toNumber(y!), toNumber(x!)) },
    sinh: real(Math.sinh),
    cosh: real(Math.cosh),
    tanh: real(Math.tanh),
    hypot: many((values) => Math.hypot(...values.map(toNumber))),
    min: many((values) => values.reduce((a, b) => (compare(b, a) < 0 ? b : a))),
    max: many((values) => values.reduce((a, b) => (compare(b, a) > 0 ? b : a))),
    sum: many(total),
    mean: many((values) => divide(total(values), rational(BigInt(values.length)))),
  }),
)

export const constants: ReadonlyMap<string, Value> = new Map(
  Object.entries<Value>({
    pi: Math.PI,
    π: Math.PI,
    e: Math.E,
    tau: 2 * Math.PI,
    τ: 2 * Math.PI,
  }),
)
