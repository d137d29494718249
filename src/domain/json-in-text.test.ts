import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Json } from './json.ts'
import { jsonIn } from './json-in-text.ts'

const wanted = { title: 'A "quoted" } brace', list: [1, { deep: ['x]'] }] }
const json = JSON.stringify(wanted)

const shapes: [name: string, text: string][] = [
  ['bare JSON', json],
  ['JSON behind a byte order mark', `\uFEFF${json}`],
  ['a fence labelled json', `\`\`\`json\n${json}\n\`\`\``],
  ['a fence labelled JSON in capitals', `\`\`\`JSON\n${json}\n\`\`\``],
  ['a fence with another label', `\`\`\`javascript\n${json}\n\`\`\``],
  ['a fence without a label', `\`\`\`\n${json}\n\`\`\``],
  ['a fence on one line', `\`\`\`json ${json}\`\`\``],
  ['a fence within prose', `Sure! Here it is:\n\n\`\`\`json\n${json}\n\`\`\`\nAnything else?`],
  ['JSON within prose', `Sure! Here is the JSON: ${json} I hope this helps [really].`],
  ['JSON behind a citation in brackets', `As [1] and [2] say: ${json}`],
  ['JSON behind a bracket that is never closed', `See [the note and {that: ${json}`],
  ['JSON behind thoughts', `<think>\nShall I answer {"a": 1}? No.\n</think>\n\n${json}`],
  ['JSON behind thoughts whose beginning the template wrote', `I think {so}.</think>${json}`],
  ['a fence behind thoughts', `<think>hm</think>\n\`\`\`json\n${json}\n\`\`\``],
  ['indented JSON', JSON.stringify(wanted, null, 2)],
]

describe('jsonIn', () => {
  for (const [name, text] of shapes)
    it(`reads ${name}`, () => {
      assert.deepEqual(jsonIn(text), { value: wanted })
    })

  it('reads a value that is no object', () => {
    assert.deepEqual(jsonIn(' [1, 2] '), { value: [1, 2] })
    assert.deepEqual(jsonIn('"text with </think> in it"'), { value: 'text with </think> in it' })
    assert.deepEqual(jsonIn('7'), { value: 7 })
  })

  it('says why there is no JSON', () => {
    const read = jsonIn("I'm sorry, I cannot do that.")
    assert.ok('problem' in read && read.problem.includes('JSON'), JSON.stringify(read))
    assert.ok('problem' in jsonIn(''))
    assert.ok('problem' in jsonIn('{"cut": "of'))
  })

  it('finds any object, whatever prose without brackets or fences surrounds it', () => {
    const prose = fc.string().map((text) => text.replaceAll(/[[\]{}"`<>]/g, ' '))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), prose, prose, (object, before, after) => {
        const text = `${before}: ${JSON.stringify(object)} ${after}.`
        assert.deepEqual(jsonIn(text), { value: JSON.parse(JSON.stringify(object)) as Json })
      }),
    )
  })

  it('gives up on brackets and fences without an end', { timeout: 20_000 }, () => {
    for (const part of ['[', '{"a":', '```', '[{', '</think>'])
      assert.ok('problem' in jsonIn(part.repeat(50_000)))
  })
})
