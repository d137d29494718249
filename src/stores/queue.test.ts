import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seed } from '../../test/seed.ts'
import type { Lease, Queue } from '../ports/queue.ts'
import { manualClock } from '../testing/clock.ts'
import { openFresh } from './sqlite/temporary.test.ts'
import { volatileQueue } from './volatile/queue.ts'

type Command =
  | { do: 'enqueue'; id: string; delayMs: number; priority: number; attemptsMax: number }
  | { do: 'take'; visibilityMs: number }
  | { do: 'extend' | 'acknowledge' | 'retry'; which: number; ms: number }
  | { do: 'requeue' | 'remove'; id: string }
  | { do: 'wait'; ms: number }

const id = fc.constantFrom('a', 'b', 'c')
const ms = fc.constantFrom(1, 5, 10, 50)
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    do: fc.constant('enqueue' as const),
    id,
    delayMs: fc.constantFrom(0, 0, 5, 20),
    priority: fc.integer({ min: -1, max: 1 }),
    attemptsMax: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant('take' as const), visibilityMs: ms }),
  fc.record({
    do: fc.constantFrom('extend' as const, 'acknowledge' as const, 'retry' as const),
    which: fc.nat(1),
    ms,
  }),
  fc.record({ do: fc.constantFrom('requeue' as const, 'remove' as const), id }),
  fc.record({ do: fc.constant('wait' as const), ms }),
)

const commandsOf = fc.array(command, { minLength: 20, maxLength: 60, size: 'max' })

/** What one queue answers to a command; leases taken so far are remembered, those that are over too. */
const answer = async (queue: Queue, leases: Lease[], given: Command): Promise<unknown> => {
  if (given.do === 'enqueue') {
    const { do: _, ...entry } = given
    return queue.enqueue({ queue: 'q', ...entry })
  }
  if (given.do === 'take') {
    const lease = await queue.take('q', given)
    if (lease) leases.push(lease)
    return lease && { ...lease, token: '' }
  }
  if ('id' in given)
    return given.do === 'requeue' ? queue.requeue('q', given.id) : queue.remove('q', given.id)
  if (given.do === 'wait') return undefined
  const lease = leases[leases.length - 1 - given.which]
  if (lease === undefined) return undefined
  if (given.do === 'acknowledge') return queue.acknowledge(lease)
  if (given.do === 'retry') return queue.retry(lease, { delayMs: given.ms })
  const longer = await queue.extend(lease, given.ms)
  return longer && { ...longer, token: '' }
}

describe('the queues', () => {
  it('answer alike, whatever is asked of them, and never hold an entry under two valid leases', () =>
    fc.assert(
      fc.asyncProperty(commandsOf, fc.constantFrom(1, 10_000), async (commands, deadLettersMax) => {
        const stores = await openFresh({ deadLettersMax })
        const clock = manualClock(stores.clock.now())
        const memory = volatileQueue(clock, deadLettersMax)
        const leases = { sqlite: [] as Lease[], memory: [] as Lease[] }
        try {
          for (const given of commands) {
            if (given.do === 'wait') for (const one of [clock, stores.clock]) one.advance(given.ms)
            assert.ok((await memory.stats('q')).dead <= deadLettersMax)
            const before = leases.sqlite.length
            const told = await answer(stores.queue, leases.sqlite, given)
            assert.deepEqual(told, await answer(memory, leases.memory, given))
            assert.deepEqual(await stores.queue.list('q'), await memory.list('q'))
            assert.deepEqual(await stores.queue.stats('q'), await memory.stats('q'))
            const taken = leases.sqlite[before]
            if (taken === undefined) continue
            const others = leases.sqlite.slice(0, before).filter(({ key }) => key === taken.key)
            for (const other of others)
              assert.equal(await stores.queue.extend(other, 1), undefined, 'an older lease is still valid')
          }
        } finally {
          await stores.close()
        }
      }),
      { seed, numRuns: 100 },
    ))
})
