import assert from 'node:assert/strict'
import { it } from 'node:test'
import { code, type OpenStore, on } from './fixture.ts'

/** Chains of forks end. */
export const stateForkContract = (open: OpenStore): void => {
  it(
    'refuses a fork that would lead back to itself, through as many others as there are',
    on(open, async ({ state }) => {
      await assert.rejects(state.fork('team/a', { from: 'team/a' }), code('input.invalid'))
      await state.fork('team/a', { from: 'team/b' })
      await assert.rejects(state.fork('team/b', { from: 'team/a' }), code('input.invalid'))
      await state.fork('team/c', { from: 'team/a' })
      await assert.rejects(state.fork('team/b', { from: 'team/c' }), code('input.invalid'))
      await assert.rejects(
        state.fork('team/b', { from: 'team/c', at: { sequence: 0 } }),
        code('input.invalid'),
      )
      assert.equal(await state.origin('team/b'), undefined)
      for (const namespace of ['team/a', 'team/b', 'team/c']) {
        assert.deepEqual(await state.history(namespace, 'k'), [])
        assert.deepEqual(await state.list(namespace), [])
        const [outcome] = await state.write([{ namespace, key: 'k', value: namespace, ifAbsent: true }])
        assert.equal(outcome?.ok, true)
      }
    }),
  )

  it(
    'reads through 64 forks of forks, and refuses one more',
    on(open, async ({ state }) => {
      await state.write([{ namespace: 'team/f0', key: 'k', value: 1 }])
      for (let depth = 1; depth <= 64; depth++)
        await state.fork(`team/f${depth}`, { from: `team/f${depth - 1}` })
      await assert.rejects(state.fork('team/f65', { from: 'team/f64' }), code('bound.reached'))
      assert.equal((await state.get('team/f64', 'k'))?.value, 1)
      assert.deepEqual(
        (await state.list('team/f64')).map(({ key }) => key),
        ['k'],
      )
      assert.deepEqual(
        (await state.history('team/f64', 'k')).map(({ namespace }) => namespace),
        ['team/f0'],
      )
      await state.fork('team/g', { from: 'team/f63' })
      assert.equal((await state.get('team/g', 'k'))?.value, 1)
    }),
  )
}
