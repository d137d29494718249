import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phrasePattern } from './phrases.ts'

test('a phrase is found with other endings, hyphens and the other spelling of its words', () => {
  const cases: [phrase: string, text: string, found: boolean][] = [
    ['token pruning', 'Token-pruned models', true],
    ['personalised models', 'personalized model', true],
    ['personaliz*', 'personalisation', true],
    ['defences', 'a defense against', true],
    ['behaviour', 'behavior', true],
    ['analysing', 'we analyze', true],
    ['MMRB', 'MMRB2', false],
    ['precision', 'provision', false],
    ['counting', 'accounting', false],
  ]
  for (const [phrase, text, found] of cases)
    assert.equal(phrasePattern([phrase]).test(text), found, `${phrase} in ${text}`)
})
