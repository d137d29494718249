import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelRequest } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { research } from './setting.ts'

const GOAL = 'hallucination in vision-language models'
const PARAMS = { source: 'corpus', max: 5 }

type Evidence = { id: string; authors: string; kind: string; sentence: string }

/** What the request asks about: the user's message is JSON. */
const asked = (request: ModelRequest): { [name: string]: unknown } => {
  const message = request.messages.find(({ role }) => role === 'user')
  return JSON.parse(typeof message?.content === 'string' ? message.content : '{}')
}

const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text

/** `We introduce X` as its authors' deed, otherwise what they report. */
const retold = (authors: string, sentence: string): string =>
  `${authors} report that ${sentence.replace(/\b[Ww]e\b/g, 'they').replace(/\b[Oo]ur\b/g, 'their')}`

/** A model that does its work: by the name of the output it is asked for. `tamper` may spoil an answer. */
const diligent = (
  tamper: (
    name: string,
    answer: { [key: string]: unknown },
    call: number,
    request: ModelRequest,
  ) => unknown = (_, answer) => answer,
) => {
  const calls = new Map<string, number>()
  return scriptedModel((request) => {
    const name = request.output?.name ?? ''
    const call = calls.get(name) ?? 0
    calls.set(name, call + 1)
    return JSON.stringify(tamper(name, ANSWERS[name]!(asked(request)), call, request))
  })
}

const ANSWERS: { [name: string]: (input: { [name: string]: unknown }) => { [key: string]: unknown } } = {
  understanding: () => ({
    topic: 'hallucination in vision-language models',
    kind: 'survey',
    concepts: [{ text: 'hallucination', names: ['hallucinations'] }],
    queries: ['object hallucination decoding', 'hallucination benchmark'],
    problems: 3,
  }),
  reading: ({ text, authors }) => {
    const sentence = firstSentence(String(text))
    const who = `${String((authors as string[])[0])
      .split(' ')
      .at(-1)} et al.`
    return {
      statements: [
        { kind: 'contribution', text: retold(who, sentence), sentence },
        { kind: 'gap', text: sentence, sentence },
      ],
    }
  },
  narrative: ({ evidence }) => ({
    introduction: [],
    themes: [
      {
        name: 'What the model made of it',
        claims: (evidence as Evidence[]).map(({ id, authors, sentence }) => ({
          text: retold(authors, sentence),
          evidence: [id],
        })),
      },
    ],
  }),
  problems: ({ gaps }) => ({
    problems: (gaps as Evidence[]).slice(0, 3).map(({ id, authors, sentence }) => ({
      title: 'Something open',
      gaps: [{ text: retold(authors, sentence), evidence: [id] }],
      question: 'How could it be closed?',
    })),
  }),
}

test('with a model, reading, synthesis and open problems are its work, under the same validator', async () => {
  const model = diligent()
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model')
  assert.match(ran.output.markdown, /Written by a language model/)
  assert.match(ran.output.markdown, /## What the model made of it/)
  assert.ok(ran.output.validation.checked >= 8)
  const names = model.requests.map(({ output }) => output?.name)
  assert.deepEqual([...new Set(names)].sort(), ['narrative', 'problems', 'reading', 'understanding'])
  assert.equal(names.filter((name) => name === 'reading').length, 5)
  const searches = (await ran.concord.events(ran.run.id)).flatMap((event) =>
    event.type === 'tool.called' ? [JSON.stringify(event.data.input)] : [],
  )
  assert.ok(searches.some((input) => input.includes('object hallucination decoding')))
})

test('a model that fabricates a citation is told so and mends it', async () => {
  const model = diligent((name, answer, call) => {
    if (name === 'narrative' && call === 0) {
      const [theme] = answer.themes as { claims: { evidence: string[] }[] }[]
      theme!.claims[0]!.evidence = ['2699.00001#0']
    }
    return answer
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model')
  assert.ok(ran.output.validation.repaired >= 1)
  const narratives = model.requests.filter(({ output }) => output?.name === 'narrative')
  assert.equal(narratives.length, 2)
  assert.match(String(asked(narratives[1]!).feedback), /2699\.00001, which is not among the sources/)
  assert.ok(!ran.output.markdown.includes('2699.00001'))
})

test('a model whose sentences do not stand in the paper is corrected before its reading counts', async () => {
  const model = diligent((name, answer, call) => {
    if (name === 'reading' && call === 0)
      for (const statement of answer.statements as { sentence: string }[])
        statement.sentence = 'We made this up.'
    return answer
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(model.requests.filter(({ output }) => output?.name === 'reading').length, 6)
  const again = model.requests.find(({ messages }) => messages.length > 2)!
  assert.match(JSON.stringify(again.messages), /does not stand in the paper word for word/)
})

test('a model that never gives up its fabrication is replaced by classical methods in a second plan', async () => {
  const model = diligent((name, answer) => {
    if (name === 'narrative')
      for (const theme of answer.themes as { claims: { evidence: string[] }[] }[])
        for (const claim of theme.claims) claim.evidence = ['2699.00001#0']
    return answer
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'classical')
  assert.match(ran.output.notes.join(), /did not pass the validator/)
  assert.equal(model.requests.filter(({ output }) => output?.name === 'narrative').length, 3)
})

test('a model that answers no JSON leaves the work to classical methods, and the report says so', async () => {
  const model = scriptedModel(() => 'I would rather chat.')
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'classical')
  assert.match(ran.output.markdown, /Written by classical methods \(no model\)/)
})
