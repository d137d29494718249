import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { systemRandom } from '../../src/platform/system.ts'
import { dataDigest, eventDigest, genesis, saltSource } from '../../src/stores/chain.ts'
import { applicationId, migrations } from '../../src/stores/sqlite/schema.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { signed, verified, withAudit, withStores, workshop } from './fixture.ts'

const shop = await workshop()

type Given = {
  stream: string
  type: string
  data: object
  run?: string
  operation?: string
  erased?: boolean
}

const change = (version: number, body: object) => ({ namespace: 'global', key: 'k', version, ...body })

const events: Given[] = [
  {
    stream: 'run/r',
    type: 'run.queued',
    data: { goal: { text: 'old goal', team: 't' }, strategy: 's', depth: 0 },
  },
  {
    stream: 'state/global',
    type: 'state.changed',
    data: change(1, { value: 'first' }),
    run: 'r',
    operation: 'op1',
  },
  {
    stream: 'state/global',
    type: 'state.changed',
    data: change(2, { value: 'second', operation: 'op2' }),
    run: 'r',
    operation: 'op2',
  },
  { stream: 'inbox/r', type: 'signal.received', data: { inbox: 1, signal: { kind: 'pause' } } },
  { stream: 'run/r', type: 'step.recorded', data: { call: 'c', name: 'n', value: 'erased' }, erased: true },
  { stream: 'run/r', type: 'run.suspended', data: { reason: 'pause', by: 'user' } },
]

/** A database as the first released schema had it, filled by that schema's own columns. */
const oldDatabase = (directory: string): void => {
  const db = new DatabaseSync(join(directory, 'concord.db'))
  db.exec(
    `PRAGMA journal_mode = WAL; ${migrations[0]}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`,
  )
  const salt = saltSource(systemRandom())
  const heads = new Map<string, { id: number; version: number; digest: string }>()
  for (const [i, { stream, type, data, run = null, operation = null, erased }] of events.entries()) {
    const head = heads.get(stream) ?? { id: heads.size + 1, version: 0, digest: genesis }
    if (head.version === 0) db.prepare('INSERT INTO streams(id, name) VALUES (?, ?)').run(head.id, stream)
    const mine = salt()
    const text = JSON.stringify(data)
    const digestOfData = dataDigest(mine, text)
    const version = head.version + 1
    const at = 1000 + i
    const digest = eventDigest(
      head.digest,
      [stream, version, i + 1, at, type, run, null, null, 1, null, operation],
      digestOfData,
    )
    db.prepare(`INSERT INTO events(position, stream, version, at, type, run, step, agent, epoch, cause, operation, data, salt, data_digest, digest)
      VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, 1, NULL, ?, ?, ?, ?, ?)`).run(
      i + 1,
      head.id,
      version,
      at,
      type,
      run,
      operation,
      erased ? null : text,
      erased ? null : mine,
      Buffer.from(digestOfData, 'latin1'),
      Buffer.from(digest, 'latin1'),
    )
    heads.set(stream, { id: head.id, version, digest })
  }
  db.exec(
    `UPDATE streams SET pinned_version = 3, pinned_digest = (SELECT digest FROM events WHERE position = 6) WHERE name = 'run/r'`,
  )
  const summary = {
    run: 'r',
    status: 'suspended',
    goal: { text: 'old goal', team: 't' },
    createdAt: 1000,
    updatedAt: 1005,
  }
  db.prepare('INSERT INTO runs VALUES (?, ?, ?, ?, NULL, NULL, ?)').run(
    'r',
    'suspended',
    1000,
    't',
    JSON.stringify(summary),
  )
  db.exec(`INSERT INTO state VALUES ('global', 'k', 2, '"second"', 1002, NULL, 'r', NULL, NULL, NULL, 1);
    INSERT INTO members VALUES ('m', 'h', 1, NULL, 'runner', NULL, 1000)`)
  db.close()
}

describe('a database of the first schema', () => {
  it('is brought to the newest and holds everything', async () => {
    const directory = shop.fresh()
    oldDatabase(directory)
    await withStores(
      directory,
      async ({ log, state, membership, queue, erase }) => {
        assert.deepEqual(await log.streams(), ['inbox/r', 'run/r', 'state/global'])
        for (const [stream, version] of [
          ['inbox/r', 1],
          ['run/r', 3],
          ['state/global', 2],
        ] as const) {
          const found = await log.verify(stream)
          assert.deepEqual([found.events, found.brokenAt], [version, undefined])
        }
        assert.equal((await log.verify('run/r')).erased, 1)
        assert.deepEqual(
          (await log.query({})).map(({ stream, type, data }) => ({ stream, type, data })),
          events.map(({ stream, type, data, erased }) => ({ stream, type, data: erased ? {} : data })),
        )
        assert.equal((await log.run('r'))?.goal.text, 'old goal')
        assert.deepEqual((await log.runs({ status: ['suspended'] })).length, 1)
        assert.deepEqual(
          (await membership.members()).map(({ id }) => id),
          ['m'],
        )
        const entry = await state.get('global', 'k')
        assert.deepEqual([entry?.value, entry?.version, entry?.provenance.run], ['second', 2, 'r'])
        // A repeated operation of that time still writes nothing.
        const [repeated] = await state.write([
          { namespace: 'global', key: 'k', value: 'again', operation: 'op1' },
        ])
        assert.deepEqual(repeated, { ok: true, key: 'k', version: 1, sequence: 1, repeated: true })
        // And everything goes on.
        const [written] = await state.write([{ namespace: 'global', key: 'k', value: 'third', ifVersion: 2 }])
        assert.deepEqual([written?.ok, written?.version], [true, 3])
        const more = [{ type: 'run.resumed', at: 2000, data: { by: 'x' } } as const]
        const appended = await log.append({ stream: 'run/r', expectedVersion: 3, epoch: 1, events: more })
        assert.deepEqual(appended, { version: 4, position: 8 })
        assert.equal((await log.verify('run/r')).brokenAt, undefined)
        await queue.enqueue({ queue: 'q', id: 'r' })
        assert.equal((await queue.take('q', { visibilityMs: 10 }))?.id, 'r')
        await erase('inbox/r', 1)
      },
      manualClock(3000),
    )
    const again = new DatabaseSync(join(directory, 'concord.db'))
    assert.equal(again.prepare('PRAGMA user_version').get()?.user_version, migrations.length)
    assert.equal(again.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    again.close()
    // Data that were erased before there were records of it are found, as nobody can tell who did it.
    const report = await verified(directory, shop)
    assert.deepEqual([...new Set(report.findings.map(({ kind }) => kind))], ['erased'])
    assert.equal(report.findings.length, 2)
    await signed(directory, shop.key)
    assert.equal((await verified(directory, shop)).findings.length, 2)
    const ranges = [
      { stream: 'run/r', from: 2, to: 2 },
      { stream: 'inbox/r', from: 1, to: 1 },
    ]
    await withAudit(directory, shop.key, (audit) => audit.erase(ranges, 'erased before there were records'))
    assert.deepEqual((await verified(directory, shop)).findings, [])
  })
})
