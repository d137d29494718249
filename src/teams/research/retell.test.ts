import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contributions } from '../../domain/text/extract.ts'
import { bundledCorpus } from '../../tools/papers/bundled.ts'
import { attributionOf } from './attribution.ts'
import { hasDebris } from './plain-text.ts'
import { retell } from './retell.ts'

const hao = attributionOf({
  authors: ['Shuyang Hao', 'Yiwei Wang', 'Bryan Hooi'],
  published: '2025-03-18',
  title: '',
})
const alone = attributionOf({ authors: ['Jun Rekimoto'], published: '2025-04-02', title: '' })
const text = (sentence: string, who = hao) => retell(sentence, who)?.text

test('what we propose becomes what its authors propose, without links, hype and markup', () => {
  assert.equal(
    text(
      'To address this challenge, we introduce \\textbf{HKVE} (Hierarchical Key-Value Equalization), an innovative jailbreaking framework that selectively accepts results.',
    ),
    'Hao et al. (2025) introduce HKVE (Hierarchical Key-Value Equalization), a jailbreaking framework that selectively accepts results.',
  )
  assert.equal(
    text(
      'In this paper, we also present a novel efficient method that improves accuracy by 3\\% on ten tasks.',
    ),
    'Hao et al. (2025) present an efficient method that improves accuracy by 3% on ten tasks.',
  )
})

test('a named system can be the subject', () => {
  const told = retell(
    'We introduce OSR-Bench, the first benchmark designed for panoramic spatial reasoning in large models.',
    hao,
  )
  assert.equal(
    told?.named,
    'OSR-Bench (Hao et al., 2025) is the first benchmark designed for panoramic spatial reasoning in large models.',
  )
  assert.equal(told?.name, 'OSR-Bench')
})

test('findings are told as findings', () => {
  assert.equal(
    text(
      'Extensive experiments show that larger models hallucinate more often on long captions than small ones.',
    ),
    'Hao et al. (2025) find that larger models hallucinate more often on long captions than small ones.',
  )
  assert.equal(
    text('This survey reviews the methods that reduce the number of visual tokens in large models.', alone),
    'Rekimoto (2025) reviews the methods that reduce the number of visual tokens in large models.',
  )
})

test('a single author takes the singular, in both verbs', () => {
  assert.equal(
    text(
      'We introduce a method for gaze-aware video models and show that gaze halves the cost of inference.',
      alone,
    ),
    'Rekimoto (2025) introduces a method for gaze-aware video models and shows that gaze halves the cost of inference.',
  )
})

test('what points elsewhere, asks, praises or only links to code is not retold', () => {
  for (const sentence of [
    'These weaknesses pose a risk for classroom use on problems of visual reasoning.',
    'It includes over 153,000 diverse question-answer pairs grounded in panoramic maps of rooms.',
    'Can multimodal models see what is in the picture that they are shown every day?',
    'Extensive experiments demonstrate the effectiveness of our proposed method.',
    'Our code and models are available at https://github.com/some/where for everybody to use.',
    'We use a loss $\\mathcal{L}_{\\text{KL}^{2}}$ that balances both of the terms that matter.',
    'Short.',
  ])
    assert.equal(text(sentence), undefined, sentence)
})

test('long tails are cut where a clause ends, lists as a whole', () => {
  const told = text(
    'We propose a compression framework for the key-value cache of vision-language models that integrates complementary strategies in three stages: heads are first classified into static or dynamic types using attention to text, then budgets are allocated, and last the cache is compressed by pruning and merging of the entries that matter least.',
  )
  assert.equal(
    told,
    'Hao et al. (2025) propose a compression framework for the key-value cache of vision-language models that integrates complementary strategies.',
  )
})

test('nothing retold from the bundled corpus holds markup, the first person, or a dangling reference', async () => {
  let count = 0
  for (const paper of (await bundledCorpus()).filter((_, at) => at % 4 === 0)) {
    const attribution = attributionOf(paper)
    for (const { sentence } of contributions(paper.title, paper.abstract)) {
      const told = retell(sentence, attribution)
      if (told === undefined) continue
      count += 1
      for (const each of [told.text, ...(told.named === undefined ? [] : [told.named])]) {
        assert.ok(!hasDebris(each), each)
        assert.doesNotMatch(each, /\b(?:[Ww]e|[Oo]urs?|this paper|this work)\b/, each)
        assert.doesNotMatch(each, /\b(?:these|this|those) (?!of|in|with|that|from|who|for)/i, each)
        assert.match(each, /[.!]$/, each)
        assert.ok(each.split(/\s+/).length <= 75, each)
      }
    }
  }
  assert.ok(count > 1000, `${count} retold`)
})
