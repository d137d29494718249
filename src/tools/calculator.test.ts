import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calculatorTool } from './calculator.ts'
import { call } from './fixtures/context.ts'

const calculator = calculatorTool()
const resultOf = async (expression: string): Promise<string> =>
  (await call(calculator, { expression })).result

test('known expressions have their known values', async () => {
  const known: [string, string][] = [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['-2^2', '-4'],
    ['(-2)^2', '4'],
    ['2^3^2', '512'],
    ['2**-2', '0.25'],
    ['7 - 4 - 2', '1'],
    ['0.1 + 0.2', '0.3'],
    ['.5 * 4.', '2'],
    ['1.5e3 / 1e-2', '150000'],
    ['10 % 4', '2'],
    ['-7 % 3', '-1'],
    ['2^200', (2n ** 200n).toString()],
    ['1/3', '0.3333333333333333'],
    ['-2/3', '-0.6666666666666667'],
    ['2^64/3', '6148914691236517205.33'],
    ['1/3/10^50', '3.333333333333333e-51'],
    ['sqrt(9/4)', '1.5'],
    ['sqrt(2)^2', '2.0000000000000004'],
    ['round(2.345, 2)', '2.35'],
    ['round(-2.5)', '-3'],
    ['floor(-7/2)', '-4'],
    ['ceil(-7/2)', '-3'],
    ['trunc(-7/2)', '-3'],
    ['max(1, 2, 3) - min(4, 5)', '-1'],
    ['mean(1, 2, 4) * 3', '7'],
    ['log(8, 2)', '3'],
    ['cos(2 * pi)', '1'],
    ['6 × 7 ÷ 2 − 1', '20'],
    ['(-1)^(10^30 + 1)', '-1'],
    ['0^0', '1'],
  ]
  for (const [expression, expected] of known) assert.equal(await resultOf(expression), expected, expression)
})

test('says whether the digits are the value itself', async () => {
  assert.equal((await call(calculator, { expression: '1/8' })).exact, true)
  assert.equal((await call(calculator, { expression: '1/7' })).exact, false)
  assert.equal((await call(calculator, { expression: 'sqrt(2)' })).exact, false)
})

test('an exact result beyond the range of doubles keeps its digits and has no double', async () => {
  assert.deepEqual(await call(calculator, { expression: '10^400' }), {
    result: `1${'0'.repeat(400)}`,
    value: null,
    exact: true,
  })
})

test('an expression it cannot read is refused with the column of the trouble', async () => {
  const wrong: [string, number][] = [
    ['', 1],
    ['1 +', 4],
    ['1 + * 2', 5],
    ['2 pi', 3],
    ['(1 + 2', 7],
    ['1 + 2)', 6],
    ['1,000 + 1', 2],
    ['50% + 1 * %', 11],
    ['foo(1)', 1],
    ['1 + bar', 5],
    ['log(5)', 1],
    ['sqrt()', 1],
    ['1 / (2 - 2)', 3],
    ['5 % 0', 3],
    ['0^-1', 2],
    ['sqrt(-1)', 1],
    ['ln(0)', 1],
    ['(-8)^(1/3)', 5],
    ['10^400 * 2.5^99999', 13],
    ['1e999', 1],
    ['constructor', 1],
    ['toString(1)', 1],
    ['__proto__', 1],
    ['1; process.exit()', 2],
    ['`x`', 1],
    ['1 + \u{1F600}', 5],
  ]
  for (const [expression, column] of wrong)
    await assert.rejects(
      async () => calculator.execute({ expression }, undefined as never),
      { code: 'tool.input-invalid', details: { column } },
      expression,
    )
})

test('deep, long and explosive expressions end as ordinary errors', async () => {
  for (const expression of [
    '('.repeat(900),
    `${'-'.repeat(1500)}1`,
    `${'2^'.repeat(900)}2`,
    '9^9^9^9',
    `${'(1/7+'.repeat(90)}1${')'.repeat(90)}^99999`,
  ])
    await assert.rejects(call(calculator, { expression }), { code: 'tool.input-invalid' })
  await assert.rejects(call(calculator, { expression: '1'.repeat(5000) }), /schema refused/)
})

/** Expressions over whole numbers, written for both: ours, and JavaScript's own on BigInt. */
const wholeExpression = fc.letrec<{ node: { ours: string; js: string } }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.nat(1000).map((n) => ({ ours: String(n), js: `${n}n` })),
    fc.tuple(tie('node'), fc.constantFrom('+', '-', '*', '%'), tie('node')).map(([left, sign, right]) => ({
      ours: `(${left.ours} ${sign} ${right.ours})`,
      js: `(${left.js} ${sign} ${right.js})`,
    })),
    fc.tuple(tie('node'), fc.nat(4)).map(([base, exponent]) => ({
      ours: `(${base.ours})^${exponent}`,
      js: `(${base.js}) ** ${exponent}n`,
    })),
    tie('node').map(({ ours, js }) => ({ ours: `-(${ours})`, js: `-(${js})` })),
  ),
})).node

/** Only for expressions generated above. */
const inJavaScript = (source: string): unknown => {
  try {
    return new Function(`return ${source}`)()
  } catch {
    return undefined
  }
}

test('whole-number expressions have the value that JavaScript gives them on BigInt, digit for digit', async () => {
  await fc.assert(
    fc.asyncProperty(wholeExpression, async ({ ours, js }) => {
      const expected = inJavaScript(js)
      fc.pre(typeof expected !== 'bigint' || (expected < 1n << 500n && expected > -(1n << 500n)))
      if (typeof expected === 'bigint') assert.equal(await resultOf(ours), String(expected), ours)
      else await assert.rejects(call(calculator, { expression: ours }))
    }),
    { numRuns: 300 },
  )
})

test('precedence without parentheses is that of JavaScript', async () => {
  const flat = fc
    .array(fc.tuple(fc.constantFrom('+', '-', '*', '/'), fc.integer({ min: 1, max: 99 })), { maxLength: 12 })
    .map((parts) => `7${parts.map(([sign, n]) => ` ${sign} ${n}`).join('')}`)
  await fc.assert(
    fc.asyncProperty(flat, async (expression) => {
      const expected = Number(inJavaScript(expression))
      const value = Number((await call(calculator, { expression })).result)
      assert.ok(
        Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
        `${expression}: ${value}`,
      )
    }),
    { numRuns: 300 },
  )
})

test('a fraction becomes the double nearest to it, as reading its decimal digits would', async () => {
  const digits = fc.bigInt({ min: 1n, max: 10n ** 60n })
  await fc.assert(
    fc.asyncProperty(digits, fc.integer({ min: 0, max: 90 }), async (numerator, decimals) => {
      const { value } = await call(calculator, { expression: `${numerator} / 10^${decimals}` })
      assert.equal(value, Number(`${numerator}e-${decimals}`))
    }),
    { numRuns: 300 },
  )
})

test('any text at all yields a finite number or an input error', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .array(fc.constantFrom(...'0123456789.e+-*/^%(), pi', 'sqrt', 'ln'), { maxLength: 30 })
      .map((a) => a.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, async (expression) => {
      try {
        const output = calculator.execute({ expression }, undefined as never)
        assert.ok((await output).value === null || Number.isFinite((await output).value), expression)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'tool.input-invalid', `${expression}: ${error}`)
      }
    }),
    { numRuns: 1000 },
  )
})
