import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, openConcord, team } from '../../src/index.ts'
import type { ConcordConfig } from '../../src/platform/config.ts'

const saying = (name: string) => team({ agents: [agent({ name, run: () => name })] })
const open = (config: ConcordConfig) => openConcord({ config: { stores: { kind: 'memory' }, ...config } })

describe('a goal that names no team', () => {
  it('goes to the only team of the config, never to another that it did not name', async () => {
    await using concord = await open({ teams: { billing: saying('billing') } })
    assert.equal(await concord.result('Send the invoice to Bob'), 'billing')
  })

  it('goes to the default where there are several', async () => {
    await using concord = await open({ team: 'b', teams: { a: saying('a'), b: saying('b') } })
    assert.equal(await concord.result('x'), 'b')
    assert.equal(await concord.result({ text: 'x', team: 'a' }), 'a')
  })

  it('is refused where there are several and no default, with their names', async () => {
    await using concord = await open({ teams: { a: saying('a'), b: saying('b') } })
    await assert.rejects(concord.start('x'), { code: 'input.invalid', message: /several.*: a, b; name one/ })
    assert.equal(await concord.result({ text: 'x', team: 'b' }), 'b')
  })

  it('is not accepted by a config whose default team does not exist', async () => {
    await assert.rejects(open({ team: 'nope', teams: { a: saying('a') } }), { code: 'team.unknown' })
  })
})
