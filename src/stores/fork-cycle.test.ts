import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { code } from '../testing/contracts/fixture.ts'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

it('opens a store whose forks lead back to themselves: reads of them are refused, others answered', () =>
  inFolder(async (folder) => {
    const before = await openIn(folder)
    await before.state.fork('team/a', { from: 'team/b' })
    await before.state.fork('team/chain0', { from: 'team/b' })
    await before.state.write([{ namespace: 'global', key: 'k', value: 1 }])
    await before.close()
    // What versions without the bound let be made.
    const db = new DatabaseSync(join(folder, 'concord.db'))
    const origin = db.prepare('INSERT INTO state_origins(namespace, origin, sequence) VALUES (?, ?, 0)')
    origin.run('team/b', 'team/a')
    for (let i = 1; i <= 3000; i++) origin.run(`team/chain${i}`, `team/chain${i - 1}`)
    db.close()

    const { state, close } = await openIn(folder)
    for (const namespace of ['team/a', 'team/b', 'team/chain3000']) {
      await assert.rejects(state.get(namespace, 'k'), code('store.corrupt'), namespace)
      await assert.rejects(state.history(namespace, 'k'), code('store.corrupt'), namespace)
      await assert.rejects(state.list(namespace), code('store.corrupt'), namespace)
      await assert.rejects(
        state.write([{ namespace, key: 'k', value: 1, ifAbsent: true }]),
        code('store.corrupt'),
        namespace,
      )
      await assert.rejects(state.fork('team/new', { from: namespace }), code('store.corrupt'), namespace)
      assert.throws(() => state.peek(namespace, 'k'), code('store.corrupt'), namespace)
    }
    assert.equal((await state.get('global', 'k'))?.value, 1)
    await close()
  }))
