import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { project, root, runIn } from './project.ts'

describe('concord run', () => {
  const { concord, folder, env } = project()

  it('shows where the code of an agent threw: in the trace, and whole with --debug', async () => {
    const plain = await concord('run', 'break', '--team', 'failing')
    assert.doesNotMatch(plain.stderr, /\n\s+at /)
    const debug = await concord('run', 'break again', '--team', 'failing', '--debug')
    assert.match(debug.stderr, /error: the disk is round\n\s+at .*concord\.config\.ts:\d+/)
    const { stdout } = await concord('trace', 'last')
    assert.match(stdout, /agent\.failed: the disk is round \(at .*concord\.config/)
    const json = JSON.parse((await concord('trace', 'last', '--json')).stdout)
    assert.match(JSON.stringify(json), /"stack":"at [^"]*concord\.config\.ts/)
  })

  it('prints the result on the standard output and how it went on the standard error', async () => {
    const { code, stdout, stderr } = await concord(
      'run',
      'say hello',
      '--param',
      'n=3',
      '--param',
      'word=three',
    )
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout), { told: { goal: 'say hello', n: 3, word: 'three' } })
    assert.match(stderr, /^Run [0-9a-z]{16} \(team quick\)\n· plan: 1 step\n› echo\n✓ echo, \d+ ms\nDone in /)
  })

  it("says which limit counts when --budget asks for more than the config's", async () => {
    const config = readFileSync(join(folder, 'concord.config.ts'), 'utf8')
    writeFileSync(
      join(folder, 'strict.config.ts'),
      config.replace("team: 'quick',", "team: 'quick', budget: { steps: 4 },"),
    )
    const strict = (...more: string[]) =>
      concord('run', 'x', '--new', '--config', 'strict.config.ts', ...more)
    const { code, stderr } = await strict('--budget', 'steps=100,tokens=7')
    assert.equal(code, 0)
    assert.match(stderr, /^note: --budget steps=100 is more than the config allows: steps=4 counts\nRun /)
    const mending = await strict('--budget', 'steps=100', '--team', 'mending')
    assert.match(mending.stderr, /the budget allows 4/)
    assert.notEqual(mending.code, 0)
  })

  it('prints one JSON object and nothing else with --json', async () => {
    const { code, stdout, stderr } = await concord('run', 'say hello', '--json')
    const { runId, ...rest } = JSON.parse(stdout)
    assert.equal(code, 0)
    assert.equal(stderr, '')
    assert.match(runId, /^[0-9a-z]{16}$/)
    assert.equal(typeof rest.ms, 'number')
    assert.deepEqual(
      { ...rest, ms: 0 },
      {
        status: 'succeeded',
        output: { told: { goal: 'say hello' } },
        reasons: [],
        spent: { tokens: 0, money: 0, cachedTokens: 0 },
        ms: 0,
      },
    )
  })

  it('prints the report of an output that has one, or writes it to a file', async () => {
    const mine = project()
    mine.open()
    const printed = await mine.concord('run', 'report', '--team', 'slow', '--param', 'topic=bees')
    assert.equal(printed.stdout, '# About "bees"\n')
    const written = await mine.concord('run', 'report', '--team', 'slow', '--output', 'out.md')
    assert.equal(written.stdout, '')
    assert.equal(readFileSync(join(mine.folder, 'out.md'), 'utf8'), '# About "nothing"\n')
  })

  it('ends with 5 where the work was done and nothing was found', async () => {
    const { code, stdout } = await concord(
      'run',
      'protein folding',
      '--team',
      'research',
      '--source',
      'corpus',
      '--json',
    )
    assert.equal(code, 5)
    assert.equal(JSON.parse(stdout).output.status, 'nothing-found')
  })

  it('says why a goal was not reached and ends with 1', async () => {
    const failed = await concord('run', 'x', '--team', 'failing')
    assert.equal(failed.code, 1)
    assert.equal(failed.stdout, '')
    assert.match(failed.stderr, /^error: the disk is round$/m)
    assert.match(failed.stderr, /What happened: concord why [0-9a-z]{16}$/m)
    const unmet = await concord('run', 'x', '--team', 'unmet', '--json')
    assert.equal(unmet.code, 1)
    const told = JSON.parse(unmet.stdout)
    assert.equal(told.failure.code, 'goal.unmet')
    assert.deepEqual(told.reasons, ['too vague'])
  })

  it('knows no such team, and names those there are', async () => {
    const { code, stdout, stderr } = await concord('run', 'x', '--team', 'quik', '--json')
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^error: Cannot find team "quik" as these are defined: .*quick, slow, .*; add it to "teams"/,
    )
    assert.equal(JSON.parse(stdout).failure.code, 'team.unknown')
  })

  it('asks for the key of a model before any work is done', async () => {
    const before = JSON.parse((await concord('runs', '--json')).stdout).length
    const { code, stderr } = await concord('run', 'x', '--team', 'thinking', '--model', 'openai/gpt-5')
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^error: Cannot use openai\/gpt-5 as its provider needs a key: OPENAI_API_KEY is not set; set /,
    )
    assert.equal(JSON.parse((await concord('runs', '--json')).stdout).length, before)
  })

  it('says how to name a model when none is configured', async () => {
    const { code, stderr } = await concord('run', 'x', '--team', 'thinking')
    assert.equal(code, 2)
    assert.match(stderr, /Cannot ask a model as none is configured; pass --model/)
  })

  it('takes settings from .env, the environment before it, and flags before both', async () => {
    const mine = project()
    writeFileSync(join(mine.folder, '.env'), 'CONCORD_TEAM=unmet\n')
    assert.equal((await mine.concord('run', 'x')).code, 1)
    mine.env.CONCORD_TEAM = 'quick'
    assert.equal((await mine.concord('run', 'x')).code, 0)
    assert.equal((await mine.concord('run', 'x', '--team', 'failing')).code, 1)
    mine.env.CONCORD_DIR = join(mine.folder, 'elsewhere')
    await mine.concord('run', 'x')
    assert.ok(existsSync(join(mine.folder, 'elsewhere/concord.db')))
  })

  it('finds the config and the runs of the folder above', async () => {
    const below = join(folder, 'below')
    mkdirSync(below)
    const child = spawn(process.execPath, [join(root, 'bin/concord.js'), 'run', 'from below'], {
      cwd: below,
      env,
    })
    assert.equal(await new Promise((done) => child.on('close', done)), 0)
    assert.ok(!existsSync(join(below, '.concord')))
    assert.match((await concord('runs', '--limit', '1')).stdout, /from below/)
  })

  it('reads the goal from the standard input', async () => {
    const child = spawn(process.execPath, [join(root, 'bin/concord.js'), 'run', '-'], { cwd: folder, env })
    child.stdin.end('what is piped\n')
    let stdout = ''
    child.stdout.on('data', (text) => {
      stdout += text
    })
    await new Promise((done) => child.on('close', done))
    assert.deepEqual(JSON.parse(stdout), { told: { goal: 'what is piped' } })
  })

  it('keeps nothing with --memory', async () => {
    const mine = project()
    assert.equal((await mine.concord('run', 'x', '--memory')).code, 0)
    assert.ok(!existsSync(join(mine.folder, '.concord')))
  })

  it('holds the run to its budget', async () => {
    const { code, stderr } = await concord('run', 'x', '--team', 'slow', '--budget', 'steps=1')
    assert.equal(code, 1)
    assert.match(stderr, /steps, the budget allows 1|budget allows 1/)
  })

  it('says the way out where it cannot write', async (context) => {
    const mine = project()
    const sealed = join(mine.folder, 'sealed')
    mkdirSync(sealed)
    chmodSync(sealed, 0o555)
    // The administrator may write anywhere, so that it is tried as somebody else.
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    chmodSync(mine.folder, 0o755)
    const child = spawn(
      process.execPath,
      [join(root, 'bin/concord.js'), 'run', 'x', '--dir', join(sealed, 'runs')],
      { cwd: mine.folder, env, ...asNobody },
    )
    let stderr = ''
    child.stderr.on('data', (text) => {
      stderr += text
    })
    const code = await new Promise((done) => {
      child.on('close', done)
      child.on('error', () => done('not started'))
    })
    if (code === 'not started' || /EACCES.*(node_modules|bin|src)/.test(stderr))
      return context.skip('another user cannot read this checkout')
    assert.equal(code, 2, stderr)
    assert.match(
      stderr,
      /^error: Cannot open the store .*; give this user the right to write there, or choose another folder/,
    )
  })

  it('names the run, which trace and why then find', async () => {
    const ran = await concord('run', 'traceable')
    const id = runIn(ran.stderr)
    assert.match((await concord('trace', id)).stdout, new RegExp(`^✓ run ${id} succeeded`))
  })
})
