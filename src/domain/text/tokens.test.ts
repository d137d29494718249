import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { porterStem } from './porter.ts'
import { ngrams, stem, stems, tokens, words } from './tokens.ts'

/** Examples of Porter's paper, step by step; the last lines run through all steps. */
const PORTER =
  `caresses caress ponies poni ties ti cats cat feed feed agreed agre plastered plaster bled bled motoring motor sing sing
  conflated conflat troubled troubl sized size hopping hop tanned tan falling fall hissing hiss fizzed fizz failing fail filing file
  happy happi sky sky relational relat conditional condit rational ration valenci valenc digitizer digit conformabli conform
  radicalli radic differentli differ vileli vile analogousli analog vietnamization vietnam predication predic operator oper feudalism
  feudal decisiveness decis hopefulness hope callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl triplicate
  triplic formative form formalize formal electriciti electr electrical electr hopeful hope goodness good revival reviv allowance allow
  inference infer airliner airlin gyroscopic gyroscop adjustable adjust defensible defens irritant irrit replacement replac adjustment
  adjust dependent depend adoption adopt homologou homolog communism commun activate activ angulariti angular homologous homolog
  effective effect bowdlerize bowdler probate probat rate rate cease ceas controll control roll roll generalizations gener
  oscillators oscil`.split(/\s+/)

test('stems as the examples of Porter 1980 say', () => {
  for (let at = 0; at < PORTER.length; at += 2)
    assert.equal(porterStem(PORTER[at]!), PORTER[at + 1], PORTER[at])
})

test('keeps numbers, names with digits and accents comparable', () => {
  assert.deepEqual(words('LLaVA-1.5 scores 1,024 on Café p53, 75.08%'), [
    'llava',
    '1.5',
    'scores',
    '1,024',
    'on',
    'cafe',
    'p53',
    '75.08',
  ])
  assert.deepEqual(stems('The models are generalising to 3 tasks'), ['model', 'generalis', '3', 'task'])
  assert.equal(stem('models'), stem('model'))
})

test('token spans are exact', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      for (const token of tokens(text)) assert.equal(text.slice(token.start, token.end), token.text)
    }),
  )
})

test('there are as many n-grams as fit', () => {
  assert.deepEqual(ngrams(['a', 'b', 'c'], 2), ['a b', 'b c'])
  assert.deepEqual(ngrams(['a'], 2), [])
})
