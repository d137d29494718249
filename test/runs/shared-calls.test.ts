import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { traceOf } from '../../src/domain/trace.ts'
import { agent, type Concord, type EventOf, openConcord, team } from '../../src/index.ts'
import { machineClock } from '../../src/testing/clock.ts'
import { rateLimited, type ScriptedModelOptions, scriptedModel } from '../../src/testing/model.ts'
import { concordWith, decide } from './fixture.ts'

const question = { messages: [{ role: 'user' as const, content: 'What is the colour of snow?' }] }
const parallel = (...payloads: string[]) =>
  payloads.map((payload, i) => ({ id: `s${i}`, agent: 'm', payload, dependsOn: [] }))
/** Takes as long as steps need to start, so that calls made together are under way together. */
const latency = { delayMs: 40, clock: machineClock }
const slowly = (answer: string, options: ScriptedModelOptions = {}) =>
  scriptedModel(() => ({ text: answer, usage: { inputTokens: 30, outputTokens: 10 } }), {
    ...latency,
    ...options,
  })

const answersOf = async (concord: Concord, run: string) =>
  (await concord.events(run)).filter(
    (event): event is EventOf<'model.answered'> => event.type === 'model.answered',
  )

it('parallel steps that ask a model the same ask once, and both get the answer', async () => {
  const model = slowly('white')
  const asker = agent({ name: 'm', instructions: 'Answer.', model })
  const concord = await concordWith({ agents: [asker], plan: () => parallel('snow?', 'snow?', 'coal?') })
  const run = await concord.run({ text: 'x', team: 't' })
  assert.equal(run.status, 'succeeded', run.failure?.message)
  assert.equal(model.calls(), 2)
  const answers = await answersOf(concord, run.id)
  assert.equal(answers.length, 3)
  const shared = answers.filter(({ data }) => data.shared !== undefined)
  assert.deepEqual(
    shared.map(({ step, data }) => [step, data.shared?.step, data.tokens, data.money]),
    [['s1', 's0', 0, 0]],
  )
  assert.equal(run.spent.tokens, 80)
  assert.match(JSON.stringify(traceOf(await concord.events(run.id))), /answered by the same call of step s0/)
})

it('one call is reserved and paid under a budget that has room for no second', async () => {
  const model = slowly('white', {
    outputTokensMax: 20,
    price: { inputPerMillion: 1e6, outputPerMillion: 1e6 },
  })
  const asker = agent({
    name: 'm',
    run: async (_, context) => (await context.model(question, { model })).text,
  })
  const bound = model.inputTokensBound(question) + 20
  const concord = await concordWith({ agents: [asker], plan: () => parallel('a', 'b', 'c') })
  const budget = { tokens: bound + 10, money: bound + 10 }
  const run = await concord.run({ text: 'x', team: 't', budget })
  assert.equal(run.status, 'succeeded', run.failure?.message)
  assert.deepEqual([model.calls(), run.spent.tokens, run.spent.money], [1, 40, 40])
})

it('calls of one agent made together are one, and each may change what it was given', async () => {
  const model = slowly('white')
  const asker = agent({
    name: 'm',
    async run(_, context) {
      const [one, two] = await Promise.all([
        context.model(question, { model }),
        context.model(question, { model }),
      ])
      one.text = 'black'
      return two.text
    },
  })
  const concord = await concordWith({ agents: [asker], plan: () => parallel('a') })
  assert.equal((await concord.run({ text: 'x', team: 't' })).output, 'white')
  assert.equal(model.calls(), 1)
})

it('a request at a temperature, of another setting, model or run is another call', async () => {
  const model = slowly('white')
  const other = slowly('white')
  const variants = [
    { ...question, temperature: 0.7 },
    { ...question, temperature: 0.7 },
    question,
    { ...question, seed: 1 },
    { ...question, tools: [{ name: 'x', description: '', input: { type: 'object' } }] },
  ]
  const asker = agent({
    name: 'm',
    async run(_, context) {
      await Promise.all([
        ...variants.map((request) => context.model(request, { model })),
        context.model(question, { model: other }),
      ])
      return null
    },
  })
  const concord = await concordWith({ agents: [asker], plan: () => parallel('a') })
  await Promise.all([concord.run({ text: 'x', team: 't' }), concord.run({ text: 'x', team: 't' })])
  assert.deepEqual([model.calls(), other.calls()], [10, 2])
})

it('a shared call that fails is tried again as one, and its last failure is that of both', async () => {
  for (const [script, status, calls] of [
    [[rateLimited(1), 'white'], 'succeeded', 2],
    [[rateLimited(1), rateLimited(1), rateLimited(1), rateLimited(1)], 'failed', 4],
  ] as const) {
    const model = scriptedModel(script, latency)
    const asker = agent({
      name: 'm',
      attemptsMax: 1,
      run: async (_, context) => (await context.model(question, { model })).text,
    })
    const concord = await concordWith({ agents: [asker], plan: () => parallel('a', 'b') })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual([run.status, model.calls()], [status, calls], run.failure?.message)
  }
})

it('whoever waits for a call that is cancelled makes its own', async () => {
  const model = scriptedModel([{ hang: true }, 'white'])
  const ask = (name: string, timeoutMs?: number) =>
    agent({
      name,
      attemptsMax: 1,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      run: async (_, context) => (await context.model(question, { model })).text,
    })
  const plan = () => [
    { id: 'a', agent: 'hasty', payload: null, dependsOn: [], optional: true },
    { id: 'b', agent: 'patient', payload: null, dependsOn: [] },
  ]
  const concord = await concordWith({ agents: [ask('hasty', 100), ask('patient')], plan })
  const run = await concord.run({ text: 'x', team: 't' })
  assert.equal(run.output, 'white', run.failure?.message)
  assert.equal(model.calls(), 2)
})

it('whoever waits and is cancelled leaves the call to the others', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const model = scriptedModel(async () => {
    await asked
    return 'white'
  })
  const ask = (name: string, timeoutMs?: number) =>
    agent({
      name,
      attemptsMax: 1,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      run: async (_, context) => (await context.model(question, { model })).text,
    })
  const plan = () => [
    { id: 'a', agent: 'patient', payload: null, dependsOn: [] },
    { id: 'b', agent: 'hasty', payload: null, dependsOn: [], optional: true },
  ]
  const concord = await concordWith({ agents: [ask('hasty', 50), ask('patient')], plan, output: 'a' })
  const run = await concord.start({ text: 'x', team: 't' })
  for await (const event of concord.follow(run.id)) if (event.type === 'step.failed') break
  resolve()
  assert.equal(await run.result(), 'white')
  assert.equal(model.calls(), 1)
})

it('a shared answer is in the journal of each: another process makes no call again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-shared-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const model = slowly('white')
  const open = () =>
    openConcord({
      config: {
        stores: { kind: 'sqlite', directory: folder },
        teams: {
          t: team({
            plan: () => parallel('a', 'b'),
            agents: [
              agent({
                name: 'm',
                async run(input, context) {
                  const { text } = await context.model(question, { model })
                  if (input === 'b') await context.approve('go?')
                  return text
                },
              }),
            ],
          }),
        },
      },
    })
  const first = await open()
  const { id } = await first.start({ text: 'x', team: 't' })
  await (await first.handle(id)).settled()
  await first.close()
  const second = await open()
  after(() => second.close())
  await decide(second, id, { kind: 'approve' })
  assert.equal(await (await second.handle(id)).result(), 'white')
  assert.equal(model.calls(), 1)
})

it('what is written reaches listeners of every step that waits for it', async () => {
  const model = slowly('white as snow')
  const asker = agent({ name: 'm', instructions: 'Answer.', model })
  const concord = await concordWith({ agents: [asker], plan: () => parallel('a', 'a') })
  const texts: { [step: string]: string } = {}
  concord.onDelta(({ step, text }) => {
    texts[step] = (texts[step] ?? '') + text
  })
  await concord.run({ text: 'x', team: 't' })
  assert.deepEqual(texts, { s0: 'white as snow', s1: 'white as snow' })
  assert.equal(model.calls(), 1)
})
