import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { describe, it } from 'node:test'
import { project, runIn } from './project.ts'

describe('reading runs', () => {
  const { concord, effects, open } = project()

  it('lists them newest first, by status and team, as text and JSON', async () => {
    await concord('run', 'one')
    await concord('run', 'two', '--team', 'failing')
    const { stdout } = await concord('runs')
    const lines = stdout.trim().split('\n')
    assert.match(lines[0] ?? '', /^run +status +team +age +goal$/)
    assert.match(lines[1] ?? '', /^[0-9a-z]{16} +failed +failing +\S+( \S+)? +two$/)
    assert.match(lines[2] ?? '', /^[0-9a-z]{16} +succeeded +quick +\S+( \S+)? +one$/)
    assert.equal(lines.length, 3)
    const failed = JSON.parse((await concord('runs', '--status', 'failed', '--json')).stdout)
    assert.deepEqual(
      failed.map((run: { goal: { text: string } }) => run.goal.text),
      ['two'],
    )
    assert.match((await concord('runs', '--team', 'quick')).stdout, /one/)
    assert.match((await concord('runs', '--limit', '1')).stderr, /More with --limit/)
  })

  it('finds a run by the start of its id, and says when it cannot tell', async () => {
    const [newest, oldest] = JSON.parse((await concord('runs', '--json')).stdout) as { run: string }[]
    assert.match((await concord('trace', (oldest?.run ?? '').slice(0, 14))).stdout, /goal: one/)
    assert.match((await concord('trace', 'last')).stdout, /goal: two/)
    const both = await concord('trace', (newest?.run ?? '').slice(0, 2))
    assert.equal(both.code, 2)
    assert.match(both.stderr, /several start with/)
    const none = await concord('trace', 'zzz')
    assert.equal(none.code, 2)
    assert.match(none.stderr, /Cannot find run "zzz" as none starts so; list them with "concord runs"/)
  })

  it('shows what a step saw, turn by turn, and one turn whole', async () => {
    await concord('run', 'note it', '--team', 'noting')
    const trace = (...words: string[]) => concord('trace', 'last', ...words)
    const { stdout: turns } = await trace('--step', 'read')
    assert.match(turns, /^turn 1 {2}scratchpad#1 \(clerk\) {2}1 message, about \d+ tokens {2}#\d+\n/)
    assert.match(turns, /\nturn 2 .*\n {3}page 1 says nothing\n$/)
    const { stdout: whole } = await trace('--step', 'read', '--turn', '2')
    assert.match(whole, /\[1\] user\nKeep in mind: Ada is the customer\n\n\[2\] user\npage 1 says nothing\n$/)
    const { stdout: json } = await trace('--step', 'read', '--turn', '2', '--json')
    assert.equal(JSON.parse(json).messages.length, 2)
    for (const words of [
      ['--turn', '1'],
      ['--step', 'none'],
      ['--step', 'read', '--turn', '3'],
    ]) {
      const { code, stderr } = await trace(...words)
      assert.equal(code, 2)
      assert.match(stderr, /Cannot show .*(--step: read|turns 1 to 2)/)
    }
    await concord('run', 'look it up', '--team', 'quick')
    assert.match(
      (await trace('--step', 'find')).stderr,
      /step "find"; no step of this run asked a model or kept/,
    )
  })

  it('shows a run as a tree with retries, redos and verdicts, and tells it in sentences', async () => {
    await concord('run', 'add up', '--team', 'mending')
    const { stdout: tree } = await concord('trace', 'last')
    assert.match(tree, /✓ double 4 items/)
    assert.match(tree, /attempt 1 retried .*agent.failed: three is hard/)
    assert.match(tree, /✗ check \(auditor\) unmet/)
    assert.match(tree, /redo 1 .*\n.*add a note/)
    assert.match(tree, /✓ check \(auditor\).*\n.*the note is there/)
    const { stdout: story } = await concord('why', 'last')
    assert.match(story, /was asked: “add up”\. The goal went to team mending\./)
    assert.match(story, /has 3 steps: list, double and sum\./)
    assert.match(story, /In “double\/2” one attempt failed \(three is hard\) and was tried again\./)
    assert.match(story, /Step “sum” was done again, with the feedback: “add a note”\./)
    assert.match(story, /The checker, auditor, did not accept the result: no note\./)
    assert.match(story, /It succeeded because the check was met: the note is there\./)
  })

  it('gives the tree as JSON', async () => {
    const tree = JSON.parse((await concord('trace', 'last', '--json')).stdout)
    assert.equal(tree.kind, 'run')
    assert.equal(tree.status, 'succeeded')
    assert.equal(tree.children[0].kind, 'plan')
    assert.equal(tree.output.sum, 20)
  })

  it('forks a run at an event with other input, and repeats nothing before it', async () => {
    open()
    const first = await concord('run', 'report', '--team', 'slow', '--param', 'topic=ants')
    const id = runIn(first.stderr)
    const tree = JSON.parse((await concord('trace', id, '--json')).stdout)
    const gate = tree.children[0].children.find((node: { name: string }) => node.name === 'gate')
    const forked = await concord('fork', id, '--at', `#${gate.last}`, '--input', 'topic=bees', '--json')
    assert.equal(forked.code, 0, forked.stderr)
    assert.equal(JSON.parse(forked.stdout).status, 'succeeded')
    assert.deepEqual(effects(), ['find', 'gate', 'write', 'write'])
    const planned = await concord('fork', id, '--at', String(gate.last), '--input', 'topic=wasps')
    const before =
      /The plan is of event (\d+), made from the old input; to plan again fork before it: --at (\d+)/
    const [, plan, at] = before.exec(planned.stderr) ?? assert.fail(planned.stderr)
    assert.equal(Number(at), Number(plan) - 1)
    const anew = await concord('fork', id, '--at', at ?? '', '--input', 'topic=wasps')
    assert.doesNotMatch(anew.stderr, before)
    const beyond = await concord('fork', id, '--at', '9999')
    assert.equal(beyond.code, 2)
    assert.match(beyond.stderr, /Cannot fork run .* at event 9999 as it has events 1 to \d+/)
    assert.match((await concord('why', 'last')).stdout, new RegExp(`It is a fork of run ${id}`))
  })

  it('finds runs by tag, by who asked and by text, and the trace shows who asked', async () => {
    const tagged = ['--tag', 'nightly', '--tag', 'eu']
    const asked = await concord('run', 'Find the needle', '--team', 'quick', '--json', ...tagged)
    const { runId } = JSON.parse(asked.stdout) as { runId: string }
    const found = async (...words: string[]) =>
      (JSON.parse((await concord('runs', '--json', ...words)).stdout) as { run: string }[]).map(
        ({ run }) => run,
      )
    assert.deepEqual(await found('--tag', 'nightly'), [runId])
    assert.deepEqual(await found('--text', 'NEEDLE'), [runId])
    assert.deepEqual(await found('--by', 'nobody-at-all'), [])
    assert.ok((await found('--by', userInfo().username)).includes(runId))
    const { stdout } = await concord('trace', runId)
    assert.ok(stdout.includes(`\nasked by: ${userInfo().username} #nightly #eu\n`), stdout)
  })

  it('lists teams and agents without touching a store', async () => {
    const fresh = project()
    const { code, stdout } = await fresh.concord('agents')
    assert.equal(code, 0)
    assert.match(stdout, /^quick {2}One agent\n {2}echo {2}Says what it is told \(code\)$/m)
    assert.match((await fresh.concord('runs')).stderr, /No runs in .*; start one with concord run/)
    assert.equal((await fresh.concord('runs', '--json')).stdout, '[]\n')
    const one = JSON.parse((await fresh.concord('agents', '--team', 'quick', '--json')).stdout)
    assert.equal(one[0].agents[0].name, 'echo')
  })
})
