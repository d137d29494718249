import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { ConcordError } from '../domain/errors.ts'
import { inFolder, openIn } from '../stores/sqlite/temporary.test.ts'
import { failureOf, problemOf } from './problem.ts'

it('problem details name the file of a store, not its place on the machine', () =>
  inFolder(async (folder) => {
    const { state, close } = await openIn(folder)
    await close()
    const closed = await state.get('global', 'k').catch((error: unknown) => error)
    const file = join(folder, 'concord.db')
    const full = new ConcordError(
      'store.full',
      `Cannot commit: ENOSPC, open '${folder}' (${file}); free space`,
      {
        details: { file },
      },
    )
    for (const error of [closed, full]) {
      const problem = problemOf(failureOf(error), { requestId: 'r' })
      assert.equal(problem.file, 'concord.db')
      assert.ok(!JSON.stringify(problem).includes(folder), JSON.stringify(problem))
    }
  }))
