import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queryFor } from './concepts.ts'
import { readParams } from './params.ts'
import { understood } from './understand.ts'

const read = (goal: string, params = {}) => understood(goal, readParams(params))

test('a question gives its topic and the kind of answer it wants', () => {
  const cases: [goal: string, topic: string, kind: string][] = [
    [
      'Summarize the latest advances in multimodal LLMs and suggest three open research problems',
      'multimodal LLMs',
      'survey',
    ],
    ['hallucination in vision-language models', 'hallucination in vision-language models', 'survey'],
    [
      'What do recent papers say about hallucination in vision-language models, and which mitigation works best?',
      'hallucination in vision-language models',
      'which',
    ],
    ['Why do vision-language models hallucinate?', 'vision-language models hallucinate', 'cause'],
    ['How is video understanding evaluated?', 'video understanding', 'evaluated'],
    ['Which benchmarks measure hallucination?', 'hallucination', 'evaluated'],
    ['Are multimodal LLMs safe against jailbreaks?', 'multimodal LLMs safe against jailbreaks', 'yes-no'],
    ['How good are MLLMs at chart understanding?', 'MLLMs at chart understanding', 'yes-no'],
    ['Which models support audio?', 'audio', 'list'],
    ['How many papers are about jailbreaks?', 'jailbreaks', 'count'],
    ['DPO vs GRPO', 'DPO vs GRPO', 'compare'],
    [
      'How can hallucination be reduced without retraining?',
      'hallucination be reduced without retraining',
      'how',
    ],
    ['What are the limitations of current video LLMs?', 'video LLMs', 'limits'],
    ['Suggest ten open research problems in visual token pruning', 'visual token pruning', 'problems'],
    ['Where do papers disagree about the cause of hallucination?', 'hallucination', 'disagree'],
    ['What is DeepSeek-OCR?', 'DeepSeek-OCR', 'paper'],
    ['What is known about soil carbon? Then name five open questions', 'soil carbon', 'survey'],
    ['I need a literature review on video temporal grounding', 'video temporal grounding', 'survey'],
    ["I'm writing a grant. What should I know about embodied agents?", 'embodied agents', 'survey'],
  ]
  for (const [goal, topic, kind] of cases)
    assert.deepEqual([read(goal).topic, read(goal).kind], [topic, kind], goal)
})

test('limits of time, number, length and form are read and are no part of the topic', () => {
  assert.deepEqual(read('Summarize the latest advances in multimodal LLMs since June 2026').period, {
    since: '2026-06',
  })
  assert.deepEqual(read('recent work on speech LLMs between 2025 and 2026').period, {
    since: '2025',
    until: '2026',
  })
  assert.equal(read('What happened in multimodal LLMs in the last six months?').period.lastDays, 183)
  assert.equal(read('Suggest ten open research problems in GUI agents').problems, 10)
  assert.equal(read('Review GUI agents, no open problems').problems, 0)
  assert.deepEqual(read('Summarize multimodal LLMs excluding video and audio').exclude, ['video', 'audio'])
  assert.equal(read('In at most 100 words: how do MLLMs handle long videos?').wordsMax, 100)
  assert.equal(read('Explain mixture of experts in three sentences').sentencesMax, 3)
  assert.equal(read('Give me a one-paragraph summary of multimodal LLM safety').form, 'paragraph')
  assert.equal(read('Make a table of visual token pruning methods').form, 'table')
  assert.deepEqual(read('Compare DPO and GRPO for multimodal reasoning').sides, ['DPO', 'GRPO'])
  for (const goal of ['GUI agents since 2025', 'GUI agents, excluding video', 'GUI agents in a table'])
    assert.equal(read(goal).topic, 'GUI agents', goal)
})

test('a bound is inclusive or exclusive as it is worded, and a number of things to name is read', () => {
  assert.deepEqual(read('GUI agents published before 2026').period, { until: '2025' })
  assert.deepEqual(read('GUI agents before March 2026').period, { until: '2026-02' })
  assert.deepEqual(read('GUI agents until 2025').period, { until: '2025' })
  assert.deepEqual(read('GUI agents after 2025').period, { since: '2026' })
  assert.deepEqual(read('GUI agents after 2026-02-28').period, { since: '2026-03-01' })
  assert.equal(read('GUI agents published before 2026').topic, 'GUI agents')
  assert.equal(read('Name five benchmarks for GUI agents').itemsMax, 5)
  assert.equal(read('Name five benchmarks for GUI agents').kind, 'evaluated')
  assert.equal(read('List two open problems in GUI agents').itemsMax, undefined)
  assert.deepEqual(read('OCR benchmarks for languages other than English').exclude, [])
})

test('what is counted in a named thing is looked for in its paper; counting is a subject, too', () => {
  const question = read('How many questions does CountQA have?')
  assert.deepEqual([question.kind, question.paper], ['paper', 'CountQA'])
  assert.equal(read('How many papers are about CountQA?').kind, 'count')
  assert.equal(read('Can vision-language models count?').topic, 'vision-language models count')
  assert.deepEqual(
    read('Count the papers on GUI agents').concepts.map(({ text }) => text),
    ['GUI agents'],
  )
})

test('a capital that a sentence begins with makes no name, and both spellings are searched for', () => {
  const [first] = read('Personalised retrieval of images').concepts
  assert.deepEqual(first?.names, ['personalised'])
  assert.match(queryFor([first!]), /personalized/)
})

test('params correct what was understood, and one that does not exist is refused with the one meant', () => {
  const question = read('What is new?', {
    topic: 'GUI agents',
    kind: 'survey',
    problems: 2,
    from: 2026,
    exclude: 'video, audio',
  })
  assert.deepEqual(
    [question.topic, question.kind, question.problems, question.period.since, question.exclude],
    ['GUI agents', 'survey', 2, '2026', ['video', 'audio']],
  )
  assert.throws(() => readParams({ frm: '2026' }), {
    code: 'input.invalid',
    message: /no param "frm"; did you mean "from"\?/,
  })
  assert.throws(() => readParams({ kind: 'poem' }), /"kind" is "survey" or "which"/)
})

test('the subject of a question in another language is mapped by the words of the field, and names stay', () => {
  const cases: [goal: string, language: string, concepts: string[], kind: string][] = [
    [
      'Welche Methoden gibt es gegen Halluzinationen in multimodalen Sprachmodellen?',
      'German',
      ['hallucination', 'multimodal LLMs'],
      'list',
    ],
    ['多模态大模型的幻觉有哪些缓解方法？', 'Chinese', ['multimodal LLMs', 'hallucination'], 'list'],
    [
      '¿Qué métodos reducen las alucinaciones en modelos multimodales?',
      'Spanish',
      ['hallucination', 'multimodal LLMs'],
      'list',
    ],
    ['Warum funktioniert GRPO?', 'German', ['GRPO'], 'cause'],
    [
      'Verstehen Vision-Language-Modelle Verneinung in verschiedenen Sprachen?',
      'German',
      ['vision-language models', 'negation', 'multilingual'],
      'survey',
    ],
  ]
  for (const [goal, language, concepts, kind] of cases) {
    const question = read(goal)
    assert.deepEqual(
      [question.language, question.concepts.map(({ text }) => text), question.kind],
      [language, concepts, kind],
      goal,
    )
  }
  assert.deepEqual(read('Как приготовить борщ?').concepts, [])
})
