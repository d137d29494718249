import assert from 'node:assert/strict'
import { test } from 'node:test'
import { narrate } from '../../src/domain/narrative.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { type Answer, asked, type Claim, diligent, MISTAKES } from './faulty-model.ts'
import { research } from './setting.ts'

const GOAL = 'hallucination in vision-language models'
const PARAMS = { source: 'corpus', max: 6 }

test('with a model, understanding, relevance, reading, synthesis and open problems are its work, under the same validator', async () => {
  const model = diligent()
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model')
  assert.match(ran.output.markdown, /Written by a language model/)
  assert.match(ran.output.markdown, /## What the model made of it/)
  assert.match(ran.output.understood, /by the model/)
  assert.ok(ran.output.validation.checked >= 6)
  const names = model.requests.map(({ output }) => output?.name)
  for (const name of ['understanding', 'relevance', 'reading', 'narrative', 'judgement', 'problems'])
    assert.ok(names.includes(name), name)
  assert.equal(names.filter((name) => name === 'reading').length, 6)
  assert.ok(model.requests.every(({ outputTokensMax }) => outputTokensMax === undefined))
  const searches = (await ran.concord.events(ran.run.id)).flatMap((event) =>
    event.type === 'tool.called' ? [JSON.stringify(event.data.input)] : [],
  )
  assert.ok(searches.some((input) => input.includes('object hallucination decoding')))
})

test('the synthesizer sees whole abstracts, statements, gaps and figures', async () => {
  const model = diligent()
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  const request = model.requests.find(({ output }) => output?.name === 'narrative')!
  const papers = asked(request).papers as {
    abstract: string
    evidence: { kind: string }[]
    figures: unknown[]
  }[]
  assert.equal(papers.length, 6)
  assert.ok(papers.every(({ abstract }) => abstract.length > 400))
  assert.ok(papers.some(({ evidence }) => evidence.some(({ kind }) => kind === 'gap')))
  assert.ok(papers.some(({ figures }) => figures.length > 0))
})

test('a model decides what the question means, and its limits hold', async () => {
  const model = diligent((name, answer) =>
    name === 'understanding'
      ? {
          ...answer,
          topic: 'GUI agents',
          kind: 'list',
          concepts: [{ text: 'GUI agents', names: ['GUI agent'] }],
          problems: 0,
        }
      : answer,
  )
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.match(ran.output.understood, /topic “GUI agents”; asked for a list/)
  assert.deepEqual(ran.output.report.openProblems, [])
  assert.ok(ran.output.sources.every(({ title }) => title.length > 0))
  assert.ok(ran.output.sources.some(({ title }) => /GUI|interface|agent/i.test(title)))
})

test('papers a model judges irrelevant are not read, and where too little is left it searches again, within bounds', async () => {
  const model = diligent((name, answer, call) =>
    name === 'relevance'
      ? {
          relevant: (answer.relevant as string[]).slice(0, 2),
          queries: [`hallucination benchmark round ${call}`],
        }
      : answer,
  )
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.sources.length, 2)
  assert.equal(model.requests.filter(({ output }) => output?.name === 'relevance').length, 3)
  assert.match(ran.output.notes.join(' '), /search was made again for “hallucination benchmark round 0”/)
})

for (const { name: mistake, fault, plant } of MISTAKES)
  test(`${mistake} is caught, repaired or dropped alone, and the report says so`, async () => {
    let planted = ''
    let others: string[] = []
    const model = diligent((name, answer, call, input) => {
      if (name !== 'narrative' || call > 0) return answer
      const claims = [
        ...(answer.answer as Claim[]),
        ...(answer.sections as { claims: Claim[] }[]).flatMap((section) => section.claims),
      ]
      const claim = claims.find((each) => plant(each, input.papers as never))
      planted = claim?.text ?? ''
      others = claims.filter((each) => each !== claim).map(({ text }) => text)
      return answer
    })
    await using ran = await research(GOAL, PARAMS, { model })
    assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
    assert.notEqual(planted, '', 'planted')
    assert.equal(ran.output.method, 'model')
    const repair = ran.output.repairs.find(({ before }) => before === planted)
    assert.ok(repair, JSON.stringify(ran.output.repairs))
    assert.match(repair.reason, fault)
    assert.notEqual(repair.after, planted)
    assert.ok(ran.output.validation.repaired + ran.output.validation.dropped >= 1)
    assert.equal(model.requests.filter(({ output }) => output?.name === 'narrative').length, 1)
    const text = ran.output.markdown.replace(/ ?\[\d[\d, –]*\]/g, '')
    const kept = others.filter((other) => text.includes(other.slice(0, 60)))
    assert.ok(kept.length >= others.length - 2, `${kept.length} of ${others.length} others stand`)
    assert.ok(model.requests.some(({ output }) => output?.name === 'repair'))
    const calls = (await ran.concord.events(ran.run.id)).filter(
      ({ type, step }) => type === 'model.called' && step === 'synthesize',
    )
    assert.ok(calls.length >= 2, 'the repair is in the trace')
  })

test('a limit of the question that a model forgets is caught and repaired', async () => {
  const model = diligent((name, answer, call) => {
    if (name === 'understanding') return { ...answer, exclude: ['video'] }
    if (name === 'narrative' && call === 0) {
      const [claim] = answer.answer as Claim[]
      claim!.text = claim!.text.replace(/\.$/, ', also for video.')
    }
    return answer
  })
  await using ran = await research('hallucination in VLMs, excluding video', PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.match(
    ran.output.repairs.map(({ reason }) => reason).join(' '),
    /speaks of video, which was to be left out/,
  )
  assert.doesNotMatch(ran.output.report.answer.text, /video/i)
})

test('the model judges again what holds by code, and what it doubts is in the report and the trace', async () => {
  let doubted = ''
  const model = diligent((name, answer, _, input) => {
    if (name !== 'judgement') return answer
    const [first] = input.claims as { id: string; text: string; sentences: unknown[] }[]
    if (first === undefined || doubted !== '') return answer
    doubted = first.text
    assert.ok(first.sentences.length > 0)
    return {
      verdicts: (answer.verdicts as { id: string }[]).map((verdict) =>
        verdict.id === first.id
          ? { ...verdict, supported: false, reason: 'The sentence does not say on which data.' }
          : verdict,
      ),
    }
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.deepEqual(
    ran.output.doubts.map(({ text, reason }) => [text, reason]),
    [[doubted, 'The sentence does not say on which data.']],
  )
  assert.ok(ran.output.validation.judged > 1)
  assert.match(ran.output.markdown, /Second judge: the model read .* and doubts 1/)
  assert.match(ran.output.markdown, /The sentence does not say on which data/)
  const events = await ran.concord.events(ran.run.id)
  assert.ok(
    events.some(
      (event) => event.type === 'model.answered' && JSON.stringify(event.data).includes('on which data'),
    ),
  )
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
  assert.equal(model.requests.filter(({ output }) => output?.name === 'reading').length, 7)
  const again = model.requests.find(({ messages }) => messages.length > 2)!
  assert.match(JSON.stringify(again.messages), /does not stand in the paper word for word/)
})

test('a model that makes up every claim is replaced by classical methods for that part, and the report says which', async () => {
  const model = diligent((name, answer) => {
    const invented = (claims: Claim[]) => claims.map((claim) => ({ ...claim, evidence: ['2699.00001#0'] }))
    if (name === 'narrative') {
      const { sections } = answer as { sections: { name: string; claims: Claim[] }[] }
      return {
        answer: invented(answer.answer as Claim[]),
        sections: sections.map((section) => ({ ...section, claims: invented(section.claims) })),
      }
    }
    return name === 'repair' ? ({ claims: [] } as Answer) : answer
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model (reading, open problems), the rest classical')
  assert.match(
    ran.output.notes.join(),
    /model’s text could not be used \(most of its claims did not hold\); classical methods wrote the answer/,
  )
  assert.ok(ran.output.validation.dropped > 2)
  assert.ok(!ran.output.markdown.includes('2699.00001'))
})

test('a model that answers no JSON leaves the work to classical methods, and the report says so for each part', async () => {
  const model = scriptedModel(() => 'I would rather chat.')
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'classical')
  assert.match(ran.output.markdown, /Written by classical methods \(what the model wrote could not be used\)/)
  const notes = ran.output.notes.join(' ')
  for (const part of [
    /understanding of the question could not be used/,
    /judgement of relevance could not be used/,
    /reading of each paper could not be used/,
    /text could not be used \(the answer is not a JSON object\)/,
    /open problems could not be used/,
  ])
    assert.match(notes, part)
  const why = narrate(await ran.concord.events(ran.run.id))
  assert.match(why, /The checker, validator, accepted the result: The model’s understanding/)
})

test('a model that refuses leaves that part to classical methods, and the report says so', async () => {
  const model = diligent()
  const refusing = {
    ...model,
    generate: async (...of: Parameters<typeof model.generate>) => {
      const answer = await model.generate(...of)
      if (of[0].output?.name !== 'problems') return answer
      return { ...answer, text: 'I will not speculate.', finish: 'content-filter' as const }
    },
  }
  await using ran = await research(GOAL, PARAMS, { model: refusing })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model (reading, synthesis), the rest classical')
  assert.match(
    ran.output.notes.join(' '),
    /open problems could not be used \(it refused: I will not speculate\)/,
  )
})

test('a text that the validator accepted stays when only the open problems fail it', async () => {
  const model = diligent((name, answer) => {
    if (name === 'problems')
      for (const problem of answer.problems as { title: string }[])
        problem.title = `${problem.title} in 9731 of cases`
    return answer
  })
  await using ran = await research(GOAL, PARAMS, { model })
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(ran.output.method, 'model (reading, synthesis), the rest classical')
  assert.match(
    ran.output.notes.join(' '),
    /open problems did not pass the validator, even after its feedback; classical methods found them/,
  )
  const names = model.requests.map(({ output }) => output?.name)
  assert.equal(names.filter((name) => name === 'narrative').length, 1)
  assert.equal(names.filter((name) => name === 'problems').length, 2)
  const plans = (await ran.concord.events(ran.run.id)).filter(({ type }) => type === 'plan.accepted')
  assert.equal(plans.length, 1)
})
