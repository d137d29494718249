import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { tooling } from '../../src/cli/init/manifest.ts'
import { exampleGoal } from '../../src/cli/init/readme.ts'
import { project, root, start } from './project.ts'

const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

/** What npm install does: links to this checkout and to what it has. */
const installed = (folder: string, ...names: string[]) => {
  for (const name of names) {
    const target = join(folder, 'node_modules', name)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(name === own.name ? root : join(root, 'node_modules', name), target)
  }
}

describe('concord init', () => {
  it('makes a project that passes its tests, runs without a key and waits for a person', async () => {
    const { concord, folder, env } = project('')
    const made = await concord('init', 'my-team')
    assert.equal(made.code, 0, made.stderr)
    assert.match(made.stdout, /^ {2}cd my-team\n {2}npm install\n {2}npm test\n {2}npx concord run "/)
    const there = join(folder, 'my-team')
    installed(there, own.name, 'zod')
    execFileSync(process.execPath, ['--test'], { cwd: there, env })
    const waiting = await start(there, env, ['run', exampleGoal]).ended
    assert.equal(waiting.code, 4, waiting.stderr)
    const [, run = '', hash = ''] =
      /concord approve (\S+) --hash (\S+)/.exec(waiting.stderr + waiting.stdout) ?? []
    const { code, stdout, stderr } = await start(there, env, ['approve', run, '--hash', hash]).ended
    assert.equal(code, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), { order: 'A-1001', paid: 40, sent: true })
    assert.doesNotMatch(waiting.stderr + stderr, /warning/i)
    // What a run has read is no signal of anybody; and its child run did ask a model.
    const why = await start(there, env, ['why', run]).ended
    assert.match(why.stdout, /It was approved by/)
    assert.doesNotMatch(why.stdout, /somebody|no model was asked/)
  })

  it('adds to a project that exists what it lacks, and keeps all that is there', async () => {
    const { concord, folder } = project('')
    const manifest = {
      name: 'mine',
      version: '3.2.1',
      type: 'commonjs',
      scripts: { test: 'echo "Error: no test specified" && exit 1', start: 'node mine.js' },
      dependencies: { [own.name]: '^0.0.9' },
      devDependencies: { typescript: '5.9.0' },
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 4))
    writeFileSync(join(folder, 'README.md'), 'mine')
    writeFileSync(join(folder, '.gitignore'), 'node_modules\n*.log')
    const { code, stderr, stdout } = await concord('init')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^ {2}npm install\n/)
    assert.match(
      stderr,
      /Added what was missing to package\.json, \.gitignore\nKept README\.md as you have it/,
    )
    assert.equal(read(folder, 'README.md'), 'mine')
    assert.equal(read(folder, '.gitignore'), 'node_modules\n*.log\n.concord/\n.env\n')
    assert.match(read(folder, 'package.json'), /^\{\n {4}"name"/)
    assert.deepEqual(JSON.parse(read(folder, 'package.json')), {
      ...manifest,
      type: 'module',
      engines: { node: '>=24' },
      scripts: { test: 'tsc && node --test', serve: 'concord serve', start: 'node mine.js' },
      dependencies: { [own.name]: '^0.0.9', zod: own.dependencies.zod },
      devDependencies: { '@types/node': tooling['@types/node'], typescript: '5.9.0' },
    })
    // Again: nothing is missing any more.
    const before = read(folder, 'package.json')
    assert.equal((await concord('init')).code, 0)
    assert.equal(read(folder, 'package.json'), before)
  })

  it('overwrites no code, and writes nothing then', async () => {
    const { concord, folder } = project('')
    writeFileSync(join(folder, 'concord.config.ts'), 'export default {}')
    const { code, stderr } = await concord('init')
    assert.equal(code, 2)
    assert.match(stderr, /nothing is overwritten: it has concord\.config\.ts; choose an empty folder/)
    assert.deepEqual(readdirSync(folder), ['concord.config.ts'])
    assert.match((await concord('init', 'concord.config.ts')).stderr, /it is a file/)
  })

  it('does not turn code that may be CommonJS into modules, and says how to go about it', async () => {
    const { concord, folder } = project('')
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
    writeFileSync(join(folder, 'index.js'), 'module.exports = 1')
    const { code, stderr } = await concord('init')
    assert.equal(code, 2)
    assert.match(stderr, /"commonjs" and it has code that may count on it; run "npm pkg set type=module"/)
    assert.ok(!existsSync(join(folder, 'concord.config.ts')))
    writeFileSync(join(folder, 'package.json'), '{')
    assert.match((await concord('init')).stderr, /package\.json is not JSON/)
  })

  it('asks for the versions of the tools that this package is built with', () => {
    for (const [name, range] of Object.entries(tooling))
      assert.equal(range.slice(1).split('.')[0], String(own.devDependencies[name]).split('.')[0], name)
  })

  it('says to install when the package is missing', async () => {
    const { concord, folder, env } = project('')
    await concord('init', 'bare')
    const { code, stderr } = await start(join(folder, 'bare'), env, ['run', 'x']).ended
    assert.equal(code, 2)
    assert.match(stderr, /concord\.config\.ts:1 as what it imports cannot be found: .*; run "npm install"/)
  })
})
