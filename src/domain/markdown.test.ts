import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markdownText, markdownUrl } from './markdown.ts'

describe('data in Markdown', () => {
  it('is read as it is written: no tag, link, picture, code, emphasis, cell or block', () => {
    const shown: { [data: string]: string } = {
      '<img src=x onerror=alert(1)>': '&lt;img src=x onerror=alert(1)>',
      '<!-- x': '&lt;!-- x',
      '&lt;script&gt;': '&amp;lt;script&amp;gt;',
      'a|b': 'a\\|b',
      '[x](javascript:alert(1))': '\\[x\\](javascript:alert(1))',
      '![x](http://e/x.png)': '!\\[x\\](http://e/x.png)',
      '[1](http://e)': '\\[1\\](http://e)',
      '[1]: http://e': '\\[1\\]: http://e',
      '`code` ~~x~~ _y_ **z**': '\\`code\\` \\~\\~x\\~\\~ \\_y\\_ \\*\\*z\\*\\*',
      'back\\slash snake_case': 'back\\\\slash snake_case',
      '# h': '\\# h',
      '> q': '\\> q',
      '- x': '\\- x',
      '1. x': '1\\. x',
      'two\n# lines\r\n\tof it': 'two # lines of it',
      'exe\u202egpj \u001b]0;x\u0007': 'exe\\\\u202egpj \\\\u001b\\]0;x\\\\u0007',
      'a < b & c [1, 2] [4-6]': 'a < b & c [1, 2] [4-6]',
    }
    for (const [data, text] of Object.entries(shown)) assert.equal(markdownText(data), text, data)
  })

  it('is a link only where it is an address of the web, without marks of Markdown', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'ftp://a', 'file:///etc', 'x', ''])
      assert.equal(markdownUrl(url), undefined, url)
    assert.equal(
      markdownUrl('https://a/<x>|`[y]* "t" \u202e'),
      'https://a/%3Cx%3E%7C%60%5By%5D%2A%20%22t%22%20%E2%80%AE',
    )
  })
})
