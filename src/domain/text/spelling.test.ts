import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { americanSpelling, britishSpelling } from './spelling.ts'

describe('the spelling of a word', () => {
  it('is the same for both sides of the ocean', () => {
    const pairs =
      'favorite favourite color colour behavior behaviour center centre liter litre milliliter millilitre analyze analyse organized organised anemia anaemia hemoglobin haemoglobin tumor tumour traveled travelled gray grey defense defence pediatrician paediatrician leukemia leukaemia diarrhea diarrhoea esophagus oesophagus'
    const words = pairs.split(' ')
    for (let i = 0; i < words.length; i += 2) {
      assert.equal(britishSpelling(words[i] ?? ''), words[i + 1])
      assert.equal(britishSpelling(words[i + 1] ?? ''), words[i + 1])
    }
  })

  it('is American where that is asked for', () => {
    const pairs =
      'personalised personalized recognising recognizing behaviour behavior defences defenses analyse analyze labelling labeling promise promise precise precise supervised supervised noise noise'
    const words = pairs.split(' ')
    for (let i = 0; i < words.length; i += 2) assert.equal(americanSpelling(words[i] ?? ''), words[i + 1])
  })

  it('leaves other words alone', () => {
    for (const word of 'doctor corn size prize seize meter order water labyrinth horror author warfarin memory hem mental'.split(
      ' ',
    ))
      assert.equal(britishSpelling(word), word)
  })
})
