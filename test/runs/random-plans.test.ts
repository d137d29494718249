import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { advance } from '../../src/domain/advance.ts'
import { emptyRun, isFinal } from '../../src/domain/run.ts'
import { type AnyAgent, type Event, openConcord, type Step, team } from '../../src/index.ts'
import { systemClock } from '../../src/platform/system.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { foldEvents } from '../../src/runtime/fold.ts'
import { seed } from '../seed.ts'

/** A clock that makes every wait as short as possible; its time moves on by what was waited for. */
const impatientClock = (): Clock => {
  let skipped = 0
  return {
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
    schedule(delayMs, fn, options) {
      if (delayMs > 60_000) return systemClock.schedule(delayMs, fn, { unref: true })
      return systemClock.schedule(
        0,
        () => {
          skipped += delayMs
          fn()
        },
        options,
      )
    },
  }
}

type Drawn = {
  dependsOn: number[]
  failures: number
  optional: boolean
  items: number | undefined
  redos: number
}

const drawnStep = fc.record({
  dependsOn: fc.array(fc.nat(11), { maxLength: 3 }),
  failures: fc.nat(4),
  optional: fc.boolean(),
  items: fc.option(fc.nat(6), { nil: undefined }),
  redos: fc.nat(1),
})

const stepsOf = (drawn: Drawn[]): Step[] =>
  drawn.map(
    ({ dependsOn, optional, items }, i): Step => ({
      id: `s${i}`,
      agent: 'worker',
      payload: { step: i, before: dependsOn.filter((d) => d < i).map((d) => ({ $step: `s${d}` })) },
      dependsOn: [...new Set(dependsOn.filter((d) => d < i).map((d) => `s${d}`))],
      optional,
      ...(items === undefined ? {} : { forEach: Array.from({ length: items }, (_, n) => n) }),
    }),
  )

const assertOrder = (events: readonly Event[], steps: Step[], concurrency: number): void => {
  const settled = new Set<string>()
  const running = new Set<string>()
  const acknowledged = new Set<string>()
  const left = new Map<string, number>()
  for (const event of events) {
    const id = event.step ?? ''
    const base = id.split('/')[0] ?? ''
    if (event.type === 'step.scheduled') {
      left.set(id, event.data.items)
      if (event.data.items === 0) settled.add(id)
    }
    if (event.type === 'step.redone') {
      settled.delete(base)
      if (id.includes('/')) left.set(base, (left.get(base) ?? 0) + 1)
    }
    if (event.type === 'step.started') {
      for (const wanted of steps.find((step) => step.id === base)?.dependsOn ?? [])
        assert.ok(settled.has(wanted), `${id} started before ${wanted} was settled`)
      running.add(id)
      assert.ok(running.size <= concurrency, `${running.size} under way at once`)
    }
    if (event.type === 'step.succeeded' || event.type === 'step.failed' || event.type === 'step.skipped') {
      running.delete(id)
      const key = `${id}/${'redo' in event.data ? event.data.redo : 0}`
      if (event.type === 'step.succeeded') {
        assert.ok(!acknowledged.has(key), `${key} was acknowledged twice`)
        acknowledged.add(key)
      }
      if (event.type === 'step.failed' && event.data.retryAt !== undefined) continue
      if (!id.includes('/')) settled.add(id)
      else {
        const open = (left.get(base) ?? 0) - 1
        left.set(base, open)
        if (open === 0) settled.add(base)
      }
    }
  }
}

describe('any plan', () => {
  it('runs to its end in order, within its bounds, and its log folds to the same run at every event', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawnStep, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (drawn, concurrency) => {
          const tries = new Map<string, number>()
          const worker: AnyAgent = {
            name: 'worker',
            run: (input: { step: number }, context) => {
              const tried = (tries.get(context.idempotencyKey) ?? 0) + 1
              tries.set(context.idempotencyKey, tried)
              if (tried <= (drawn[input.step]?.failures ?? 0)) throw new Error(`failure ${tried}`)
              return { done: context.stepId }
            },
          }
          let checks = 0
          const checker: AnyAgent = {
            name: 'checker',
            run: () => {
              checks++
              const redo = drawn.flatMap(({ redos }, i) =>
                checks <= redos ? [{ step: `s${i}`, feedback: `round ${checks}` }] : [],
              )
              return redo.length > 0 ? { met: false, reasons: ['again'], redo } : { met: true }
            },
          }
          const steps = stepsOf(drawn)
          const concord = await openConcord({
            clock: impatientClock(),
            config: {
              stores: { kind: 'memory' },
              teams: { t: team({ agents: [worker], checker, plan: () => steps, bounds: { concurrency } }) },
            },
          })
          try {
            const run = await concord.runner.run({ goal: { text: 'x', team: 't' } })
            const events = await concord.events(run.id)
            assert.ok(isFinal(run))
            const shouldFail = drawn.some(
              ({ failures, optional, items }) => failures >= 3 && !optional && items !== 0,
            )
            assert.equal(run.status, shouldFail ? 'failed' : 'succeeded', run.failure?.message)
            assertOrder(events, steps, concurrency)
            assert.deepEqual(foldEvents(run.id, events), run)
            const { strategy } = concord.team('t')
            const partial = emptyRun(run.id)
            for (const event of events) {
              advance(partial, event)
              const decide = () => strategy.decide(partial, event.at, new Map())
              assert.deepEqual(decide(), decide())
            }
            assert.deepEqual(strategy.decide(run, run.updatedAt, new Map()).events, [])
          } finally {
            await concord.close()
          }
        },
      ),
      { seed, numRuns: process.env.CONCORD_SOAK === undefined ? 60 : 3000 },
    )
  })
})
