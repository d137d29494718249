import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { type Project, project, succeededWith } from './project.ts'

const idOf = (stderr: string): string => /[Rr]un ([0-9a-z]{16})\b/.exec(stderr)?.[1] ?? 'no run named'

/** Every step's work was done once, but for those that were under way when a process was killed. */
const doneOnce = (it: Project, under: number): void => {
  const keys = it.effects()
  assert.equal(new Set(keys).size, 9)
  assert.ok(keys.length <= 9 + under, `${keys.length - 9} repeated, ${under} may be:\n${keys.join('\n')}`)
}

describe('two processes and one run', { timeout: 60_000 }, () => {
  it('the second follows the first, and both tell the same result of work that was done once', async () => {
    using it = project()
    const first = it.start(['run', 'Together', '--team', 'gate'])
    await first.said('› gate')
    const second = it.start(['run', 'Together', '--team', 'gate'])
    await second.said('Following run')
    writeFileSync(it.path('go'), '')
    const [one, two] = await Promise.all([first.ended, second.ended])
    succeededWith(one, 'opened')
    succeededWith(two, 'opened')
    assert.equal(idOf(one.stderr), idOf(two.stderr))
    doneOnce(it, 0)
  })

  it('that take over at the same moment from one that was killed: one does, the other follows', async () => {
    using it = project()
    const killed = it.start(['run', 'Together', '--team', 'gate'])
    await killed.said('› gate')
    killed.process.kill('SIGKILL')
    const id = idOf((await killed.ended).stderr)
    const both = ['first', 'second'].map(() => it.start(['run', 'Together', '--team', 'gate']))
    await Promise.all(both.map((one) => one.said(`run ${id}`)))
    writeFileSync(it.path('go'), '')
    const [one, two] = await Promise.all(both.map(({ ended }) => ended))
    assert.ok(one && two)
    succeededWith(one, 'opened')
    succeededWith(two, 'opened')
    const taken = [one, two].filter(({ stderr }) => stderr.includes(`Continuing run ${id}`))
    assert.equal(taken.length, 1, `${one.stderr}\n${two.stderr}`)
    doneOnce(it, 1)
  })
})
