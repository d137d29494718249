import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import { markdownText, markdownUrl } from './markdown.ts'
import { visible } from './visible.ts'

const odd = fc.string({ unit: 'binary' })

describe('visible', () => {
  it('shows what steers a terminal as code points and keeps line feeds and tabs', () => {
    assert.equal(visible('a\u001b]52;c;eA==\u0007b'), 'a\\u001b]52;c;eA==\\u0007b')
    assert.equal(visible('\u009b2J\u007f\r\u0000'), '\\u009b2J\\u007f\\u000d\\u0000')
    assert.equal(visible('one\r\ntwo\n\tthree'), 'one\ntwo\n\tthree')
    assert.equal(visible('a\u202eb\u2066c\u200f\u2028'), 'a\\u202eb\\u2066c\\u200f\\u2028')
    assert.equal(visible('naïve 日本語 👩‍🚀 ﷺ'), 'naïve 日本語 👩‍🚀 ﷺ')
  })

  it('leaves nothing that steers, and JSON the same JSON', () => {
    fc.assert(
      fc.property(fc.array(odd), (texts) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        assert.doesNotMatch(visible(texts.join('')), /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
        assert.deepEqual(JSON.parse(visible(JSON.stringify(texts, null, 2))), texts)
      }),
      { seed },
    )
  })
})

/** What CommonMark and HTML read of inline text: without escapes and entities, as it was written. */
const read = (text: string): string =>
  text
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')

describe('markdownText', () => {
  it('makes data of what would be Markdown or HTML, and keeps citations', () => {
    for (const [data, text] of [
      ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)>'],
      ['a | b `c` *d* _e_ snake_case', 'a \\| b \\`c\\` \\*d\\* \\_e\\_ snake_case'],
      ['[click](javascript:x) ![i](http://x)', '\\[click\\](javascript:x) !\\[i\\](http://x)'],
      ['shown [1], [2, 3] and [4–6].', 'shown [1], [2, 3] and [4–6].'],
      ['[1](http://x) [2]: http://x', '\\[1\\](http://x) \\[2\\]: http://x'],
      ['# Title', '\\# Title'],
      ['> quote', '\\> quote'],
      ['1. item', '1\\. item'],
      ['- item', '\\- item'],
      ['a < b & c &copy; &#60;', 'a < b & c &amp;copy; &amp;#60;'],
      ['two\n\n## lines\u001b[2J', 'two ## lines\\\\u001b\\[2J'],
      ['<!-- hidden --> </td>', '&lt;!-- hidden --> &lt;/td>'],
      ['~~gone~~ \\', '\\~\\~gone\\~\\~ \\\\'],
    ])
      assert.equal(markdownText(data ?? ''), text)
  })

  it('is read as it is written, on one line, without tags', () => {
    const marks = fc.array(
      fc.constantFrom(...'<>&|`*_[]()!#~\\ \n-+=123.:axé'.split(''), '<img ', '](', '&lt;'),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          odd,
          marks.map((parts) => parts.join('')),
        ),
        (data) => {
          const text = markdownText(data)
          assert.equal(read(text), visible(data.replace(/\s+/g, ' ')))
          assert.doesNotMatch(text, /<[A-Za-z/!?]|\n/)
          // Every mark that is left is escaped, or part of a citation.
          const rest = text.replace(/\\[\s\S]/g, '').replace(/\[\d[\d\s,–-]*\](?![(:])/g, '')
          assert.doesNotMatch(rest, /[`*|~[\]]/)
        },
      ),
      { seed, numRuns: 500 },
    )
  })

  it('takes web addresses only, with nothing in them that ends one', () => {
    assert.equal(
      markdownUrl('https://x.example/a b<img>|[c]`*'),
      'https://x.example/a%20b%3Cimg%3E%7C%5Bc%5D%60%2A',
    )
    assert.equal(markdownUrl('https://doi.org/10.1000/a(1)_b'), 'https://doi.org/10.1000/a(1)_b')
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'x', ''])
      assert.equal(markdownUrl(url), undefined)
  })
})
