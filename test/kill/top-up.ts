import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { childKey } from '../../src/domain/budget.ts'
import { type Concord, openConcord } from '../../src/index.ts'

const worker = fileURLToPath(new URL('./top-up-worker.ts', import.meta.url))
const allowed = 1_200
const callCost = 100
/** Under way at once, so lost with a process and charged: one each of three children. */
const lostAtMost = 3

const folderFor = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-top-up-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { directory: join(folder, 'store'), calls: join(folder, 'calls') }
}

const work = async ({ directory, calls }: ReturnType<typeof folderFor>, killAt?: number) => {
  const args = [worker, directory, calls, ...(killAt === undefined ? [] : [String(killAt)])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { said, code, signal }
}

const callsIn = (file: string): number =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0

/** No child may spend more than its parent has set aside for it, whenever its process dies. */
const assertWithin = async (concord: Concord): Promise<void> => {
  for (const { run: id } of await concord.runs()) {
    const { book, parent } = await concord.runner.load(id)
    if (parent === undefined) continue
    const { reserved, children } = (await concord.runner.load(parent.run)).book
    const held = reserved.get(childKey(id))
    assert.ok(
      children.has(id) || (held !== undefined && (book.limits.tokens ?? Infinity) <= held.tokens),
      `${id} may spend ${book.limits.tokens}, ${held?.tokens} are reserved for it`,
    )
  }
}

/** Runs the tree unharmed: how many commits it takes. */
export const commitsOf = async (t: TestContext): Promise<number> => {
  const { status, spent, raised, commits } = JSON.parse((await work(folderFor(t))).said)
  assert.equal(status, 'succeeded')
  assert.ok(raised > 0, 'nobody asked for more')
  assert.ok(spent >= 0.9 * allowed && spent <= allowed, `${spent} spent`)
  return commits
}

/** Kills a process at a commit, lets another finish, and proves that no more was spent than allowed, and not much less. */
export const killTree = async (t: TestContext, killAt: number): Promise<void> => {
  const files = folderFor(t)
  const first = await work(files, killAt)
  if (first.signal === 'SIGKILL' && existsSync(join(files.directory, 'concord.db'))) {
    const concord = await openConcord({ config: { stores: { directory: files.directory } } })
    await assertWithin(concord)
    await concord.close()
  }
  const last = await work(files)
  const killed = `killed at commit ${killAt}`
  assert.equal(last.code, 0, killed)
  const { status, spent } = JSON.parse(last.said)
  assert.equal(status, 'succeeded', killed)
  assert.ok(spent <= allowed, `${spent} spent, ${killed}`)
  const billed = callsIn(files.calls) * callCost
  assert.ok(billed <= allowed, `${billed} billed, ${killed}`)
  assert.ok(spent >= 0.9 * allowed - lostAtMost * callCost, `only ${spent} spent, ${killed}`)
}
