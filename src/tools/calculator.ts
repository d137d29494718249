import { z } from 'zod'
import { type Tool, tool } from '../ports/tool.ts'
import { evaluate } from './calculator/evaluate.ts'
import { toNumber, toText } from './calculator/rational.ts'

const expressionCharactersMax = 2000

export type CalculatorInput = { expression: string }
/**
 * `result` in decimal digits; `exact` when they are the value itself, not rounded; `value` the nearest double, null
 * when the exact value is beyond them.
 */
export type CalculatorOutput = { result: string; value: number | null; exact: boolean }

/**
 * Arithmetic without eval. Whole numbers and decimals are computed exactly (0.1 + 0.2 is 0.3, 2^200 has every digit);
 * roots, logarithms and the like in doubles. Deterministic, touches nothing.
 */
export const calculatorTool = (): Tool<CalculatorInput, CalculatorOutput> =>
  tool({
    name: 'calculator',
    description:
      'Evaluates one arithmetic expression: + - * / ^ (power) % (remainder, not percent) and parentheses; functions ' +
      'abs floor ceil trunc round(x, digits) sign sqrt cbrt exp ln log2 log10 log(x, base) sin cos tan asin acos ' +
      'atan atan2 sinh cosh tanh hypot min max sum mean (angles in radians); constants pi e tau. ' +
      'Whole numbers and decimals are exact.',
    permission: 'compute',
    input: z.object({
      expression: z.string().min(1).max(expressionCharactersMax).describe('For example (1 + 0.05)^10 * 2500'),
    }),
    execute: ({ expression }) => {
      const value = evaluate(expression)
      const { text, exact } = toText(value)
      const double = toNumber(value)
      return { result: text, value: Number.isFinite(double) ? double : null, exact }
    },
  })
