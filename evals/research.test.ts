import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResearchOutput } from '../src/teams/research/shapes.ts'
import { measured } from './research/measures.ts'
import { type Asked, askedQuestions, bundledPapers, comparable, keptApart } from './research/questions.ts'

const papers = new Map(bundledPapers().map((paper) => [paper.id, paper]))

test('every fact is words of the sentence named, and every sentence stands in its paper', () => {
  const asked = askedQuestions()
  assert.ok(asked.length >= 48)
  assert.equal(new Set(asked.map(({ id }) => id)).size, asked.length)
  for (const { id, papers: references, facts, refused } of asked) {
    for (const reference of references) assert.ok(papers.has(reference), `${id}: ${reference}`)
    for (const { text, paper, sentence } of facts) {
      const { title, abstract } = papers.get(paper)!
      assert.ok(`${title}. ${abstract}`.includes(sentence), `${id}: ${sentence}`)
      assert.ok(comparable(sentence).includes(comparable(text)), `${id}: ${text}`)
      assert.ok(references.includes(paper), `${id}: ${paper}`)
    }
    assert.equal(references.length === 0, refused === true, id)
  }
})

test('about a quarter of the questions is kept apart, of most kinds', () => {
  const apart = askedQuestions().filter(keptApart)
  assert.ok(apart.length >= 12 && apart.length <= 18, String(apart.length))
  assert.ok(new Set(apart.map(({ kind }) => kind)).size >= 8)
})

test('an answer is measured as worked out by hand', () => {
  const [one, other] = ['2505.10862', '2503.16537'].map((id) => papers.get(id)!)
  const asked: Asked = {
    id: 'x',
    kind: 'list',
    question: '',
    topic: 'clock',
    papers: [one!.id, '2508.06585'],
    facts: [
      { text: '2.46x', paper: one!.id, sentence: '' },
      { text: 'analog clocks', paper: one!.id, sentence: '' },
    ],
    since: '2025-05',
    words: 12,
  }
  const reference = ({ id, title, published }: typeof one & object, n: number) => ({
    ...{ n, id, title, published, authors: [], url: '' },
  })
  const citation = { n: 1, paper: one!.id, quote: one!.abstract.slice(0, 60) }
  const output: unknown = {
    status: 'answered',
    notes: [],
    report: {
      answer: {
        text: 'They read analog clocks badly [1]. It is so.',
        citations: [citation, { ...citation, quote: 'no such words' }],
      },
      themes: [{ name: '', paragraphs: [{ text: 'It is $2.46\\times$ faster [2].', citations: [] }] }],
      openProblems: [],
      references: [reference(one!, 1), reference(other!, 2)],
    },
  }
  assert.deepEqual(measured(asked, output as ResearchOutput, papers), {
    judged: 1,
    coverage: 1 / 2,
    precision: 1 / 2,
    verbatim: 1 / 2,
    cited: 2 / 3,
    facts: 1,
    answered: 1 / 2,
    present: 1,
    limits: 1 / 2,
    words: 12,
    until: 2,
  })
  assert.equal(measured({ ...asked, refused: true }, output as ResearchOutput, papers).judged, 0)
})
