import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent, type Concord, ConcordError, openConcord, type TeamDefinition, team } from '../../src/index.ts'
import { type ManualClock, manualClock } from '../../src/testing/clock.ts'
import { concordWith, eventOf } from './fixture.ts'

const hour = 3_600_000
const sleeper = agent({
  name: 'a',
  run: async (_input, context) => {
    await context.sleep(1_500)
    return 'awake'
  },
})
const one = (worker: TeamDefinition['agents'][number], more: object = {}): TeamDefinition => ({
  agents: [worker],
  plan: () => [{ id: 's', agent: 'a', ...more }],
})
const turns = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve))
}
const statusOf = async (concord: Concord, id: string) => (await concord.log.run(id))?.status

for (const by of [-hour, hour])
  describe(`with the wall clock set ${by < 0 ? 'back' : 'forward'} by an hour`, () => {
    const start = async (definition: TeamDefinition, until: string, goal: object = {}) => {
      const clock = manualClock()
      const concord = await concordWith(definition, { clock })
      concord.runner.adopt()
      const { id } = await concord.start({ text: 'x', team: 't', ...goal })
      await eventOf(concord, id, ({ type }) => type === until)
      await turns()
      return { clock, concord, id }
    }
    const isNotEarly = async (at: { clock: ManualClock; concord: Concord; id: string }, status: string) => {
      at.clock.jump(by)
      at.clock.advance(1)
      await at.concord.runner.reconcile()
      await turns()
      assert.equal(await statusOf(at.concord, at.id), status)
    }
    const ends = ({ concord, id }: { concord: Concord; id: string }, type: string) =>
      eventOf(concord, id, (event) => event.type === type)

    it('a sleep takes as long as it was to take', async () => {
      const at = await start(one(sleeper), 'run.waiting')
      await isNotEarly(at, 'waiting')
      at.clock.advance(1_498)
      await turns()
      assert.equal(await statusOf(at.concord, at.id), 'waiting')
      at.clock.advance(2)
      await ends(at, 'run.succeeded')
    })

    it('a retry comes after its pause', async () => {
      let calls = 0
      const failing = agent({
        name: 'a',
        run: () => {
          if (++calls === 1) throw new ConcordError('agent.failed', 'broken')
          return 'done'
        },
      })
      const at = await start(one(failing), 'step.failed')
      await isNotEarly(at, 'running')
      assert.equal(calls, 1)
      at.clock.advance(500)
      await ends(at, 'run.succeeded')
    })

    it("a run's time goes on as it went, waiting or not", async () => {
      const hanging = agent({
        name: 'a',
        timeoutMs: 10 * hour,
        run: (_input, { signal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      })
      for (const definition of [
        one(hanging),
        one(agent({ name: 'a', run: () => 1 }), { requireApproval: true }),
      ]) {
        const waits = definition.agents[0] !== hanging
        const at = await start(definition, waits ? 'run.waiting' : 'step.started', {
          budget: { timeMs: 60_000 },
        })
        await isNotEarly(at, waits ? 'waiting' : 'running')
        at.clock.advance(59_000)
        await turns()
        assert.equal(await statusOf(at.concord, at.id), waits ? 'waiting' : 'running')
        at.clock.advance(1_500)
        await ends(at, 'run.failed')
      }
    })

    it('a step has its time limit', async () => {
      const hanging = agent({
        name: 'a',
        timeoutMs: 30_000,
        attemptsMax: 1,
        run: (_input, { signal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      })
      const at = await start(one(hanging), 'step.started')
      await isNotEarly(at, 'running')
      at.clock.advance(29_000)
      await turns()
      assert.equal(await statusOf(at.concord, at.id), 'running')
      at.clock.advance(1_200)
      await ends(at, 'run.failed')
    })

    it('another process that saw it takes over neither early nor late', async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'concord-elapsed-'))
      t.after(() => rmSync(directory, { recursive: true, force: true }))
      const clock = manualClock()
      const open = () =>
        openConcord({ clock, config: { stores: { directory }, teams: { t: team(one(sleeper)) } } })
      const [first, second] = [await open(), await open()]
      t.after(() => second.close())
      const { id } = await first.start({ text: 'x', team: 't' })
      await eventOf(first, id, ({ type }) => type === 'run.waiting')
      await turns()
      await first.close()
      await isNotEarly({ clock, concord: second, id }, 'waiting')
      clock.advance(1_500)
      await second.runner.reconcile()
      await ends({ concord: second, id }, 'run.succeeded')
    })
  })

describe('a process that begins after the wall clock was set back', () => {
  it('lets nothing wait longer than it was to wait', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'concord-elapsed-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const open = (clock: ManualClock) =>
      openConcord({ clock, config: { stores: { directory }, teams: { t: team(one(sleeper)) } } })
    const before = manualClock()
    const first = await open(before)
    const { id } = await first.start({ text: 'x', team: 't' })
    await eventOf(first, id, ({ type }) => type === 'run.waiting')
    await turns()
    await first.close()
    const clock = manualClock(before.now() - hour)
    const second = await open(clock)
    t.after(() => second.close())
    for (let i = 0; i < 4 && (await statusOf(second, id)) === 'waiting'; i++) {
      await second.runner.reconcile()
      await turns()
      clock.advance(1_500)
      await turns()
    }
    await eventOf(second, id, ({ type }) => type === 'run.succeeded')
  })
})
