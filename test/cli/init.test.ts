import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { exampleGoal } from '../../src/cli/init/project.ts'
import { project, root, start } from './project.ts'

const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('concord init', () => {
  it('makes a project whose goal, tests and types work', async () => {
    const { concord, folder, env } = project('')
    const made = await concord('init', 'my-team')
    assert.equal(made.code, 0, made.stderr)
    assert.match(made.stdout, /^ {2}cd my-team\n {2}npm install\n {2}npm test\n {2}npx concord run "/)
    const there = join(folder, 'my-team')
    // What npm install does with the dependency: a link to this checkout.
    mkdirSync(join(there, 'node_modules', name, '..'), { recursive: true })
    symlinkSync(root, join(there, 'node_modules', name))
    const { code, stdout, stderr } = await start(there, env, ['run', exampleGoal]).ended
    assert.equal(code, 0, stderr)
    assert.match(
      stdout,
      /^# Which words matter most in the notes\?\n\n- \*\*memory\*\* \(3\), in first.md, second.md\n/,
    )
    assert.doesNotMatch(stderr, /warning/i)
    execFileSync(process.execPath, ['--test'], { cwd: there, env })
    mkdirSync(join(there, 'node_modules/@types'))
    symlinkSync(join(root, 'node_modules/@types/node'), join(there, 'node_modules/@types/node'))
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
    const options = { ...compilerOptions, incremental: false, tsBuildInfoFile: undefined }
    writeFileSync(
      join(there, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.ts', 'agents'] }),
    )
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: there })
  })

  it('overwrites nothing', async () => {
    const { concord, folder } = project('')
    writeFileSync(join(folder, 'README.md'), 'mine')
    const { code, stderr } = await concord('init')
    assert.equal(code, 2)
    assert.match(stderr, /nothing is overwritten: it has README.md; choose an empty folder/)
    assert.ok(!existsSync(join(folder, 'package.json')))
    assert.match((await concord('init', 'README.md')).stderr, /it is a file/)
  })

  it('says to install when the package is missing', async () => {
    const { concord, folder, env } = project('')
    await concord('init', 'bare')
    const { code, stderr } = await start(join(folder, 'bare'), env, ['run', 'x']).ended
    assert.equal(code, 2)
    assert.match(stderr, /concord\.config\.ts:1 as what it imports cannot be found: .*; run "npm install"/)
  })
})
