import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { agent, openConcord, team } from '../../src/index.ts'
import { makeKey } from '../../src/platform/keys.ts'
import { serve } from '../../src/server/serve.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { tamper, verified, workshop } from './fixture.ts'

const shop = await workshop()
const minute = 60_000

/** A server on a clock of its own, and what it told its logger. */
const serving = async (
  t: TestContext,
  directory: string,
  audit: { key: string; checkpointMinutes?: number },
) => {
  const clock = manualClock()
  const told: { fields: { [name: string]: unknown }; message: string | undefined }[] = []
  let heard = Promise.withResolvers<void>()
  const note = (fields: object, message?: string) => {
    // A server tells of its runs as well.
    if (message?.startsWith('run ')) return
    told.push({ fields: { ...fields }, message })
    heard.resolve()
  }
  const concord = await openConcord({
    clock,
    config: {
      stores: { directory },
      audit,
      team: 't',
      teams: { t: team({ agents: [agent({ name: 'one', run: () => 1 })] }) },
      logger: { debug() {}, info: note, warn: note, error: note },
    },
  })
  const server = await serve(concord, { port: 0 })
  const close = async () => {
    await server.close(0)
    await concord.close()
  }
  t.after(close)
  return {
    clock,
    concord,
    close,
    told: () => told.map(({ message }) => message),
    signed: () => told.map(({ fields }) => fields.number),
    /** Until something is told; `after` begins anew. */
    heard: () => heard.promise,
    /** Advances the clock and waits for what is told next. */
    async after(minutes: number) {
      heard = Promise.withResolvers()
      clock.advance(minutes * minute)
      await heard.promise
    },
  }
}

describe('a server with an audit key', () => {
  it('signs the log every hour in which something happened', async (t) => {
    const directory = shop.fresh()
    const { concord, clock, after, signed, told, close } = await serving(t, directory, { key: shop.key })
    await concord.run('one')
    clock.advance(59 * minute)
    assert.deepEqual(signed(), [])
    await after(1)
    assert.deepEqual(signed(), [1])
    // Nothing happened: the hour passes without a checkpoint, the next with one.
    clock.advance(60 * minute)
    await concord.checkpoints.stop()
    concord.checkpoints.start()
    await concord.run('two')
    await after(60)
    assert.deepEqual(signed(), [1, 2])
    assert.deepEqual([...new Set(told())], ['the log was signed'])
    await close()
    const report = await verified(directory, shop)
    assert.deepEqual([report.ok, report.checkpoints, report.tail], [true, 2, 1])
  })

  it('at the interval that is configured, and never when that is 0', async (t) => {
    const often = await serving(t, shop.fresh(), { key: shop.key, checkpointMinutes: 5 })
    await often.concord.run('one')
    await often.after(5)
    assert.deepEqual(often.signed(), [1])
    const never = await serving(t, shop.fresh(), { key: shop.key, checkpointMinutes: 0 })
    await never.concord.run('one')
    never.clock.advance(1000 * minute)
    await never.concord.checkpoints.stop()
    assert.deepEqual(never.signed(), [])
  })

  it('signs nothing that does not verify, says so, and goes on trying', async (t) => {
    const directory = shop.fresh()
    const { concord, after, told } = await serving(t, directory, { key: shop.key })
    await concord.run('one')
    tamper(directory, "UPDATE events SET at = at + 1 WHERE type = 'run.queued'")
    await after(60)
    await after(60)
    assert.deepEqual(told(), Array(2).fill('the log could not be signed; tried again later'))
    tamper(directory, "UPDATE events SET at = at - 1 WHERE type = 'run.queued'")
    await after(60)
    assert.equal(told().at(-1), 'the log was signed')
  })

  it('says that the key it is given is not there, and begins once it is', async (t) => {
    const key = join(shop.folder, 'late/audit.key')
    const { concord, clock, after, heard, signed, told } = await serving(t, shop.fresh(), { key })
    await heard()
    await concord.run('one')
    clock.advance(60 * minute)
    await concord.checkpoints.stop()
    assert.equal(told().length, 1)
    assert.match(told()[0] ?? '', /^the log is not signed, as the audit key that is named is not there/)
    await makeKey(key)
    concord.checkpoints.start()
    await after(60)
    assert.deepEqual(signed(), [undefined, 1])
  })
})
