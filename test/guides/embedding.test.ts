import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { programsOf } from './programs.ts'

describe('the guide to embedding', () => {
  const { programs, remove } = programsOf('embedding.md')
  after(remove)

  it('starts, streams and approves in a server of one’s own', async () => {
    assert.equal(programs.length, 1)
    const said = await programs[0]?.run()
    assert.equal(said, 'Pay 120 for "ten lamps"?\n{ paid: 120 }\nevent: run.succeeded\n')
  })
})
