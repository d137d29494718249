import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance } from './advance.ts'
import type { Draft } from './event.ts'
import { emptyRun, type Run } from './run.ts'
import { grantingOf, mayFit } from './top-up.ts'

const runOf = (...drafts: Pick<Draft, 'type' | 'data' | 'step'>[]): Run => {
  const run = emptyRun('r')
  for (const draft of drafts) advance(run, { at: 1, ...draft } as Draft)
  return run
}
const queued = {
  type: 'run.queued',
  data: { goal: { text: 'x', team: 't', budget: { tokens: 100 } }, strategy: 's', depth: 0 },
} as const
const started = (step: string) =>
  ({ type: 'step.started', step, data: { plan: 1, redo: 0, attempt: 1 } }) as const
const reserved = (step: string, key: string, tokens: number) =>
  ({ type: 'budget.reserved', step, data: { key, amount: { tokens, money: 0 } } }) as const
const asks = (child: string, tokens: number) => {
  const value = { total: { tokens, money: 0 }, most: { tokens: 100, money: 0 } }
  return {
    type: 'signal.received',
    data: { inbox: 1, signal: { kind: 'budget', run: child, value } },
  } as const
}

describe('who is waited for when the budget is short', () => {
  it('is no call of the run itself: a killed process may have left it, and its step may be what waits', () => {
    const run = runOf(queued, started('a'), reserved('a', 'r/1/a/0/model#1/1', 60))
    assert.equal(mayFit(run, { tokens: 60, money: 0 }), false)
    const parent = runOf(
      queued,
      started('a'),
      reserved('a', 'r/1/a/0/model#1/1', 60),
      reserved('a', 'child:c', 20),
      asks('c', 70),
    )
    assert.equal(grantingOf(parent)?.do, 'refuse')
  })

  it('is a child that works and does not ask; when all ask, the one that asked last is refused', () => {
    const both = [
      queued,
      started('a'),
      started('b'),
      reserved('a', 'child:c', 50),
      reserved('b', 'child:d', 50),
      asks('c', 70),
    ]
    assert.equal(mayFit(runOf(...both), { tokens: 60, money: 0 }), true)
    assert.equal(grantingOf(runOf(...both)), undefined)
    const next = grantingOf(runOf(...both, asks('d', 60)))
    assert.ok(next?.do === 'refuse')
    assert.equal(next.child, 'd')
  })
})
