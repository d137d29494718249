import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileTools } from '../../src/tools/files.ts'
import { testContext } from '../../src/tools/fixtures/context.ts'

const secret = 'a secret that lies outside'

/** Swaps a folder and a link to the outside, back and forth, until it is killed. */
const swapper = `
import { existsSync, lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs'
const [, root, outside] = process.argv
process.stdout.write('ready')
for (;;)
  try {
    renameSync(root + '/box', root + '/kept')
    renameSync(root + '/link', root + '/box')
    renameSync(root + '/box', root + '/link')
    renameSync(root + '/kept', root + '/box')
  } catch {
    // A write made a folder of its own where none was: everything is put back in its place, sooner or later.
    try {
      rmSync(root + '/box', { recursive: true, force: true })
      if (existsSync(root + '/kept')) renameSync(root + '/kept', root + '/box')
      if (lstatSync(root + '/link', { throwIfNoEntry: false }) === undefined) symlinkSync(outside, root + '/link')
    } catch {}
  }
`

/** File tools at work while another process swaps what their paths lead to: nothing outside is read or written. */
export const raceFileTools = async (t: TestContext, rounds: number): Promise<void> => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'concord-race-')))
  const [root, outside] = [join(base, 'root'), join(base, 'outside')]
  for (const folder of [root, outside, join(root, 'box')]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(root, 'box/a.txt'), 'inside')
  writeFileSync(join(outside, 'a.txt'), secret)
  writeFileSync(join(outside, 'only-outside.txt'), secret)
  symlinkSync(outside, join(root, 'link'))
  const child = spawn(process.execPath, ['--input-type=module', '-e', swapper, root, outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(base, { recursive: true, force: true })
  })
  await once(child.stdout, 'data')
  const tools = new Map(fileTools({ root, write: true }).map((tool) => [tool.name, tool]))
  const call = async (name: string, input: object): Promise<string> => {
    try {
      return JSON.stringify(await tools.get(name)!.execute(input, testContext()))
    } catch {
      return ''
    }
  }
  let inside = 0
  let written = 0
  for (let round = 0; round < rounds; round += 1) {
    const read = await call('read_file', { path: 'box/a.txt' })
    assert.ok(!read.includes(secret), `read ${round} returned what lies outside`)
    if (read.includes('inside')) inside += 1
    const listed = await call('list_files', { path: 'box' })
    assert.ok(!listed.includes('only-outside'), `list ${round} named what lies outside`)
    if (round % 4 !== 0) continue
    const wrote = await call('write_file', { path: `box/deep${round % 8}/b.txt`, text: 'x', replace: true })
    if (wrote !== '') written += 1
    if (round % 200 === 0) {
      const found = await call('search_files', { pattern: 'secret', path: 'box' })
      assert.ok(!found.includes(secret), `search ${round} found what lies outside`)
    }
  }
  assert.deepEqual(readdirSync(outside).sort(), ['a.txt', 'only-outside.txt'])
  assert.ok(inside > 0 && written > 0, `${inside} reads and ${written} writes met the folder`)
  t.diagnostic(`${rounds} rounds: ${inside} reads and ${written} writes met the folder, none the outside`)
}
