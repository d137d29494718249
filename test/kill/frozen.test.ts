import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { frozenPair, repeated } from './frozen.ts'

describe('an owner that is stopped', () => {
  it('is replaced, and when it is continued it does nothing: what was acknowledged is not done again', async (t) => {
    if (!existsSync('/proc/self/stat')) return t.skip('there is no /proc to tell a stopped process by')
    const pair = await frozenPair()
    t.after(pair.close)
    const owner = pair.start('start')
    await owner.line((line) => line === 'half')
    owner.child.kill('SIGSTOP')
    const other = pair.start('beside')
    await pair.reached(other.pid, 10)
    const before = pair.effects().filter(({ pid }) => pid === owner.pid).length
    owner.child.kill('SIGCONT')
    assert.equal(await owner.line((line) => line.startsWith('{')), '{"code":"run.owned"}')
    assert.equal(await other.line((line) => line.startsWith('{')), '{"status":"succeeded","output":"done"}')
    const effects = pair.effects()
    assert.equal(effects.filter(({ pid }) => pid === owner.pid).length, before, 'acted after it was replaced')
    // What was under way when it was stopped is done again, with its key; nothing else.
    assert.ok(repeated(effects).length <= 1, repeated(effects).join())
  })
})
