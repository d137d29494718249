import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance } from './advance.ts'
import type { Draft } from './event.ts'
import { emptyRun, type Run } from './run.ts'

const at = 0
const started: Draft[] = [
  { type: 'run.queued', at, data: { goal: { text: 'x', team: 't' }, strategy: 'hierarchical', depth: 0 } },
  { type: 'run.claimed', at, data: { owner: 'p0', epoch: 1 } },
  { type: 'run.started', at, data: {} },
  { type: 'step.started', at, step: '$plan', agent: 'p', data: { plan: 1, redo: 0, attempt: 1 } },
]
const claimed = (owner: number): Draft => ({
  type: 'run.claimed',
  at,
  data: { owner: `p${owner}`, epoch: owner + 1 },
})
const suspended: Draft = { type: 'run.suspended', at, data: { reason: 'stops', by: 'shutdown' } }
const resumed: Draft = { type: 'run.resumed', at, data: { by: 'server' } }
const recorded: Draft = {
  type: 'step.recorded',
  at,
  step: '$plan',
  data: { call: 'a', name: 'a', value: 1 },
}
const suspected: Draft = {
  type: 'step.suspected',
  at,
  step: '$plan',
  data: { plan: 1, redo: 0, attempt: 1, losses: 2 },
}

const fold = (drafts: Draft[]): Run => drafts.reduce<Run>((run, draft) => advance(run, draft), emptyRun('r'))
const lossesAfter = (...drafts: Draft[]): number =>
  fold([...started, ...drafts]).works.get('$plan')?.losses ?? -1

describe('how many owners a step has killed', () => {
  it('counts those that died one after the other with nothing of it recorded between', () => {
    assert.equal(lossesAfter(claimed(1)), 1)
    assert.equal(lossesAfter(claimed(1), claimed(2)), 2)
    assert.equal(lossesAfter(claimed(1), recorded, claimed(2)), 1)
    assert.equal(lossesAfter(claimed(1), claimed(2), recorded), 0)
  })

  it('does not count who let go of the run, nor who claims its own run again', () => {
    const restarts = [1, 2, 3, 4, 5].flatMap((owner) => [suspended, claimed(owner), resumed])
    assert.equal(lossesAfter(...restarts), 0)
    assert.equal(lossesAfter(claimed(0), claimed(0), claimed(0)), 0)
  })

  it('blames a suspect only for the death of a process that executed it alone', () => {
    const twice = [claimed(1), claimed(2)]
    assert.equal(lossesAfter(...twice, claimed(3), claimed(4), claimed(5)), 2)
    assert.equal(lossesAfter(...twice, suspected, claimed(3)), 3)
    assert.equal(lossesAfter(...twice, suspected, suspended, claimed(3)), 2)
    assert.equal(lossesAfter(...twice, suspected, recorded, claimed(3)), 1)
  })
})
