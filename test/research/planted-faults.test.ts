import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Narrative, Questions, Reading } from '../../src/teams/research/shapes.ts'
import { questionGenerator, reader, synthesizer } from '../../src/teams/research/team.ts'
import { bundledCorpus } from '../../src/tools/papers/bundled.ts'
import { type Ran, research, tampered, teamWith } from './setting.ts'

const GOAL = 'hallucination in vision-language models'
const PARAMS = { source: 'corpus', max: 12 }

const firstTold = (narrative: Narrative): Claim =>
  narrative.themes.flatMap(({ paragraphs }) => paragraphs.flat()).find(({ kind }) => kind === 'paraphrase')!

/** The synthesizer with its first telling claim changed, once or always. */
const planting = (change: (claim: Claim, narrative: Narrative) => void, always = false) =>
  teamWith({
    synthesizer: tampered(synthesizer, (narrative: Narrative, _, calls) => {
      if (calls === 0 || always) change(firstTold(narrative), narrative)
      return narrative
    }),
  })

const checks = async ({ concord, run }: Ran) => {
  const events = await concord.events(run.id)
  const unmet = events.flatMap((event) => (event.type === 'check.unmet' ? [event.data] : []))
  const redone = events.flatMap((event) => (event.type === 'step.redone' ? [event.step ?? ''] : []))
  return { reasons: unmet.flatMap(({ reasons }) => reasons), redone, unmet }
}

const repaired = async (ran: Ran, fault: RegExp, step: string): Promise<void> => {
  const { reasons, redone, unmet } = await checks(ran)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.equal(unmet.length, 1)
  assert.ok(
    reasons.some((reason) => fault.test(reason)),
    reasons.join('\n'),
  )
  assert.ok(redone.includes(step), redone.join())
  assert.ok(ran.output.validation.repaired >= 1)
  assert.match(ran.output.markdown, /\d+ repaired/)
}

test('a fabricated citation is caught and repaired', async () => {
  const team = planting((claim) => {
    claim.citations = [{ paper: '2699.99999', quote: 'Hallucination is solved.' }]
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /cites 2699\.99999, which is not among the sources/, 'synthesize')
  assert.ok(!ran.output.markdown.includes('2699.99999'))
})

test('a real paper that was not read is a fabricated citation too', async () => {
  const papers = await bundledCorpus()
  const team = planting((claim, narrative) => {
    const used = new Set(
      narrative.themes
        .flatMap(({ paragraphs }) => paragraphs.flat())
        .flatMap(({ citations }) => citations.map(({ paper }) => paper)),
    )
    const other = papers.find(({ id, title }) => !used.has(id) && /agent/i.test(title))!
    claim.citations = [{ paper: other.id, quote: other.abstract.split('. ')[0]! }]
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /which is not among the sources/, 'synthesize')
})

test('a misquote is caught and repaired', async () => {
  const team = planting((claim) => {
    claim.citations = claim.citations.map(({ paper, quote }) => ({
      paper,
      quote: quote.replace(/\p{L}+(?=\P{L}*$)/u, 'invented'),
    }))
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /does not stand in .* word for word/, 'synthesize')
})

test('a changed number is caught and repaired', async () => {
  const team = teamWith({
    synthesizer: tampered(synthesizer, (narrative: Narrative, _, calls) => {
      const claims = narrative.themes.flatMap(({ paragraphs }) => paragraphs.flat())
      const numbered = claims.find(
        ({ kind, citations }) => kind === 'paraphrase' && /\d+(?:\.\d+)?%/.test(citations[0]!.quote),
      )
      if (calls === 0 && numbered !== undefined)
        numbered.text = numbered.text.replace(/\d+(?:\.\d+)?%/, '99.7%')
      return narrative
    }),
  })
  await using ran = await research('efficient video understanding', PARAMS, {}, team)
  await repaired(ran, /states 99\.7%, which does not stand/, 'synthesize')
  assert.ok(!ran.output.markdown.includes('99.7%'))
})

test('an unsupported claim is caught and repaired', async () => {
  const team = planting((claim) => {
    claim.text = 'Soil bacteria double the yield of winter wheat in dry regions of northern Europe.'
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /is not supported by/, 'synthesize')
  assert.ok(!ran.output.markdown.includes('wheat'))
})

test('a claim put into the mouth of other authors is caught and repaired', async () => {
  const team = planting((claim) => {
    claim.text = claim.text.replace(/^.*? \(\d{4}\)/, 'Turing et al. (2025)')
    if (!claim.text.includes('Turing')) claim.text = `Turing et al. (2025) report: ${claim.text}`
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /attributes its statement to Turing et al\./, 'synthesize')
})

test('a wrong count is caught and repaired', async () => {
  const team = teamWith({
    synthesizer: tampered(synthesizer, (narrative: Narrative, _, calls) => {
      const scope = narrative.introduction.find(({ id }) => id === 'introduction/scope')
      if (calls === 0 && scope !== undefined)
        scope.text = scope.text.replace(/rests on \w+ papers/, 'rests on ninety papers')
      return narrative
    }),
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /counts 12 papers and says otherwise|counts 11 papers and says otherwise/, 'synthesize')
})

test('a claim without a citation, and one that carries a mark of its own, are caught and repaired', async () => {
  const team = planting((claim, narrative) => {
    claim.citations = []
    narrative.introduction.push({
      ...claim,
      id: 'introduction/smuggled',
      kind: 'frame',
      text: 'Everybody agrees [1].',
    })
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /cites no source/, 'synthesize')
  const { reasons } = await checks(ran)
  assert.ok(reasons.some((reason) => /reference mark of its own/.test(reason)))
  assert.ok(reasons.some((reason) => /cites nothing, so it may only ask/.test(reason)))
  assert.ok(!ran.output.markdown.includes('Everybody agrees'))
})

test('a misquote among the open problems goes back to the question generator', async () => {
  const team = teamWith({
    questionGenerator: tampered(questionGenerator, (questions: Questions, _, calls) => {
      const [claim] = questions.problems[0]?.claims ?? []
      if (calls === 0 && claim !== undefined)
        claim.citations = claim.citations.map(({ paper, quote }) => ({ paper, quote: `${quote} always` }))
      return questions
    }),
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  await repaired(ran, /which does not stand in/, 'questions')
})

test('a reading that is not in its paper goes back to its reader, and only to that one', async () => {
  let tamperedId = ''
  const team = teamWith({
    reader: tampered(reader, (result: { output: Reading; writes: unknown[] }, input) => {
      const [statement] = result.output.statements
      if (tamperedId === '' && input.feedback === undefined && statement !== undefined) {
        tamperedId = result.output.id
        statement.sentence = 'We cure hallucination once and for all.'
        statement.text = statement.sentence
      }
      return result
    }),
  })
  await using ran = await research(GOAL, PARAMS, {}, team)
  const { reasons, redone } = await checks(ran)
  assert.equal(ran.run.status, 'succeeded', ran.run.failure?.message)
  assert.ok(reasons.some((reason) => reason.includes('it does not') && reason.includes(tamperedId)))
  const readers = redone.filter((step) => step.startsWith('read'))
  assert.equal(readers.length, 1, readers.join())
  assert.match(readers[0]!, /^read\/\d+$/)
  assert.ok(redone.includes('synthesize') && redone.includes('questions'))
  assert.ok(!ran.output.markdown.includes('once and for all'))
})

test('what is never mended is given up after a bounded number of tries, with the reasons', async () => {
  const team = planting((claim) => {
    claim.citations = [{ paper: '2699.99999', quote: 'Hallucination is solved.' }]
  }, true)
  await using ran = await research(GOAL, PARAMS, {}, team)
  assert.equal(ran.run.status, 'failed')
  assert.equal(ran.run.failure?.code, 'goal.unmet')
  assert.match(ran.run.failure?.message ?? '', /2699\.99999/)
  const { unmet } = await checks(ran)
  // Two plans of three tries each.
  assert.equal(unmet.length, 6)
})
