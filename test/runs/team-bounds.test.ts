import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, ConcordError, openConcord, type Step, team } from '../../src/index.ts'
import { configProblems } from '../../src/platform/config-shape.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { concordWith, eventOf } from './fixture.ts'

describe('how often a failing step is executed', () => {
  const executions = async (given: { step?: number; agent?: number; team?: number }): Promise<number> => {
    let calls = 0
    const clock = manualClock()
    const failing = agent({
      name: 'failing',
      ...(given.agent === undefined ? {} : { attemptsMax: given.agent }),
      run: () => {
        calls++
        throw new ConcordError('agent.failed', 'broken')
      },
    })
    const step: Step = {
      id: 'a',
      agent: 'failing',
      ...(given.step === undefined ? {} : { attemptsMax: given.step }),
    }
    const concord = await concordWith(
      {
        agents: [failing],
        plan: () => [step],
        ...(given.team === undefined ? {} : { bounds: { attemptsMax: given.team } }),
      },
      { clock },
    )
    const { id } = await concord.start({ text: 'x', team: 't' })
    for (let attempt = 1; ; attempt++) {
      const failed = await eventOf(
        concord,
        id,
        (event) => event.type === 'step.failed' && event.data.attempt === attempt,
      )
      if (failed.type !== 'step.failed' || failed.data.retryAt === undefined) break
      clock.advance(60_000)
    }
    assert.equal((await concord.runner.settled(id)).status, 'failed')
    return calls
  }

  it('is said by the step, else by its agent, else by the team, else it is 3', async () => {
    assert.equal(await executions({}), 3)
    assert.equal(await executions({ team: 5 }), 5)
    assert.equal(await executions({ team: 1 }), 1)
    assert.equal(await executions({ team: 5, agent: 2 }), 2)
    assert.equal(await executions({ team: 5, agent: 2, step: 4 }), 4)
  })
})

describe('a strategy that does not exist', () => {
  it('is refused, instead of working as another', async () => {
    for (const strategy of ['peer-to-peer', 'hybrid', 'hierarchic']) {
      const definition = team({ agents: [agent({ name: 'a', run: () => 1 })], strategy: strategy as never })
      await assert.rejects(openConcord({ config: { teams: { t: definition } } }), (error: ConcordError) => {
        assert.equal(error.code, 'config.invalid')
        assert.match(error.message, new RegExp(`"hierarchical", it is "${strategy}" \\(teams.t.strategy\\)`))
        return true
      })
      assert.equal(configProblems({ teams: { t: { agents: [], strategy } } }).length, 1)
    }
    const fine = team({ agents: [agent({ name: 'a', run: () => 1 })], strategy: 'hierarchical' })
    await (await openConcord({ config: { stores: { kind: 'memory' }, teams: { t: fine } } })).close()
  })
})
