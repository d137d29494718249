import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundledCorpus } from '../../src/tools/papers/bundled.ts'
import { FLAGSHIP, research } from './setting.ts'

const CORPUS = { source: 'corpus' }

test('the flagship goal ends in a cited report by theme with three open problems, without a model and without a network tool', async () => {
  await using ran = await research(FLAGSHIP, CORPUS)
  const { run, concord, output } = ran
  assert.equal(run.status, 'succeeded', run.failure?.message)
  const { report, markdown } = output
  assert.ok(report.themes.length >= 4, `${report.themes.length} themes`)
  assert.equal(report.openProblems.length, 3)
  assert.equal(output.method, 'classical')
  assert.match(markdown, /by classical methods \(no model\)/)
  assert.match(
    markdown,
    /Source: bundled corpus; 40 papers read \(published 2025-\d\d-\d\d to 2026-\d\d-\d\d; abstracts only\)/,
  )
  const tools = (await concord.events(run.id)).filter(({ type }) => type === 'tool.called')
  assert.ok(tools.length > 0)
  for (const { data } of tools) assert.equal((data as { tool: string }).tool, 'corpus_search')
  const body = markdown.split('## How this was made')[0]!
  const words = body.split(/\s+/).length
  assert.ok(words > 800 && words < 1800, `${words} words`)
})

test('every mark in the text has its reference, every citation its sentence in the paper', async () => {
  await using ran = await research(FLAGSHIP, CORPUS)
  const { report, markdown, sources } = ran.output
  const papers = new Map((await bundledCorpus()).map((paper) => [paper.id, paper]))
  const parts = [
    report.answer,
    ...report.themes.flatMap(({ paragraphs }) => paragraphs),
    ...report.openProblems,
  ]
  const numbers = new Map(report.references.map(({ n, id }) => [n, id]))
  assert.deepEqual(
    [...numbers.keys()],
    [...numbers.keys()].map((_, at) => at + 1),
  )
  for (const { n, id } of report.references) {
    assert.ok(markdown.includes(`\n${n}. `), `reference ${n} in the markdown`)
    assert.ok(sources.some((source) => source.id === id && source.cited))
  }
  let citations = 0
  for (const part of parts) {
    const marks = [...part.text.matchAll(/\[(\d[\d, –]*)\]/g)].flatMap((match) => expanded(match[1]!))
    for (const mark of marks) assert.ok(numbers.has(mark), `[${mark}] has no reference`)
    assert.deepEqual(new Set(marks), new Set(part.citations.map(({ n }) => n)))
    for (const { paper, quote, n } of part.citations) {
      citations += 1
      const source = papers.get(paper)!
      assert.equal(numbers.get(n), paper)
      assert.ok(source.abstract.includes(quote) || source.title === quote, `${paper}: ${quote}`)
    }
  }
  assert.ok(citations > 40, `${citations} citations`)
})

const expanded = (mark: string): number[] =>
  mark.split(', ').flatMap((piece) => {
    const [from = 0, to = from] = piece.split('–').map(Number)
    return Array.from({ length: to - from + 1 }, (_, at) => from + at)
  })

test('the prose is whole sentences in the third person: no markup, no dangling words, nothing twice', async () => {
  for (const goal of [FLAGSHIP, 'hallucination in vision-language models', 'GUI agents']) {
    await using ran = await research(goal, CORPUS)
    const { report } = ran.output
    const own = [report.answer, ...report.themes.flatMap(({ paragraphs }) => paragraphs)]
    const sentences = own.flatMap(({ text }) => text.split(/(?<=[.!?])\s+(?=\p{Lu})/u))
    for (const text of [...own, ...report.openProblems].map((part) => part.text)) {
      assert.doesNotMatch(text, /[\\$^{}]|\*\*|https?:/, text)
      assert.match(text, /^[\p{Lu}\d].*[.?!]$/su, text)
    }
    for (const sentence of sentences) {
      assert.doesNotMatch(sentence, /\b(?:we|our|ours|this paper|this work)\b/i, sentence)
      assert.doesNotMatch(sentence, /^(?:This (?!summary)|These|It|However|Moreover)\b/, sentence)
      assert.ok(sentence.split(/\s+/).length <= 70, sentence)
    }
    const told = sentences.filter((sentence) => sentence.length > 40)
    assert.equal(new Set(told).size, told.length, 'a sentence stands twice')
  }
})

test('open problems quote the papers that state them', async () => {
  await using ran = await research('hallucination in vision-language models', CORPUS)
  const papers = new Map((await bundledCorpus()).map((paper) => [paper.id, paper]))
  for (const { text, citations } of ran.output.report.openProblems) {
    const quotes = [...text.matchAll(/“([^”]+)”/g)].map((match) => match[1]!)
    assert.ok(quotes.length > 0, text)
    for (const quote of quotes)
      assert.ok(
        citations.some(
          ({ paper, quote: cited }) => cited === quote && papers.get(paper)!.abstract.includes(quote),
        ),
        quote,
      )
    assert.match(text, /\?/)
  }
})

test('papers, summaries and the final summary stand in the state of the run', async () => {
  await using ran = await research(FLAGSHIP, { ...CORPUS, max: 12 })
  const state = ran.concord.state(`run/${ran.run.id}`)
  const list = (await state.get('papers:list')) as { id: string; title: string }[]
  assert.equal(list.length, 12)
  for (const { id, title } of list) {
    const summary = (await state.get(`paper:${id}:summary`)) as {
      title: string
      summary: string
      method: string
    }
    assert.equal(summary.title, title)
    assert.equal(summary.method, 'classical')
    assert.ok(summary.summary.length > 20)
  }
  assert.equal(await state.get('final_summary'), ran.output.markdown)
})

test('the same goal gives the same bytes', async () => {
  await using first = await research(FLAGSHIP, CORPUS)
  await using second = await research(FLAGSHIP, CORPUS)
  assert.equal(JSON.stringify(first.output), JSON.stringify(second.output))
})

test('dates and the number of papers are honoured', async () => {
  await using ran = await research('reasoning in multimodal models', {
    ...CORPUS,
    from: '2025-06',
    to: '2025-09',
    max: 10,
  })
  const { sources, dateRange } = ran.output
  assert.ok(sources.length > 4 && sources.length <= 10)
  for (const { published } of sources)
    assert.ok(published >= '2025-06-01' && published <= '2025-09-30', published)
  assert.ok(dateRange.from >= '2025-06-01' && dateRange.to <= '2025-09-30')
})

test('a topic the corpus does not hold is said to be missing, with what to do', async () => {
  await using ran = await research('Review quantum error correction', CORPUS)
  assert.equal(ran.run.status, 'succeeded')
  assert.match(ran.output.markdown, /Nothing on “quantum error correction” was found in the bundled corpus/)
  assert.match(ran.output.markdown, /folder of papers/)
  assert.deepEqual(ran.output.report.references, [])
})

test('a topic the corpus hardly holds is said to be thin', async () => {
  await using ran = await research('sign language in multimodal models', CORPUS)
  assert.equal(ran.run.status, 'succeeded')
  assert.match(ran.output.markdown, /(?:Only \w+ papers? about|No paper found in .* is about) “sign language/)
})

test('params that make no sense fail with the way out', async () => {
  for (const [params, rule] of [
    [{ max: 0 }, /"max" is a whole number from 1 to 120/],
    [{ from: 'last year' }, /"from" is a date/],
    [{ source: 'the web' }, /"source" is "arxiv" or "corpus"/],
  ] as const) {
    await using ran = await research(FLAGSHIP, params)
    assert.equal(ran.run.status, 'failed')
    assert.match(ran.run.failure?.message ?? '', rule)
  }
})

test('a corpus that cannot be read fails the run with its reason', async () => {
  await using ran = await research(FLAGSHIP, { corpus: 'no-such-folder-here' })
  assert.equal(ran.run.status, 'failed')
  assert.match(ran.run.failure?.message ?? '', /no-such-folder-here/)
})

test('questions of many kinds are answered at the first try', async () => {
  for (const goal of [
    'visual token pruning',
    'What is known about jailbreak attacks?',
    'medical vision-language models',
    'Review the state of the art in document OCR and list two open questions',
    'embodied agents',
    'knowledge distillation',
  ]) {
    await using ran = await research(goal, CORPUS)
    assert.equal(ran.run.status, 'succeeded', `${goal}: ${ran.run.failure?.message}`)
    const events = await ran.concord.events(ran.run.id)
    const unmet = events.flatMap((event) => (event.type === 'check.unmet' ? event.data.reasons : []))
    assert.deepEqual(unmet, [], goal)
    const { report, notes } = ran.output
    assert.ok(report.themes.length > 0, goal)
    assert.ok(
      report.openProblems.length >= 2 ||
        /of the \d open problems asked for could be found: /.test(notes.join()),
      goal,
    )
  }
})
