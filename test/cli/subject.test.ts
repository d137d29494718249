import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { project, runIn } from './project.ts'

describe('concord memory --subject', () => {
  const { concord } = project()

  it('shows what is known of somebody with its source, corrects it, and drops it', async () => {
    const first = await concord('run', 'My name is Ada. I prefer window seats on trains.', '--subject', 'ada')
    const listed = await concord('memory', 'list', '--subject', 'ada')
    const run = runIn(first.stderr)
    assert.deepEqual(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/, 2\d{3}-[^)]*/, ', …')),
      [
        `name: My name is Ada  (run ${run}, …)`,
        `preference seats trains: I prefer window seats on trains  (run ${run}, …)`,
      ],
    )
    const corrected = await concord('memory', 'set', '--subject', 'ada', 'name', 'My name is Eva')
    assert.match(corrected.stdout, /^name: My name is Eva {2}\(user, .*; before: My name is Ada\)\n$/)
    const asked = await concord('memory', 'list', '--subject', 'ada', 'train', 'tickets')
    assert.match(asked.stdout, /window seats/)
    const history = await concord('memory', 'history', '--subject', 'ada', 'fact:name')
    assert.equal(history.stdout.trim().split('\n').length, 2)
    assert.match(
      (await concord('memory', 'delete', '--subject', 'ada', 'name')).stdout,
      /^No longer known: name\./,
    )
    assert.equal((await concord('memory', 'delete', '--subject', 'ada', 'name')).code, 2)
    assert.deepEqual(
      JSON.parse((await concord('memory', 'list', '--subject', 'ada', '--json')).stdout).map(
        ({ about }: { about: string }) => about,
      ),
      ['preference seats trains'],
    )
  })

  it('forgets all of it, and the chain still verifies', async () => {
    await concord('run', 'My name is Zoe.', '--subject', 'zoe', '--thread', 'z')
    const forgotten = await concord('memory', 'forget', '--subject', 'zoe')
    assert.match(forgotten.stdout, /^Forgot zoe: 1 run,/)
    assert.equal((await concord('memory', 'list', '--subject', 'zoe', '--json')).stdout, '[]\n')
    assert.equal((await concord('audit', 'verify')).code, 0)
    // What is erased is no context either.
    const after = await concord('run', 'Who am I?', '--subject', 'zoe', '--thread', 'z', '--json')
    assert.equal(after.code, 0)
    const trace = await concord('trace', JSON.parse(after.stdout).runId, '--json')
    assert.doesNotMatch(trace.stdout, /Zoe\./)
  })
})
