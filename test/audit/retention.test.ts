import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isConcordError } from '../../src/domain/errors.ts'
import { manualClock } from '../../src/testing/clock.ts'
import {
  addRun,
  day,
  query,
  signed,
  summaryOf,
  tamper,
  verified,
  withAudit,
  withStores,
  workshop,
} from './fixture.ts'

const shop = await workshop()
const start = Date.UTC(2026, 0, 1)

/** Runs a and b ended on the first day, c on the hundredth; signed in the middle of b, and after everything. */
const threeRuns = async () => {
  const directory = shop.fresh()
  const clock = manualClock(start)
  await withStores(
    directory,
    async (stores) => {
      await addRun(stores, 'a', start)
      const events = [{ type: 'run.started', at: start, data: {} } as const]
      await stores.log.append({ stream: 'run/b', expectedVersion: 0, epoch: 1, events })
    },
    clock,
  )
  const middle = await signed(directory, shop.key, clock)
  await withStores(
    directory,
    async (stores) => {
      const end = { type: 'run.succeeded', at: start, data: { output: 1 } } as const
      await stores.log.append({
        stream: 'run/b',
        expectedVersion: 1,
        epoch: 1,
        events: [end],
        summary: summaryOf('b', start),
      })
      clock.advance(100 * day)
      await addRun(stores, 'c', clock.now())
    },
    clock,
  )
  const newest = await signed(directory, shop.key, clock)
  return { directory, clock, middle, newest }
}

const bytesOf = (directory: string) =>
  ['concord.db', 'concord.db-wal']
    .filter((name) => existsSync(join(directory, name)))
    .map((name) => readFileSync(join(directory, name), 'latin1'))
    .join()

const messages = (report: { findings: { message: string }[] }) =>
  report.findings.map(({ message }) => message).join('\n')

describe('pruning', () => {
  it('drops runs that ended long ago and keeps every checkpoint verifiable, one made in the midst of a run included', async () => {
    const { directory, clock, middle, newest } = await threeRuns()
    const options = { before: clock.now() - 90 * day }
    await withAudit(
      directory,
      shop.key,
      async (audit) => {
        const planned = await audit.prune({ ...options, dryRun: true })
        assert.deepEqual([planned.runs, planned.streams], [2, 4])
        assert.equal(query(directory, 'SELECT count(*) AS n FROM runs')[0]?.n, 3)
        assert.deepEqual(await audit.prune(options), planned)
        assert.deepEqual(await audit.prune(options), { runs: 0, streams: 0, events: 0 })
      },
      clock,
    )
    const report = await verified(directory, shop, middle, newest)
    assert.equal(messages(report), '')
    assert.equal(report.dropped, 4)
    assert.deepEqual(query(directory, 'SELECT run FROM runs'), [{ __proto__: null, run: 'c' }])
    assert.deepEqual(query(directory, "SELECT * FROM state WHERE namespace = 'run/a'"), [])
    // What the run wrote into memory that it shares with others is not the run's.
    assert.match(bytesOf(directory), /secret of a/)
    assert.doesNotMatch(bytesOf(directory), /secret answer to a/)
  })

  it('finds tampering after it as before', async () => {
    const { directory, clock, middle, newest } = await threeRuns()
    await withAudit(directory, shop.key, (audit) => audit.prune({ before: clock.now() - 90 * day }), clock)
    for (const attack of [
      "UPDATE events SET at = 7 WHERE stream = (SELECT id FROM streams WHERE name = 'run/c') AND version = 2",
      "UPDATE streams SET dropped_version = 1 WHERE name = 'run/a'",
      "UPDATE streams SET dropped_digest = randomblob(32) WHERE name = 'run/a'",
      "DELETE FROM streams WHERE name = 'run/a'",
      "UPDATE events SET data = NULL, salt = NULL WHERE type = 'audit.dropped'",
      // Dropping another run the way prune does, but without saying so.
      `UPDATE streams SET (dropped_version, dropped_digest) = (SELECT version, digest FROM events WHERE stream = streams.id ORDER BY version DESC LIMIT 1),
        pinned_version = 0 WHERE name = 'run/c'; DELETE FROM events WHERE stream = (SELECT id FROM streams WHERE name = 'run/c')`,
    ]) {
      const copy = shop.copy(directory)
      tamper(copy, attack)
      assert.equal((await verified(copy, shop, middle, newest)).ok, false, attack)
    }
  })

  it('is not believed from a record that somebody without the key appended', async () => {
    const { directory, newest } = await threeRuns()
    for (const forgery of [{}, { first: 1e9 }, { first: 1e9, heads: true }]) {
      const copy = shop.copy(directory)
      await withStores(copy, async ({ audit }) => {
        const real = await audit.snapshot(async (snapshot) => snapshot.droppable('run/c', []))
        assert.ok(real)
        const { version, digest } = real
        const heads = forgery.heads ? [{ position: newest.position, version, digest }] : []
        const streams = [{ ...real, ...forgery, heads, ...(forgery.heads ? { last: 1e9 } : {}) }]
        const data = { reason: 'forged', streams }
        await audit.drop(streams, [], { type: 'audit.dropped', at: 1, data })
      })
      const report = await verified(copy, shop, newest)
      assert.deepEqual(
        report.findings.map(({ kind, stream }) => [kind, stream]),
        [['unsigned', 'run/c']],
        JSON.stringify(forgery),
      )
    }
  })

  it('without a key to sign it is said to be unsigned until a checkpoint vouches for it', async () => {
    const { directory, clock, newest } = await threeRuns()
    await withAudit(directory, null, (audit) => audit.prune({ before: clock.now() - 90 * day }), clock)
    const report = await verified(directory, shop, newest)
    assert.ok(report.findings.length > 0)
    assert.deepEqual([...new Set(report.findings.map(({ kind }) => kind))], ['unsigned'])
    const sign = await signed(directory, shop.key, clock)
    assert.equal(messages(await verified(directory, shop, newest, sign)), '')
  })

  it('keeps runs that are not over, their children, and what a kept run is a fork of', async () => {
    const directory = shop.fresh()
    const clock = manualClock(start)
    await withStores(
      directory,
      async (stores) => {
        await addRun(stores, 'parent', start, { status: 'waiting' })
        await addRun(stores, 'child', start, { parent: 'parent' })
        await addRun(stores, 'origin', start)
        await stores.state.fork('run/fork', { from: 'run/origin' })
        clock.advance(100 * day)
        await addRun(stores, 'fork', clock.now())
      },
      clock,
    )
    const pruned = await withAudit(
      directory,
      null,
      (audit) => audit.prune({ before: clock.now() - day }),
      clock,
    )
    assert.equal(pruned.runs, 0)
  })

  it('lets a stream go on from where it was when something comes for it later, and be dropped again', async () => {
    const { directory, clock, middle, newest } = await threeRuns()
    const prune = () =>
      withAudit(directory, shop.key, (audit) => audit.prune({ before: clock.now() - 90 * day }), clock)
    await prune()
    const append = (version: number) =>
      withStores(
        directory,
        async ({ log }) => {
          const signal = { kind: 'message' } as const
          const events = [{ type: 'signal.received', at: clock.now(), data: { inbox: 2, signal } } as const]
          assert.equal(await log.version('inbox/a'), version)
          const appended = await log.append({ stream: 'inbox/a', expectedVersion: version, epoch: 0, events })
          assert.equal(appended.version, version + 1)
          assert.equal((await log.verify('inbox/a')).brokenAt, undefined)
        },
        clock,
      )
    await append(1)
    assert.equal(messages(await verified(directory, shop, middle, newest)), '')
    const later = await signed(directory, shop.key, clock)
    await withStores(
      directory,
      async (stores) => {
        const { log } = stores
        await log.append({
          stream: 'run/a',
          expectedVersion: await log.version('run/a'),
          epoch: 1,
          events: [],
          summary: summaryOf('a', start),
        })
      },
      clock,
    )
    await prune()
    await append(2)
    assert.equal(messages(await verified(directory, shop, middle, newest, later)), '')
  })
})

describe('forgetting a subject', () => {
  const aboutAnna = async () => {
    const directory = shop.fresh()
    await withStores(directory, async (stores) => {
      const goal = { text: 'secret goal about Anna', team: 't', subject: 'p-17' }
      await addRun(stores, 'anna', 1000, { goal })
      await addRun(stores, 'annas-child', 1000, { parent: 'anna' })
      await addRun(stores, 'other', 1000)
      await stores.state.write([
        { namespace: 'subject/p-17', key: 'secret-preference', value: 'secret of anna' },
        { namespace: 'global', key: 'everybody', value: 'stays' },
      ])
      // A value of hers that another run has replaced since: what she said is in the history alone.
      await stores.state.write([
        {
          namespace: 'global',
          key: 'of-anna',
          value: 'replaced',
          provenance: { run: 'other', agent: 'g', epoch: 1 },
        },
      ])
    })
    return directory
  }

  it('leaves nothing of it in the file, and a chain that verifies', async () => {
    const directory = await aboutAnna()
    const held = await signed(directory, shop.key)
    assert.match(bytesOf(directory), /secret of anna/)
    const forgotten = await withAudit(directory, shop.key, (audit) => audit.forget('p-17'))
    assert.equal(forgotten.runs, 2)
    assert.ok(forgotten.keys >= 3 && forgotten.events >= 12, JSON.stringify(forgotten))
    const bytes = bytesOf(directory)
    for (const gone of ['secret of anna', 'secret answer to anna', 'secret goal about Anna'])
      assert.equal(bytes.includes(gone), false, gone)
    assert.match(bytes, /secret of other/)
    const report = await verified(directory, shop, held)
    assert.equal(messages(report), '')
    assert.ok(report.erased >= 12)
    await withStores(directory, async ({ log, state }) => {
      assert.equal(await log.run('anna'), undefined)
      assert.equal((await state.get('global', 'everybody'))?.value, 'stays')
      assert.equal((await state.get('global', 'of-anna'))?.value, 'replaced')
      assert.equal(await state.get('subject/p-17', 'secret-preference'), undefined)
      assert.deepEqual(await state.list('run/anna'), [])
      assert.deepEqual(
        (await log.read('run/anna')).map(({ data }) => data),
        [{}, {}, {}, {}],
      )
    })
  })

  it('does nothing for a subject nobody knows, and the second time', async () => {
    const directory = await aboutAnna()
    const nothing = { runs: 0, keys: 0, events: 0, documents: 0 }
    await withAudit(directory, shop.key, async (audit) => {
      assert.deepEqual(await audit.forget('nobody'), nothing)
      await audit.forget('p-17')
      assert.equal((await audit.forget('p-17')).events, 0)
    })
    assert.equal(messages(await verified(directory, shop)), '')
  })

  it('waits until the runs about it have ended', async () => {
    const directory = shop.fresh()
    await withStores(directory, (stores) =>
      addRun(stores, 'busy', 1000, { status: 'waiting', goal: { text: 'g', team: 't', subject: 's' } }),
    )
    await assert.rejects(
      withAudit(directory, shop.key, (audit) => audit.forget('s')),
      (error) =>
        isConcordError(error) && error.code === 'run.owned' && /run busy has not/.test(error.message),
    )
  })
})
