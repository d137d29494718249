import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, openConcord, type TeamDefinition } from '../index.ts'
import { Progress } from './progress.ts'

const linesOf = async (definition: TeamDefinition): Promise<{ lines: string[]; progress: Progress }> => {
  const concord = await openConcord({ config: { stores: { kind: 'memory' }, teams: { t: definition } } })
  try {
    const run = await concord.run({ text: 'x', team: 't' })
    const progress = new Progress()
    const lines = (await concord.events(run.id)).flatMap((event) =>
      progress.apply(event).map(({ mark, text }) => `${mark} ${text.replaceAll(/\d+(\.\d)? m?s\b/g, 'T')}`),
    )
    return { lines, progress }
  } finally {
    await concord.close()
  }
}

const items = (count: number): TeamDefinition => ({
  agents: [
    agent({ name: 'list', run: () => Array.from({ length: count }, (_, i) => i) }),
    agent({ name: 'each', run: (i) => i }),
  ],
  plan: () => [
    { id: 'list', agent: 'list' },
    { id: 'each', agent: 'each', forEach: { $step: 'list' } },
  ],
})

describe('progress', () => {
  it('tells a fan-out of any size in at most a dozen lines', async () => {
    const { lines, progress } = await linesOf(items(2000))
    const told = lines.filter((line) => line.includes('each'))
    assert.ok(told.length <= 12, told.join('\n'))
    assert.equal(told[0], '› each: 2,000 items')
    assert.equal(told.at(-1), '✓ each: 2,000 items, T')
    assert.equal(progress.done, 2)
    assert.equal(progress.planSteps, 2)
    assert.deepEqual(progress.active, [])
  })

  it('ends an empty fan-out', async () => {
    const { lines, progress } = await linesOf(items(0))
    assert.equal(lines.at(-1), '✓ each: 0 items, T')
    assert.equal(progress.done, 2)
  })

  it('tells what is done again, and counts it once', async () => {
    let checks = 0
    const { lines, progress } = await linesOf({
      ...items(4),
      checker: agent({
        name: 'critic',
        run: () =>
          ++checks === 1
            ? { valid: false, reasons: ['odd', 'odd'], redo: [{ step: 'each/2', feedback: 'round it' }] }
            : { valid: true },
      }),
    })
    assert.ok(lines.includes('! check not met: odd'))
    assert.ok(lines.includes('↻ each/2 again: round it'))
    assert.equal(lines.filter((line) => line === '✓ each: 1 item again, T').length, 1)
    assert.equal(progress.done, 2)
  })
})
