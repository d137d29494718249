import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../ports/clock.ts'
import type { ModelRequest } from '../ports/model.ts'
import { answersFromEvents, callsTool, rateLimited, scriptedModel, serverError } from './model.ts'

const asked = (content: string): ModelRequest => ({ messages: [{ role: 'user', content }] })

test('answers in order, keeps what it was asked, and says when the script is over', async () => {
  const model = scriptedModel(['one', callsTool('search', { q: 'x' }), { text: 'cut', finish: 'length' }])
  const request = asked('a')
  const first = await model.generate(request)
  request.messages.push({ role: 'assistant', content: 'changed later' })
  assert.equal(first.text, 'one')
  assert.equal(first.finish, 'stop')
  const second = await model.generate(asked('b'))
  assert.deepEqual(second.toolCalls, [{ id: 'call-search', tool: 'search', input: { q: 'x' } }])
  assert.equal(second.finish, 'tool-calls')
  assert.equal((await model.generate(asked('c'))).finish, 'length')
  await assert.rejects(model.generate(asked('d')), { code: 'model.rejected', message: /call 4 .* 3 given/ })
  assert.deepEqual(model.requests[0], asked('a'))
  assert.equal(model.calls(), 4)
})

test('a function sees the request and the index of the call', async () => {
  const model = scriptedModel(({ messages }, index) => `${index}: ${messages.length}`)
  await model.generate(asked('a'))
  assert.equal(
    (await model.generate({ messages: [...asked('a').messages, ...asked('b').messages] })).text,
    '1: 2',
  )
})

test('counts the same tokens every time, and never more than its bound', async () => {
  const model = scriptedModel(() => 'Größe')
  const [one, two] = [await model.generate(asked('多模态')), await model.generate(asked('多模态'))]
  assert.deepEqual(one.usage, two.usage)
  assert.ok(one.usage.inputTokens > 0 && one.usage.inputTokens <= model.inputTokensBound(asked('多模态')))
  const told = scriptedModel([{ text: 'x', usage: { inputTokens: 7, outputTokens: 9 } }])
  assert.deepEqual((await told.generate(asked('a'))).usage, { inputTokens: 7, outputTokens: 9 })
})

test('fails as told', async () => {
  const model = scriptedModel([rateLimited(1500), serverError(503), new TypeError('a bug')])
  await assert.rejects(model.generate(asked('a')), {
    code: 'model.rate-limited',
    details: { status: 429, retryAfterMs: 1500 },
  })
  await assert.rejects(model.generate(asked('a')), { code: 'model.failed' })
  await assert.rejects(model.generate(asked('a')), TypeError)
})

test('hangs until it is aborted', async () => {
  const model = scriptedModel([{ hang: true }])
  const controller = new AbortController()
  const outcome = assert.rejects(model.generate(asked('a'), { signal: controller.signal }), {
    code: 'cancelled',
  })
  controller.abort()
  await outcome
  await assert.rejects(model.generate(asked('a'), { signal: controller.signal }), { code: 'cancelled' })
})

test('streams in several pieces that join to the text', async () => {
  const text = '  Several words,\nand a blank at the end '
  const deltas: string[] = []
  await scriptedModel([text]).generate(asked('a'), { onDelta: (delta) => deltas.push(delta) })
  assert.equal(deltas.join(''), text)
  assert.ok(deltas.length > 4)
})

test('waits on the clock it is given, and no longer once aborted', async () => {
  const waiting: { delayMs: number; fn: () => void }[] = []
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    schedule: (delayMs, fn) => {
      waiting.push({ delayMs, fn })
      return () => void waiting.pop()
    },
  }
  const model = scriptedModel(() => 'late', { delayMs: 250, clock })
  const first = model.generate(asked('a'))
  await new Promise(setImmediate)
  assert.equal(waiting[0]?.delayMs, 250)
  waiting.pop()?.fn()
  assert.equal((await first).text, 'late')
  const controller = new AbortController()
  const second = assert.rejects(model.generate(asked('a'), { signal: controller.signal }), {
    code: 'cancelled',
  })
  await new Promise(setImmediate)
  controller.abort()
  await second
  assert.equal(waiting.length, 0)
})

test("replays a run's recorded answers, failures included", async () => {
  const answer = {
    text: 'recorded',
    toolCalls: [],
    finish: 'stop',
    usage: { inputTokens: 3, outputTokens: 1 },
    model: 'm',
  }
  const events = [
    { type: 'run.started', data: {} },
    {
      type: 'model.answered',
      step: 'a',
      data: { model: 'p/m', failure: { code: 'model.rate-limited' as const, message: 'slow' } },
    },
    { type: 'model.answered', step: 'a', data: { model: 'p/m', answer } },
    { type: 'model.answered', step: 'b', data: { model: 'p/n', answer: { ...answer, text: 'other' } } },
  ]
  const model = scriptedModel(answersFromEvents(events))
  await assert.rejects(model.generate(asked('a')), { code: 'model.rate-limited' })
  assert.deepEqual(await model.generate(asked('a')), answer)
  assert.equal((await model.generate(asked('a'))).text, 'other')
  await assert.rejects(model.generate(asked('a')), { code: 'model.rejected' })
  assert.equal(answersFromEvents(events, { step: 'b' }).length, 1)
  assert.equal(answersFromEvents(events, { model: 'p/m' }).length, 2)
})
