import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stems, tokens, words } from './tokens.ts'
import { singles } from './unspaced.ts'

describe('scripts without blanks between words', () => {
  it('are cut into pairs of characters, and other letters beside them into words', () => {
    assert.deepEqual(words('多模态模型 GPT4模型 is好'), [
      '多模',
      '模态',
      '态模',
      '模型',
      'gpt4',
      '模型',
      'is',
      '好',
    ])
    assert.deepEqual(words('東京タワー'), ['東京', '京タ', 'タワ', 'ワー'])
    assert.deepEqual(words('한국어 모델'), ['한국', '국어', '모델'])
    assert.deepEqual(words('ไทย'), ['ไท', 'ทย'])
    assert.deepEqual(words('ที่นี่'), ['ที่นี่'])
  })

  it('have tokens that stand where they say', () => {
    const text = fc.array(
      fc.constantFrom('模', '型', 'か', 'が', 'ー', 'a', '7', ' ', 'é', 'ที่', '한', '𠮷', '.'),
    )
    fc.assert(
      fc.property(text, (parts) => {
        const whole = parts.join('')
        const found = tokens(whole)
        for (const { text: token, start, end } of found) assert.equal(whole.slice(start, end), token)
        assert.deepEqual(
          found.map(({ norm }) => norm),
          words(whole),
        )
      }),
    )
  })

  it('keep the marks that are vowels or voices, and no difference of width', () => {
    assert.notDeepEqual(words('かき'), words('がき'))
    assert.deepEqual(words('ﾃｽﾄ'), words('テスト'))
  })

  it('are found by a word of one character, too', () => {
    assert.deepEqual(singles('my 猫です'), ['猫', 'で', 'す'])
    assert.deepEqual(singles('no such thing'), [])
  })

  it('leave other languages as they were', () => {
    assert.deepEqual(stems('The models were compared'), ['model', 'compar'])
    assert.deepEqual(words('Größe naïve'), ['große', 'naive'])
  })
})
