import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chunksOf } from './chunking.ts'
import { draftOf } from './draft.ts'

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        'A sentence ends. ',
        'word ',
        '\n\n',
        ' ',
        'x'.repeat(60),
        '🎉',
        'Dr. Who (no. 3) e.g. ',
      ),
    )
    .map((parts) => parts.join('')),
)

describe('chunking', () => {
  it('covers the text with exact spans in order: nothing but white space is left out, nothing is twice', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 120 }), (text, charsMax) => {
        const chunks = chunksOf(text, { charsMax })
        let at = 0
        for (const { start, end } of chunks) {
          assert.ok(start >= at && end >= start && end <= text.length)
          assert.equal(text.slice(at, start).trim(), '')
          assert.ok(end - start <= Math.max(2, charsMax), `${end - start} > ${charsMax}`)
          at = end
        }
        assert.equal(text.slice(at).trim(), '')
      }),
      { verbose: true },
    )
  })

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 40 }), (text, charsMax) => {
        for (const { start, end } of chunksOf(text, { charsMax }))
          for (const at of [start, end]) {
            const cut = /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '')
            assert.equal(cut, false, `${at} of ${JSON.stringify(text)}`)
          }
      }),
    )
  })

  it('keeps sentences whole where they fit, and ends at paragraphs', () => {
    const text = 'First sentence here. Second sentence here.\n\nA new paragraph. And its end.'
    const found = chunksOf(text, { charsMax: 60 }).map(({ start, end }) => text.slice(start, end))
    assert.deepEqual(found, ['First sentence here. Second sentence here.', 'A new paragraph. And its end.'])
  })

  it('takes every line for a chunk where asked', () => {
    const record = { id: 'a', modality: 'text' as const, metadata: {}, text: 'one. two.\n\nthree\n' }
    const { chunks } = draftOf({ ...record, chunking: 'lines' })
    assert.deepEqual(
      chunks.map(({ start, end }) => record.text.slice(start, end)),
      ['one. two.', 'three'],
    )
  })

  it('refuses what is no document', () => {
    const record = { id: '', modality: 'text' as const, metadata: {}, text: 'x' }
    assert.throws(() => draftOf(record), { code: 'input.invalid' })
    assert.throws(() => draftOf({ ...record, id: 'a', text: 'x'.repeat(8_000_001) }), {
      code: 'input.invalid',
    })
  })
})
