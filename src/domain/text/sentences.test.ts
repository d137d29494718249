import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sentences } from './sentences.ts'

const split = (text: string) => sentences(text).map((sentence) => sentence.text)

const WHOLE = [
  'We compare with prior work, e.g. BERT, i.e. an encoder, and cf. Sec. 3 for details.',
  'Vaswani et al. (2017) use attention, as shown in Fig. 3 and Eqs. 4-5.',
  'The score rose from 3.5 to 4.25 points vs. Smith et al. 2019.',
  'A loss $L = \\sum_i x_i. Y$ is minimised.',
  'See https://example.org/a.b?c=d. for the code.',
  'The analysis of J. R. Smith and E. coli strains agrees.',
  'It works (we tested it. Twice!) on all data [see A. Also B.] and more.',
  'The U.S. Census and approx. 5 others agree, No. 5 included.',
  'The model (GPT-4 vs. Claude 3.5) wins; results are i.i.d. samples of Prof. Doe.',
]

for (const text of WHOLE) {
  test(`keeps together: ${text}`, () => assert.deepEqual(split(text), [text.trim()]))
}

const APART: [string, string[]][] = [
  ['It works. We show why! Does it? Yes.', ['It works.', 'We show why!', 'Does it?', 'Yes.']],
  ['We follow Vaswani et al. We change one thing.', ['We follow Vaswani et al.', 'We change one thing.']],
  ['Accuracy is 3.5. In contrast, theirs is 2.', ['Accuracy is 3.5.', 'In contrast, theirs is 2.']],
  ['He said "stop." Then he left.', ['He said "stop."', 'Then he left.']],
  ['This was known.[12] We extend it.', ['This was known.[12]', 'We extend it.']],
  ['A heading\n\nA paragraph', ['A heading', 'A paragraph']],
  ['It costs $5. We paid $6 for it.', ['It costs $5.', 'We paid $6 for it.']],
  ['It binds. mRNA levels fall. p53 is lost.', ['It binds.', 'mRNA levels fall.', 'p53 is lost.']],
  ['We report results.We also release code.', ['We report results.', 'We also release code.']],
  ['An open (bracket is never closed. So be it.', ['An open (bracket is never closed.', 'So be it.']],
  ['模型很好。我们证明。', ['模型很好。', '我们证明。']],
]

for (const [text, expected] of APART) {
  test(`splits: ${JSON.stringify(text)}`, () => assert.deepEqual(split(text), expected))
}

const prose = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '. ',
        '.',
        '? ',
        ' et al. ',
        ' e.g. ',
        '\n\n',
        ' ',
        '(',
        ')',
        '[',
        ']',
        '$',
        'We ',
        'x',
        '3.5',
        '"',
        '\\',
        '。',
        '…',
        '{',
      ),
      fc.string({ maxLength: 6, unit: 'grapheme' }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

test('spans are exact, ordered, apart, trimmed, and leave out nothing but white space', () => {
  fc.assert(
    fc.property(prose, (text) => {
      let from = 0
      for (const { text: part, start, end } of sentences(text)) {
        assert.equal(text.slice(start, end), part)
        assert.ok(start >= from && end > start)
        assert.equal(part.trim(), part)
        assert.equal(text.slice(from, start).trim(), '')
        from = end
      }
      assert.equal(text.slice(from).trim(), '')
    }),
    { numRuns: 500 },
  )
})

test('takes time in proportion to the text, also on text made to be hard', () => {
  const work = (unit: string, times: number, rounds: number) => {
    const text = unit.repeat(times)
    const started = process.hrtime.bigint()
    for (let i = 0; i < rounds; i++) sentences(text)
    return Number(process.hrtime.bigint() - started)
  }
  for (const unit of ['(', '$', '.', '\n ', '((a. b', 'A. ', '$a. ', 'e.g. ', ' ', '[1']) {
    work(unit, 10_000, 1)
    // As much text on both sides, in turn, so that others who use the machine hit both; the least disturbed round of each.
    const pairs = Array.from({ length: 3 }, () => [work(unit, 10_000, 8), work(unit, 80_000, 1)] as const)
    const small = Math.min(...pairs.map(([each]) => each)) / 8
    const large = Math.min(...pairs.map(([, each]) => each))
    assert.ok(
      large < 40 * Math.max(small, 1e6),
      `${JSON.stringify(unit)}: 8 times the text took ${large / small} times as long`,
    )
  }
})
