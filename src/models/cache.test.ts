import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ModelRequest } from '../ports/model.ts'
import { rateLimited, scriptedModel } from '../testing/model.ts'
import { cachedModel, memoryAnswers, requestDigest } from './cache.ts'

const asked = (content: string): ModelRequest => ({ messages: [{ role: 'user', content }] })

test('answers a repeated request from the store, at no usage, in one delta', async () => {
  const inner = scriptedModel((_, index) => `answer ${index}`)
  const model = cachedModel(inner, memoryAnswers())
  const first = await model.generate(asked('a'))
  assert.ok(first.usage.inputTokens > 0)
  const deltas: string[] = []
  const again = await model.generate(asked('a'), { onDelta: (text) => deltas.push(text) })
  assert.equal(again.text, 'answer 0')
  assert.deepEqual(again.usage, { inputTokens: 0, outputTokens: 0 })
  assert.deepEqual(deltas, ['answer 0'])
  assert.equal((await model.generate(asked('b'))).text, 'answer 1')
  assert.equal((await model.generate({ ...asked('a'), temperature: 1 })).text, 'answer 2')
  assert.equal(inner.calls(), 3)
})

test('a caller that changes an answer does not change the next one', async () => {
  const model = cachedModel(
    scriptedModel([{ toolCalls: [{ id: '1', tool: 't', input: {} }] }]),
    memoryAnswers(),
  )
  for (let call = 0; call < 3; call += 1) {
    const { toolCalls } = await model.generate(asked('a'))
    assert.equal(toolCalls[0]?.tool, 't')
    toolCalls[0].tool = 'changed'
  }
})

test('keeps no failure and no answer that was cut or filtered', async () => {
  const script = [
    rateLimited(5),
    { text: 'cut', finish: 'length' as const },
    { finish: 'content-filter' as const },
    'whole',
  ]
  const inner = scriptedModel(script)
  const model = cachedModel(inner, memoryAnswers())
  await assert.rejects(model.generate(asked('a')), { code: 'model.rate-limited' })
  for (const expected of ['cut', '', 'whole', 'whole'])
    assert.equal((await model.generate(asked('a'))).text, expected)
  assert.equal(inner.calls(), 4)
})

test('a broken store costs a call, not the answer', async () => {
  const broken = () => {
    throw new Error('disk full')
  }
  const inner = scriptedModel(['one', 'two'])
  const model = cachedModel(inner, { get: broken, set: async () => broken() })
  assert.equal((await model.generate(asked('a'))).text, 'one')
  assert.equal((await model.generate(asked('a'))).text, 'two')
})

test('a cancelled call is not answered from the store', async () => {
  const model = cachedModel(scriptedModel(['one']), memoryAnswers())
  await model.generate(asked('a'))
  await assert.rejects(model.generate(asked('a'), { signal: AbortSignal.abort() }), { code: 'cancelled' })
})

test('the digest follows what is said, not the order of fields', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), fc.string(), (input, text) => {
      const request = (fields: object): ModelRequest => ({
        ...asked(text),
        tools: [{ name: 't', description: '', input: fields as { [key: string]: unknown } }],
      })
      const turned = Object.fromEntries(Object.entries(input).reverse())
      assert.equal(requestDigest('m', request(input)), requestDigest('m', request(turned)))
      assert.notEqual(requestDigest('m', request(input)), requestDigest('n', request(input)))
      assert.notEqual(requestDigest('m', asked(text)), requestDigest('m', asked(`${text} `)))
    }),
    { numRuns: 100 },
  )
})

test('the store forgets what was not used for longest', () => {
  const store = memoryAnswers(2)
  const answer = {
    text: '',
    toolCalls: [],
    finish: 'stop' as const,
    usage: { inputTokens: 0, outputTokens: 0 },
    model: 'm',
  }
  store.set('a', answer)
  store.set('b', answer)
  store.get('a')
  store.set('c', answer)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => store.get(key) !== undefined),
    [true, false, true],
  )
})
