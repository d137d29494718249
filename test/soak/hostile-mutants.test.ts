import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

/** A bug planted in a copy: what is replaced in a file, once. */
type Mutant = { name: string; file: string; from: string; to: string }

const mutants: Mutant[] = [
  {
    name: 'an append is repeated without a look into the log',
    file: 'runtime/patient-append.ts',
    from: 'found.length > 0 &&',
    to: 'false && found.length > 0 &&',
  },
  {
    name: 'an append is looked up at the wrong version',
    file: 'runtime/patient-append.ts',
    from: 'afterVersion: expectedVersion,',
    to: 'afterVersion: expectedVersion + 1,',
  },
  {
    name: 'a signal is repeated without a look into the inbox',
    file: 'runtime/append-signal.ts',
    from: 'if (isDoubtful && (await holds())) return',
    to: '',
  },
  {
    name: 'a signal whose answer was lost is taken for sent',
    file: 'runtime/append-signal.ts',
    from: 'isDoubtful = isUnknown(error)\n',
    to: 'isDoubtful = isUnknown(error)\n      if (isDoubtful) return\n',
  },
  {
    name: 'a state write is repeated under another id',
    file: 'runtime/known-outcome.ts',
    from: 'return untilKnown(repeating, () => state.write(once))',
    to:
      'return untilKnown(repeating, () => state.write(once.map((write) => ({ ...write, operation: `again/$' +
      '{id()}` }))))',
  },
  {
    name: 'a call that failed once is not repeated',
    file: 'runtime/known-outcome.ts',
    from: 'if (!isUnknown(error)) throw error',
    to: 'throw error',
  },
  {
    name: 'a process that keeps runs does not look after a gap',
    file: 'runtime/runner.ts',
    from: 'if (gap === true) caughtUp()',
    to: '',
  },
  {
    name: 'a listener that waits for commits takes a gap for nothing',
    file: 'ports/event-log.ts',
    from: 'gap === true || ',
    to: '',
  },
  {
    name: 'whoever waits for a run never looks after a gap',
    file: 'runtime/settling.ts',
    from: 'if (gap === true) wakeAll()\n    else',
    to: '',
  },
  {
    name: 'a step is executed before its start is committed',
    file: 'runtime/owner.ts',
    from: 'try {\n      this.#committed = (await log.append(request)).version',
    to: 'try {\n      this.#afterCommit(events)\n      this.#committed = (await log.append(request)).version',
  },
]

/** A hang is found, too. A clean copy takes some ten seconds. */
const msMax = 60_000
const parts = ['src', 'package.json', 'test/hostile', 'test/runs/fixture.ts', 'test/seed.ts']
const root = join('.tmp', `hostile-mutants-${process.pid}`)

const copied = (name: string): string => {
  const folder = join(root, name.replaceAll(/\W+/g, '-'))
  for (const part of parts) cpSync(part, join(folder, part), { recursive: true })
  return folder
}

/** Whether the tests pass on the copy; false also when they hang. */
const passes = async (folder: string): Promise<boolean> => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = spawn(
    process.execPath,
    [
      '--test',
      '--test-force-exit',
      '--test-timeout=5000',
      'test/hostile/faults.test.ts',
      'test/hostile/reconnect.test.ts',
    ],
    { cwd: folder, stdio: 'ignore', timeout: msMax, env: { ...env, CONCORD_SOAK: '1' } },
  )
  const [status] = await once(run, 'close')
  return status === 0
}

describe('the hostile store finds what is planted', { concurrency: 2 }, () => {
  after(() => rmSync(root, { recursive: true, force: true }))

  it('and nothing in a clean copy', async () => {
    assert.ok(await passes(copied('clean')), 'the copy as it is passes')
  })

  for (const { name, file, from, to } of mutants)
    it(name, async () => {
      const folder = copied(name)
      const path = join(folder, 'src', file)
      const text = readFileSync(path, 'utf8')
      assert.equal(text.split(from).length, 2, `"${from}" is in ${file} once`)
      writeFileSync(
        path,
        text.replace(from, () => to),
      )
      assert.ok(!(await passes(folder)), 'the tests fail')
    })
})
