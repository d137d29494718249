import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../ports/model.ts'
import { Scratchpad } from './scratchpad.ts'

const opening: Message[] = [
  { role: 'system', content: 'You look things up.' },
  { role: 'user', content: 'What is known?' },
]
const asks = (ids: string[]): Message => ({
  role: 'assistant',
  content: '',
  toolCalls: ids.map((id) => ({ id, tool: 'look', input: { id } })),
})
const result = (id: string, chars: number): Message => ({
  role: 'tool',
  callId: id,
  tool: 'look',
  content: `${id} ${'x'.repeat(chars)}`,
})
const size = (messages: readonly Message[]) =>
  Math.ceil(messages.map((m) => JSON.stringify(m)).join('').length / 4)

/** A loop as an agent drives it; every request as it was sent, and what was told to the log at each turn. */
const drive = (
  pad: Scratchpad,
  turns: { calls: number; chars: number; pin?: string }[],
  ask: (request: readonly Message[], fresh: readonly Message[]) => void = () => {},
): Message[][] => {
  const requests: Message[][] = []
  pad.open(opening)
  for (const [turn, { calls, chars, pin }] of turns.entries()) {
    pad.settle()
    const compaction = pad.compaction()
    if (compaction !== undefined) pad.apply(compaction)
    const request = pad.messages
    requests.push(request)
    ask(request, pad.fresh)
    const ids = Array.from({ length: calls }, (_, i) => `c${turn}.${i}`)
    pad.answered(asks(ids), { inputTokens: size(request), outputTokens: 20 })
    if (pin !== undefined) pad.pin(pin)
    pad.add(...ids.map((id) => result(id, Math.min(chars, pad.roomChars(calls)))))
  }
  return requests
}

const assertWhole = (request: readonly Message[]): void => {
  const open = new Set<string>()
  for (const message of request) {
    if (message.role === 'tool')
      assert.ok(open.delete(message.callId), `${message.callId} has no call before it`)
    else {
      assert.equal(open.size, 0, `${[...open]} have no result`)
      if (message.role === 'assistant') for (const { id } of message.toolCalls ?? []) open.add(id)
    }
  }
  assert.equal(open.size, 0)
}

describe('the scratchpad', () => {
  it('stays within its budget, however long the loop', () => {
    const pad = new Scratchpad({ tokensMax: 4000 })
    const requests = drive(
      pad,
      Array.from({ length: 60 }, () => ({ calls: 2, chars: 900 })),
    )
    for (const request of requests) {
      assertWhole(request)
      assert.deepEqual(request.slice(0, 2), opening)
      assert.ok(size(request) <= 4000, `${size(request)}`)
    }
    const condensed = requests.filter((request) => String(request[2]?.content).startsWith('The earlier part'))
    assert.ok(condensed.length > 40)
    // Many turns lie between two condensations: the cache of the provider stays warm meanwhile.
    assert.ok(new Set(requests.map((request) => request[2])).size < 25)
  })

  it('keeps pinned facts word for word, and calls by their id', () => {
    const pad = new Scratchpad({ tokensMax: 3000 })
    const turns = Array.from({ length: 40 }, (_, i) => ({
      calls: 1,
      chars: 900,
      ...(i === 3 ? { pin: 'The invoice number is 4711.' } : {}),
    }))
    const requests = drive(pad, turns)
    const last = JSON.stringify(requests.at(-1))
    assert.match(last, /The invoice number is 4711\./)
    assert.match(last, /call c3\d\.0: look\(.*?\) -> c3/)
    for (const request of requests.slice(5)) assert.match(JSON.stringify(request), /4711/)
  })

  it('says how many older things are left out when even the note would be too long', () => {
    const pad = new Scratchpad({ tokensMax: 1500 })
    const requests = drive(
      pad,
      Array.from({ length: 80 }, () => ({ calls: 2, chars: 500 })),
    )
    assert.match(JSON.stringify(requests.at(-1)), /\(\d+ older ones are left out\)/)
  })

  it('tells the log every message once, and rebuilds the same from what it told', () => {
    const pad = new Scratchpad({ tokensMax: 3000 })
    const told: Message[] = []
    drive(
      pad,
      Array.from({ length: 30 }, () => ({ calls: 1, chars: 900 })),
      (_, fresh) => told.push(...fresh),
    )
    assert.equal(told.length, new Set(told).size)
    assert.equal(told.filter(({ role }) => role === 'tool').length, 29)
  })

  it('changes nothing while all fits', () => {
    const pad = new Scratchpad({ tokensMax: 1_000_000 })
    const requests = drive(
      pad,
      Array.from({ length: 20 }, () => ({ calls: 1, chars: 100 })),
    )
    assert.equal(requests.at(-1)?.length, 2 + 19 * 2)
  })

  it('serves code as well: pins first, oldest observations condensed', () => {
    const pad = new Scratchpad({ tokensMax: 600 })
    pad.pin('Never forget this')
    for (let i = 0; i < 50; i++) pad.observe(`seen ${i} ${'y'.repeat(80)}`)
    const text = pad.text()
    assert.match(text, /^Never forget this\n/)
    assert.match(text, /seen 49/)
    assert.doesNotMatch(text, /seen 3 /)
    assert.ok(text.length < 3000, `${text.length}`)
  })

  it('whatever is added, the task stays, calls keep their results, and repeating it comes to the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 800, max: 6000 }),
        fc.array(
          fc.record(
            {
              calls: fc.integer({ min: 1, max: 4 }),
              chars: fc.integer({ min: 0, max: 9000 }),
              pin: fc.constantFrom('a', 'b', 'c'),
            },
            { requiredKeys: ['calls', 'chars'] },
          ),
          { minLength: 1, maxLength: 25 },
        ),
        (tokensMax, turns) => {
          const pad = new Scratchpad({ tokensMax })
          const requests = drive(pad, turns)
          for (const request of requests) {
            assertWhole(request)
            assert.deepEqual(request.slice(0, 2), opening)
          }
          const pinned = new Set(turns.slice(0, -1).flatMap(({ pin }) => pin ?? []))
          const last = requests.at(-1) ?? []
          for (const pin of pinned)
            assert.ok(
              last.some(
                ({ content }) =>
                  content === `Keep in mind: ${pin}` || String(content).includes(`\n- ${pin}\n`),
              ),
              `${pin} is lost`,
            )
          assert.deepEqual(drive(new Scratchpad({ tokensMax }), turns), requests)
        },
      ),
    )
  })
})
