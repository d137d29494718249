import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { statementsIn } from './statements.ts'

describe('statements about oneself', () => {
  const stated: [string, string, string][] = [
    ['My name is Ada.', 'name', 'My name is Ada'],
    ['Hi, call me Bob!', 'name', 'call me Bob'],
    ['I prefer short answers.', 'preference answers', 'I prefer short answers'],
    ['I now prefer Python for scripts', 'preference for scripts', 'I now prefer Python for scripts'],
    ["I don't like mushrooms.", 'liking mushrooms', "I don't like mushrooms"],
    ['I am allergic to nuts.', 'allergy nuts', 'I am allergic to nuts'],
    ["I'm vegetarian.", 'diet', "I'm vegetarian"],
    ['My favorite colour is blue.', 'favourite colour', 'My favorite colour is blue'],
    ['my email is ada@example.org', 'email', 'my email is ada@example.org'],
    ['I live in Graz.', 'home', 'I live in Graz'],
    ['No: actually, I live in Wien.', 'home', 'I live in Wien'],
    ['Sorry, no, my name is Eva', 'name', 'my name is Eva'],
    ['I am a doctor.', 'role doctor', 'I am a doctor'],
    ['Please remember that my dog is called Rex', 'dog name', 'my dog is called Rex'],
    ['Remember that the invoice is due on Friday', 'invoice due friday', 'the invoice is due on Friday'],
  ]
  for (const [text, about, fact] of stated)
    it(`finds ${about}: ${text}`, () => {
      const found = statementsIn(text).map((one) => ({ about: one.about, fact: one.fact }))
      assert.deepEqual(found, [{ about, fact }])
    })

  const nothing = [
    'Do I prefer tea?',
    'If I prefer tea, what then?',
    'My question is why this works.',
    'I am a bit tired.',
    '"I prefer tea", she said.',
    'Summarize the latest advances in multimodal LLMs and suggest three open problems',
  ]
  for (const text of nothing) it(`finds none: ${text}`, () => assert.deepEqual(statementsIn(text), []))

  it('reads several statements of one text, also of one sentence', () => {
    const found = statementsIn(
      'I prefer window seats on trains and I live in Graz. Also, my budget is 200 euros.',
    )
    assert.deepEqual(
      found.map(({ about }) => about),
      ['preference seats trains', 'home', 'budget'],
    )
  })

  it('of two statements about the same the later one counts', () => {
    const found = statementsIn('My name is Ada. Sorry: my name is Eva. My name is Eve.')
    assert.deepEqual(
      found.map(({ about, fact }) => [about, fact]),
      [['name', 'My name is Eve']],
    )
  })

  it('any text gives facts that stand in it, each about one thing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'I prefer',
            'my',
            'is',
            'name',
            'tea',
            'and',
            '.',
            '?',
            'I am a',
            '"',
            'not',
            'not',
            'no longer',
            'I am',
            'allergic to',
            'I think',
            'for',
          ),
          {
            maxLength: 30,
          },
        ),
        (parts) => {
          const text = parts.join(' ')
          const found = statementsIn(text)
          assert.equal(new Set(found.map(({ about }) => about)).size, found.length)
          for (const { fact } of found) assert.ok(text.includes(fact), `${fact} of ${text}`)
        },
      ),
    )
  })
})
