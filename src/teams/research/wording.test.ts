import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attributionOf, attributionsIn, familyName, withoutAttribution, withYear } from './attribution.ts'
import { feedbackText, readFeedback } from './feedback.ts'
import { listed, monthOf, numberWord, span } from './phrasing.ts'
import { problemIn } from './problems/problem-in.ts'
import { quotable } from './quotable.ts'
import { sectionsIn } from './read/sections.ts'
import { base, gerund, singular } from './verbs.ts'

test('authors are named as papers name them', () => {
  assert.equal(familyName('Ludwig van Beethoven'), 'van Beethoven')
  assert.equal(familyName('Knuth, Donald'), 'Knuth')
  assert.equal(familyName('Qwen Team'), 'Qwen Team')
  const of = (...authors: string[]) =>
    withYear(attributionOf({ authors, published: '2026-05-01', title: 'On Things' }))
  assert.equal(of('Ada Moor'), 'Moor (2026)')
  assert.equal(of('Ada Moor', 'Ben Feld'), 'Moor and Feld (2026)')
  assert.equal(of('Ada Moor', 'Ben Feld', 'et al.'), 'Moor et al. (2026)')
  assert.equal(of(), 'The document “On Things” (2026)')
  assert.deepEqual(attributionsIn('Moor et al. (2026) follow van Beethoven et al. here.'), [
    'Moor',
    'Beethoven',
  ])
})

test('a claim is judged without the names of its authors', () => {
  const attribution = attributionOf({ authors: ['A Hao', 'B', 'C'], published: '2026', title: '' })
  for (const claim of ['Hao et al. (2026) propose HKVE.', 'They propose HKVE.', 'Its authors propose HKVE.'])
    assert.equal(withoutAttribution(claim, attribution), 'we propose HKVE.')
  assert.equal(withoutAttribution('HKVE (Hao et al., 2026) is a method.', attribution), 'HKVE is a method.')
  assert.equal(
    withoutAttribution('HKVE (a key; Hao et al., 2026) is a method.', attribution),
    'HKVE (a key) is a method.',
  )
})

test('the part of a sentence that can be quoted alone is found, or none', () => {
  assert.deepEqual(
    quotable('Our evaluation finds that even large models struggle to count objects in clutter.'),
    {
      opening: 'that',
      verb: 'find',
      quote: 'even large models struggle to count objects in clutter',
    },
  )
  assert.equal(
    quotable(
      'Our analysis reveals a two-level deficit: models struggle to perceive tools in realistic scenes, pinpointing a bottleneck.',
    )?.quote,
    'models struggle to perceive tools in realistic scenes',
  )
  assert.equal(
    quotable('However, existing models often fail to attend to the picture during reflection.')?.quote,
    'existing models often fail to attend to the picture during reflection',
  )
  for (const sentence of [
    'However, their ability to generate code from pictures remains limited.',
    'These approaches overlook how attention heads behave in practice.',
    'We further explore prompting as a mitigation strategy in this setting.',
    'While some traditional approaches fail to capture the context of a scene',
  ])
    assert.equal(quotable(sentence), undefined, sentence)
})

test('a stated gap becomes a problem in its own words', () => {
  const title = (sentence: string) => problemIn(sentence)?.title
  assert.equal(title('even large models struggle to count objects in clutter'), 'Counting objects in clutter')
  assert.equal(
    title('models are prone to answer inertia, in which early commitments are reinforced'),
    'Answer inertia',
  )
  assert.equal(
    title('the long-term effect of biochar on soil life remains poorly understood'),
    'Long-term effect of biochar on soil life',
  )
  assert.equal(
    title('current models lack robust cross-modal feature fusion'),
    'Robust cross-modal feature fusion',
  )
  for (const vague of [
    'this limits its use',
    'models lack capabilities',
    'models struggle with 7 of 9 tasks',
    'models struggle with tasks than humans do not',
  ])
    assert.equal(title(vague), undefined, vague)
  for (const question of problemIn('models struggle with long documents')?.questions ?? ['none'])
    assert.match(question, /\?$/)
})

test('verbs agree', () => {
  assert.deepEqual(['introduces', 'studies', 'addresses', 'focus', 'has'].map(base), [
    'introduce',
    'study',
    'address',
    'focus',
    'have',
  ])
  assert.deepEqual(['introduce', 'study', 'address', 'have'].map(singular), [
    'introduces',
    'studies',
    'addresses',
    'has',
  ])
  assert.deepEqual(['translate', 'cut', 'see', 'argue'].map(gerund), [
    'translating',
    'cutting',
    'seeing',
    'arguing',
  ])
})

test('dates and lists read as prose', () => {
  assert.equal(monthOf('2026-05-18'), 'May 2026')
  assert.equal(span(['2026-07-01', '2026-03-02', '']), 'from March to July 2026')
  assert.equal(span(['2025-11-01', '2026-03-02']), 'from November 2025 to March 2026')
  assert.equal(span(['2026-03-01', '2026-03-02']), 'in March 2026')
  assert.equal(span(['']), '')
  assert.equal(listed(['a', 'b', 'c']), 'a, b and c')
  assert.equal(numberWord(7), 'seven')
})

test('feedback survives its way through the log', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9./#-]{1,20}$/)
  const message = fc
    .stringMatching(/^[A-Za-z0-9 .:"-]{0,60}[a-z.]$/)
    .map((text) => text.trim().replace(/\s+/g, ' '))
  fc.assert(
    fc.property(fc.array(fc.record({ claim: id, message }, { noNullPrototype: true })), (complaints) => {
      assert.deepEqual(readFeedback(feedbackText(complaints)), complaints)
    }),
  )
  assert.deepEqual(readFeedback(undefined), [])
  assert.deepEqual(readFeedback('do it again'), [])
})

test('the parts of a document that say what was found and left open are told by their role and place', () => {
  const body = 'It stays below the level of experts on every split of the data we looked at.'
  const text = `Intro\n\nWords.\n\n4. Experiments\n${body}\n\nTable 2: Accuracy on the three splits.\n\n5. Conclusion\n${body}\n\nLimitations\nOnly six fields of one farm were measured in this study.\n\nReferences\n[1] A.`
  const sections = sectionsIn(text)
  assert.deepEqual(
    sections.map(({ role, heading }) => [role, heading]),
    [
      ['results', 'Experiments'],
      ['conclusion', 'Conclusion'],
      ['limitations', 'Limitations'],
      ['captions', 'Table 2'],
    ],
  )
  for (const section of sections)
    assert.equal(text.slice(section.start, section.start + section.text.length), section.text)
  assert.doesNotMatch(sections[2]!.text, /\[1\]/)
})
