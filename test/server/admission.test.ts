import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { agent, team } from '../../src/index.ts'
import { appOf, gate } from './fixture.ts'

const full = async (t: TestContext) => {
  const { open, opened } = gate()
  const worker = agent({ name: 'worker', run: () => opened.then(() => 'done') })
  const server = await appOf(t, {
    teams: { t: team({ agents: [worker] }) },
    admission: { runsMax: 1, queuedMax: 2 },
  })
  const hand = (goal: string, headers: Record<string, string> = {}) =>
    server.post('/goal', { goal }, { prefer: 'respond-async', ...headers })
  return { ...server, hand, open }
}

describe('POST /goal where many goals wait to begin', () => {
  it('answers 429 with Retry-After and says the way out, and accepts again when one has begun', async (t) => {
    const { concord, hand, open } = await full(t)
    const accepted = []
    for (const goal of ['one', 'two', 'three']) accepted.push(await hand(goal))
    assert.deepEqual(
      accepted.map(({ status }) => status),
      [202, 202, 202],
    )
    const refused = await hand('four')
    assert.equal(refused.status, 429)
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    const problem = (await refused.json()) as { code: string; detail: string }
    assert.equal(problem.code, 'admission.full')
    assert.match(problem.detail, /2 may wait to begin .*: 2 do; try again in \d+ s, raise "admission"/)
    await assert.rejects(concord.start('five'), { code: 'admission.full' })
    await assert.rejects(concord.result('six'), { code: 'admission.full' })
    assert.equal((await concord.runs()).length, 3)
    open()
    for (const { run } of await concord.runs()) await (await concord.handle(run)).result()
    assert.equal((await hand('seven')).status, 202)
  })

  it('answers a goal that it has accepted before, by its Idempotency-Key', async (t) => {
    const { hand, open } = await full(t)
    const key = { 'idempotency-key': 'same' }
    await hand('one')
    const first = (await (await hand('two', key)).json()) as { runId: string }
    await hand('three')
    assert.equal((await hand('four', { 'idempotency-key': 'other' })).status, 429)
    const again = await hand('two', key)
    assert.equal(again.status, 202)
    assert.deepEqual(await again.json(), { runId: first.runId, status: 'queued' })
    open()
  })

  it('counts what is accepted at the same instant', async (t) => {
    const { hand, open } = await full(t)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => hand(`goal ${i}`)))
    assert.equal(answers.filter(({ status }) => status === 202).length, 3)
    assert.equal(answers.filter(({ status }) => status === 429).length, 17)
    open()
  })
})
