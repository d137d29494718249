import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { project, runIn, type Started } from './project.ts'

const slow = ['run', 'report', '--team', 'slow', '--param', 'topic=ants']

/** The process is in its second step of three. */
const inSecondStep = (started: Started): Promise<void> => started.says(/^› gate$/m)

describe('a run that is stopped', () => {
  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`is suspended by ${signal}, says how to resume it, and goes on from there`, async () => {
      const { start, concord, open, effects } = project()
      const started = start(...slow)
      await inSecondStep(started)
      started.child.kill(signal)
      const stopped = await started.ended
      const id = runIn(stopped.stderr)
      assert.equal(stopped.code, exit)
      assert.equal(stopped.stdout, '')
      assert.match(
        stopped.stderr,
        new RegExp(`Suspended run ${id} with 1 of 3 steps done; .*concord resume ${id}\\n$`),
      )
      assert.match((await concord('runs')).stdout, new RegExp(`${id} +suspended +slow`))
      open()
      const resumed = await concord('resume', 'last')
      assert.equal(resumed.code, 0)
      assert.equal(resumed.stdout, '# About "ants"\n')
      assert.match(resumed.stderr, new RegExp(`^Continuing run ${id}: 1 of 3 steps are done\n`))
      assert.deepEqual(effects(), ['find', 'gate', 'gate', 'write'])
    })

  it('goes on with the same command after kill -9, and repeats nothing that was done', async () => {
    const { start, concord, open, effects } = project()
    const started = start(...slow)
    await inSecondStep(started)
    started.child.kill('SIGKILL')
    const killed = await started.ended
    assert.equal(killed.signal, 'SIGKILL')
    const id = runIn(killed.stderr)
    assert.match((await concord('runs')).stdout, new RegExp(`${id} +interrupted`))
    open()
    const again = await concord(...slow)
    assert.equal(again.code, 0)
    assert.match(
      again.stderr,
      new RegExp(`^Continuing run ${id}: 1 of 3 steps are done; --new starts afresh\n`),
    )
    assert.equal(again.stdout, '# About "ants"\n')
    assert.deepEqual(effects(), ['find', 'gate', 'gate', 'write'])
    const afresh = await concord(...slow)
    assert.notEqual(runIn(afresh.stderr), id, 'what has ended is not gone on with')
  })

  it('is another run with another goal, other parameters, or --new', async () => {
    const { start, concord, open } = project()
    const started = start(...slow)
    await inSecondStep(started)
    started.child.kill('SIGINT')
    const id = runIn((await started.ended).stderr)
    open()
    for (const other of [
      ['run', 'another report', '--team', 'slow', '--param', 'topic=ants'],
      ['run', 'report', '--team', 'slow', '--param', 'topic=bees'],
      ['run', 'report', '--team', 'slow', '--param', 'topic=ants', '--thread', 't'],
      [...slow, '--new'],
    ])
      assert.notEqual(runIn((await concord(...other)).stderr), id, other.join(' '))
    assert.equal(runIn((await concord(...slow)).stderr), id)
  })

  it('is followed, not run twice, while its process lives', async () => {
    const { start, open, effects } = project()
    const first = start(...slow)
    await inSecondStep(first)
    const second = start(...slow)
    await second.says(/^Following run [0-9a-z]{16}, which process .* advances: 1 of 3 steps are done/m)
    open()
    const [one, two] = await Promise.all([first.ended, second.ended])
    assert.deepEqual([one.code, two.code], [0, 0])
    assert.deepEqual([one.stdout, two.stdout], ['# About "ants"\n', '# About "ants"\n'])
    assert.deepEqual(effects(), ['find', 'gate', 'write'])
  })

  it('is taken over by its follower when its process is killed', async () => {
    const { start, open, effects } = project()
    const first = start(...slow)
    await inSecondStep(first)
    const second = start(...slow)
    await second.says(/^Following run/m)
    first.child.kill('SIGKILL')
    await first.ended
    open()
    const { code, stdout } = await second.ended
    assert.equal(code, 0)
    assert.equal(stdout, '# About "ants"\n')
    assert.deepEqual(effects().toSorted(), ['find', 'gate', 'gate', 'write'])
  })

  it('leaves the run alone when only its follower is interrupted', async () => {
    const { start, open } = project()
    const first = start(...slow)
    await inSecondStep(first)
    const second = start(...slow)
    await second.says(/^Following run/m)
    second.child.kill('SIGINT')
    const left = await second.ended
    assert.equal(left.code, 130)
    assert.match(left.stderr, /continues in process/)
    open()
    assert.equal((await first.ended).code, 0)
  })

  it('is paused from elsewhere after the steps under way, and resumed', async () => {
    const { start, concord, open, effects } = project()
    const started = start(...slow)
    await inSecondStep(started)
    const pausing = start('pause', 'last')
    await pausing.says(/pauses when the steps under way are done/)
    // The step ends when the run has heard of it, not before.
    while (!(await concord('trace', 'last')).stdout.includes('signal pause'));
    open()
    const [paused, ran] = await Promise.all([pausing.ended, started.ended])
    assert.equal(paused.code, 0)
    assert.match(paused.stderr, /Suspended run/)
    assert.equal(ran.code, 3)
    assert.deepEqual(effects(), ['find', 'gate'])
    assert.equal((await concord('resume', 'last')).code, 0)
    assert.deepEqual(effects(), ['find', 'gate', 'write'])
  })

  it('is cancelled from elsewhere, for good', async () => {
    const { start, concord } = project()
    const started = start(...slow)
    await inSecondStep(started)
    const cancelled = await concord('cancel', 'last', 'wrong', 'question')
    assert.equal(cancelled.code, 0)
    const ran = await started.ended
    assert.equal(ran.code, 130)
    assert.match(ran.stderr, /was cancelled: wrong question/)
    const resumed = await concord('resume', 'last')
    assert.equal(resumed.code, 2)
    assert.match(resumed.stderr, /Cannot resume run .* as it is cancelled/)
  })

  it('is cancelled without executing another step when nobody advances it', async () => {
    const { start, concord, effects } = project()
    const started = start(...slow)
    await inSecondStep(started)
    started.child.kill('SIGKILL')
    await started.ended
    assert.equal((await concord('cancel', 'last')).code, 0)
    assert.deepEqual(effects(), ['find', 'gate'])
  })

  it('ends at once at the second Ctrl-C', async () => {
    const { start } = project()
    const started = start(...slow)
    await inSecondStep(started)
    started.child.kill('SIGINT')
    started.child.kill('SIGINT')
    const [code] = await once(started.child, 'close')
    assert.equal(code, 130)
  })
})
