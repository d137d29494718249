import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message, ModelRequest } from '../ports/model.ts'
import { inputTokensBound } from './tokens.ts'

const asked = (content: string): ModelRequest => ({ messages: [{ role: 'user', content }] })
const overhead = inputTokensBound(asked(''))

test('is never below one token a byte, nor below the normalised text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bound = inputTokensBound(asked(text)) - overhead
      assert.ok(bound >= Buffer.byteLength(text))
      assert.ok(bound >= Buffer.byteLength(text.normalize('NFKC')))
    }),
  )
  assert.ok(inputTokensBound(asked('\ufdfa')) - overhead >= 33)
})

test('adds up: more messages, tools or a schema never lower it', () => {
  const messages: Message[] = [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'file', mediaType: 'image/png', data: 'AAAA' },
      ],
    },
    { role: 'assistant', content: '', toolCalls: [{ id: 'c', tool: 't', input: { a: '<&>ü' } }] },
    { role: 'assistant', content: '', toolCalls: [{ id: 'c', tool: 't', input: null, invalid: '{"a' }] },
    { role: 'tool', callId: 'c', tool: 't', content: '"quoted"\n' },
  ]
  let last = 0
  for (let count = 0; count <= messages.length; count += 1) {
    const bound = inputTokensBound({ messages: messages.slice(0, count) })
    assert.ok(bound > last)
    last = bound
  }
  const tools = [{ name: 't', description: 'ü'.repeat(50), input: { type: 'object' } }]
  const withTools = inputTokensBound({ messages, tools })
  assert.ok(withTools >= last + 50 * 6, 'a template may escape what is not ASCII')
  assert.ok(
    inputTokensBound({ messages, tools, output: { name: 'o', schema: { type: 'object' } } }) > withTools,
  )
})

test('a document of unknown pages counts as a full context, unless the context is known', () => {
  const file = (mediaType: string, data: string): ModelRequest => ({
    messages: [{ role: 'user', content: [{ type: 'file', mediaType, data }] }],
  })
  assert.ok(inputTokensBound(file('application/pdf', 'AAAA')) > 1_000_000)
  assert.equal(inputTokensBound(file('application/pdf', 'AAAA'), 200_000), 200_000)
  const text = Buffer.from('ein Text').toString('base64')
  assert.ok(inputTokensBound(file('text/plain', text)) < 1000)
})

test('a growing conversation costs only its new message', () => {
  let read = 0
  const message = (): Message => ({
    role: 'user',
    get content() {
      read += 1
      return 'a long text '.repeat(1000)
    },
  })
  const messages: Message[] = []
  for (let turn = 0; turn < 50; turn += 1) {
    messages.push(message())
    inputTokensBound({ messages: [...messages] })
  }
  const each = read / 50
  inputTokensBound({ messages })
  assert.equal(read, each * 50, 'a message that was measured is not read again')
  assert.ok(each <= 4)
})
