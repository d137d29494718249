import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { describe, it } from 'node:test'
import { printedWay, project, runIn } from './project.ts'

describe('a run that waits for a person', () => {
  it('ends with 4 in a pipe and prints the command that answers', async () => {
    const { concord } = project()
    const { code, stdout, stderr } = await concord('run', 'greet', '--team', 'asking')
    const id = runIn(stderr)
    assert.equal(code, 4)
    assert.equal(stdout, '')
    assert.match(stderr, /step "asker": Who are you\?/)
    assert.match(stderr, new RegExp(`^    concord answer ${id} --hash [0-9a-f]{12} "<answer>"$`, 'm'))
    assert.match((await concord('runs', '--status', 'waiting')).stdout, new RegExp(id))
  })

  it('goes on with the answer, and asks the next question', async () => {
    const { concord } = project()
    const waiting = await concord('run', 'greet', '--team', 'asking')
    const asked = await concord(...printedWay(waiting.stderr, 'answer'), 'Ann')
    assert.equal(asked.code, 4)
    assert.match(asked.stderr, /^Answered in run \S+, step "asker": Who are you\?$/m)
    assert.match(asked.stderr, /Greet "Ann"\?/)
    const again = await concord(...printedWay(waiting.stderr, 'answer'), 'Bob')
    assert.match(again.stderr, /nothing that fits waits/)
    const approved = await concord(...printedWay(asked.stderr, 'approve'))
    assert.equal(approved.code, 0)
    assert.equal(approved.stdout, 'hello Ann\n')
  })

  it('takes JSON as JSON', async () => {
    const { concord } = project()
    const waiting = await concord('run', 'greet', '--team', 'asking')
    const { stderr } = await concord(...printedWay(waiting.stderr, 'answer'), '{"first": "Ann"}')
    assert.match(stderr, /Greet \{"first":"Ann"\}\?/)
  })

  it('ends a rejected step with the reason', async () => {
    const { concord, effects } = project()
    const waiting = await concord('run', 'publish', '--team', 'publishing')
    assert.equal(waiting.code, 4)
    const rejected = await concord(...printedWay(waiting.stderr, 'reject'), 'not today')
    assert.equal(rejected.code, 1)
    assert.match(rejected.stderr, /rejected step "publish": not today/)
    assert.deepEqual(effects(), [])
  })

  it('is asked once when the same goal is given again', async () => {
    const { concord } = project()
    const first = await concord('run', 'publish', '--team', 'publishing')
    const second = await concord('run', 'publish', '--team', 'publishing', '--json')
    assert.equal(second.code, 4)
    const { runId, status, waits } = JSON.parse(second.stdout)
    assert.equal(runId, runIn(first.stderr))
    assert.equal(status, 'waiting')
    assert.equal(waits[0].answerWith, `concord approve ${runId} --hash ${waits[0].wait.hash.slice(0, 12)}`)
  })

  it('refuses what does not fit, and says what would', async () => {
    const { concord } = project()
    const waiting = await concord('run', 'publish', '--team', 'publishing')
    const wrong = await concord('answer', 'last', 'yes')
    assert.equal(wrong.code, 2)
    assert.match(
      wrong.stderr,
      /nothing that fits waits: step "publish" \(approval: .*\); try concord approve/,
    )
    assert.match((await concord('approve', 'last', '--step', 'other')).stderr, /nothing that fits waits/)
    const unseen = await concord('approve', 'last')
    assert.equal(unseen.code, 2)
    assert.match(unseen.stderr, /asks Approve step "publish".*if that is meant: concord approve/s)
    await concord(...printedWay(waiting.stderr, 'approve'))
    const late = await concord(...printedWay(waiting.stderr, 'approve'))
    assert.equal(late.code, 2)
    assert.match(late.stderr, /as nothing in it waits: it is succeeded/)
  })

  it('only records the answer with --detach; resume goes on with it', async () => {
    const { concord, effects } = project()
    const waiting = await concord('run', 'publish', '--team', 'publishing')
    const recorded = await concord(...printedWay(waiting.stderr, 'approve'), '--detach')
    assert.equal(recorded.code, 0)
    assert.deepEqual(effects(), [])
    assert.equal((await concord('resume', 'last')).code, 0)
    assert.deepEqual(effects(), ['write'])
    const why = await concord('trace', 'last', '--json')
    assert.ok(why.stdout.includes(userInfo().username), why.stdout)
  })

  it('is answered through the run that waits for it', async () => {
    const { concord } = project()
    const waiting = await concord('run', 'greet', '--team', 'delegating')
    assert.equal(waiting.code, 4)
    assert.match(waiting.stderr, /Who are you\?/)
    const asked = await concord(...printedWay(waiting.stderr, 'answer'), 'Ann')
    assert.equal(asked.code, 4)
    const { code, stdout } = await concord(...printedWay(asked.stderr, 'approve'))
    assert.equal(code, 0)
    assert.match(stdout, /hello Ann/)
  })
})
