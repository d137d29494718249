import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { describe, it } from 'node:test'
import { commands } from '../../src/cli/commands/table.ts'
import { project, root, start } from './project.ts'

describe('the command line', () => {
  const empty = project('')

  it('lists its commands', async () => {
    const { code, stdout, stderr } = await empty.concord('--help')
    assert.equal(code, 0)
    assert.equal(stderr, '')
    for (const { name } of commands) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
  })

  it('has a help for each command with its options and the exit codes, and warns of nothing', async () => {
    for (const { name } of commands) {
      const { code, stdout, stderr } = await empty.concord(name, '--help')
      assert.deepEqual([name, code, stderr], [name, 0, ''])
      assert.match(stdout, new RegExp(`^Usage: concord ${name} `, 'm'))
      assert.match(stdout, /--config <path>/)
      assert.match(stdout, /4 {2}waits for a person/)
    }
  })

  it('tells its version', async () => {
    const { stdout } = await empty.concord('--version')
    assert.match(stdout, /^concord \d+\.\d+\.\d+ \(Node 2[4-9]\./)
  })

  it('ends with 2 and the way out when it is used wrongly', async () => {
    const wrong: [args: string[], said: RegExp][] = [
      [['rnu', 'x'], /^error: Cannot run "concord rnu" .* did you mean "concord run"\?\n$/],
      [['frobnicate'], /there are: run, chat, runs, trace/],
      [['run', 'x', '--taem', 'y'], /no option --taem; did you mean --team\?/],
      [['run'], /no goal is given; write: concord run "<goal>"/],
      [['run', '  '], /the goal is empty/],
      [['run', 'x', '--team'], /--team needs a value/],
      [['run', 'x', '--json=yes'], /--json takes no value/],
      [['run', 'x', '--param', 'topic'], /--param "topic" as it must be name=value/],
      [['run', 'x', '--budget', 'tokns=3'], /did you mean tokens\?/],
      [['run', 'x', '--budget', 'tokens=many'], /limit tokens to "many" as it must be a number/],
      [['run', 'x', '--durability', 'eternal'], /one of process, power/],
      [
        ['run', 'x', '--output', 'no/such/folder/out.md'],
        /Cannot write the output to no\/such\/folder\/out.md/,
      ],
      [['trace'], /no run is given/],
      [['trace', 'a', 'b'], /"b" is one argument too many/],
      [['runs', '--status', 'runing'], /did you mean running\?/],
      [['runs', '--limit', '0'], /--limit is a number from 1 up/],
      [['serve', '--port', '99999'], /a port is a number from 0 to 65535/],
      [['fork', 'last', '--at', 'x'], /an event is a number/],
      [['trace', 'last'], /Cannot find a run as there are none in .*start one with concord run/],
      [['run', 'x', '--config', 'nowhere.ts'], /there is no such file/],
    ]
    for (const [args, said] of wrong) {
      const { code, stdout, stderr } = await empty.concord(...args)
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, said)
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    }
  })

  it('shows the stack and the causes with --debug', async () => {
    const { stderr } = await empty.concord('trace', 'last', '--debug')
    assert.match(stderr, /\n\s+at /)
  })

  it('says that the node is too old before it reads anything else, or goes on with the pinned one', async (context) => {
    const older = (process.env.PATH ?? '')
      .split(delimiter)
      .map((folder) => join(folder, 'node'))
      .find((node) => {
        const { stdout } = spawnSync(node, ['-p', 'process.versions.node.split(".")[0]'], {
          encoding: 'utf8',
        })
        return Number(stdout) >= 18 && Number(stdout) < 24
      })
    if (older === undefined) return context.skip('no Node from 18 to 23 on the PATH')
    const pinned = await start(empty.folder, empty.env, ['--version'], older).ended
    assert.match(pinned.stdout, /\(Node 2[4-9]\./)
    assert.equal(pinned.code, 0)
    // As if the re-execution had landed on the old one again: there is no better Node to be found.
    const stuck = await start(empty.folder, { ...empty.env, CONCORD_REEXECUTED: '1' }, ['--version'], older)
      .ended
    assert.equal(stuck.code, 2)
    assert.match(
      stuck.stderr,
      /^error: Cannot run Concord as it needs Node 24 or newer: this is Node .*; get it from/,
    )
  })

  it('does not take a reader that went away for an error', () => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `"${process.execPath}" "${root}/bin/concord.js" run --help | true; echo "\${PIPESTATUS[0]}"`],
      { encoding: 'utf8', env: empty.env },
    )
    assert.equal(status, 0)
    assert.equal(stderr, '')
  })
})
