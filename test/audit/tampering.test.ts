import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { before, describe, it } from 'node:test'
import type { HeldCheckpoint } from '../../src/platform/audit.ts'
import { dataDigest, eventDigest, genesis, toDigest } from '../../src/stores/chain.ts'
import { addRun, query, recommit, signed, tamper, verified, withStores, workshop } from './fixture.ts'

const shop = await workshop()
/** A closed store of two runs, signed after each. */
let original: string
let first: HeldCheckpoint
let second: HeldCheckpoint

before(async () => {
  original = shop.fresh()
  await withStores(original, (stores) => addRun(stores, 'a', 1000))
  first = await signed(original, shop.key)
  await withStores(original, (stores) => addRun(stores, 'b', 2000))
  second = await signed(original, shop.key)
})

const after = async (attack: string | ((db: DatabaseSync) => void), ...held: HeldCheckpoint[]) => {
  const directory = shop.copy(original)
  tamper(directory, attack)
  return verified(directory, shop, ...held)
}

/** What an attacker without the key does: makes the digests of a stream fit what it now holds. */
const rechain = (db: DatabaseSync, stream: string): void => {
  const rows = db
    .prepare(
      'SELECT e.*, s.name FROM events e JOIN streams s ON s.id = e.stream WHERE s.name = ? ORDER BY version',
    )
    .all(stream)
  let previous = genesis
  for (const row of rows) {
    const data =
      row.data === null
        ? toDigest(row.data_digest as Uint8Array)
        : dataDigest(row.salt as Uint8Array, String(row.data))
    const { version, at, type, run, step, agent, epoch, cause, operation } = row
    const format = row.format_from
    const envelope = [2, format, stream, version, at, type, run, step, agent, epoch, cause, operation]
    previous = eventDigest(previous, envelope as (string | number | null)[], data)
    db.prepare('UPDATE events SET data_digest = ?, digest = ? WHERE position = ?').run(
      Buffer.from(data, 'latin1'),
      Buffer.from(previous, 'latin1'),
      Number(row.position),
    )
  }
  db.prepare('UPDATE streams SET pinned_version = 0, pinned_digest = NULL WHERE name = ?').run(stream)
}

const positions = () =>
  query(original, 'SELECT position, s.name FROM events e JOIN streams s ON s.id = e.stream ORDER BY position')

const anotherValue: { [column: string]: string } = {
  position: 'position + 5000',
  stream: '(SELECT max(id) FROM streams WHERE id <> events.stream)',
  version: 'version + 100',
  at: 'at + 1',
  type: "'run.failed'",
  run: "'forged'",
  step: "coalesce(step, '') || 'x'",
  agent: "coalesce(agent, '') || 'x'",
  epoch: 'epoch + 1',
  cause: "coalesce(cause, '') || 'x'",
  operation: "'forged'",
  data: '\'{"forged":1}\'',
  salt: 'randomblob(16)',
  data_digest: 'randomblob(32)',
  digest: 'randomblob(32)',
  format_from: 'format_from + 1',
}

describe('a log that was tampered with', () => {
  it('is told from one that was not', async () => {
    const report = await verified(shop.copy(original), shop, first, second)
    assert.deepEqual(report.findings, [])
    assert.equal(report.checkpoint?.number, 2)
    assert.equal(report.tail, 1)
    assert.ok(report.events >= 14, `${report.events} events are too few for this test`)
  })

  it('is found for every field of every event', async () => {
    const columns = query(original, "SELECT name FROM pragma_table_info('events')").map(({ name }) => name)
    assert.deepEqual(Object.keys(anotherValue).sort(), columns.sort())
    const missed: string[] = []
    for (const { position } of positions())
      for (const [column, value] of Object.entries(anotherValue)) {
        const attack = `UPDATE OR REPLACE events SET ${column} = ${value} WHERE position = ${position}`
        if ((await after(attack, second)).ok) missed.push(attack)
      }
    assert.deepEqual(missed, [])
  })

  it('is found for every event that was removed, its gap closed and the chain made anew', async () => {
    const missed: unknown[] = []
    for (const { position, name } of positions()) {
      // The last event is the checkpoint itself: the one who holds it misses it.
      const report = await after((db) => {
        const at = `(SELECT stream FROM events WHERE position = ${position})`
        const [row] = db.prepare(`SELECT stream, version FROM events WHERE position = ${position}`).all()
        db.exec(`DELETE FROM events WHERE position = ${position}; SELECT ${at}`)
        for (const later of db
          .prepare('SELECT position FROM events WHERE stream = ? AND version > ? ORDER BY version')
          .all(Number(row?.stream), Number(row?.version)))
          db.exec(`UPDATE events SET version = version - 1 WHERE position = ${later.position}`)
        rechain(db, String(name))
      }, second)
      if (report.ok) missed.push([position, name])
    }
    assert.deepEqual(missed, [])
  })

  it('is found for every event whose data were changed and the chain made anew', async () => {
    const missed: unknown[] = []
    for (const { position, name } of positions()) {
      const report = await after((db) => {
        db.exec(`UPDATE events SET data = '{"forged":true}' WHERE position = ${position}`)
        rechain(db, String(name))
      }, second)
      if (report.ok) missed.push([position, name])
    }
    assert.deepEqual(missed, [])
  })

  it('is found for every event whose data were removed without a record', async () => {
    for (const { position } of positions()) {
      const report = await after(
        `UPDATE events SET data = NULL, salt = NULL WHERE position = ${position}`,
        second,
      )
      assert.equal(report.ok, false, `position ${position}`)
    }
  })

  it('is found for every stream that was removed, and named', async () => {
    for (const { name } of query(original, 'SELECT name FROM streams')) {
      const id = `(SELECT id FROM streams WHERE name = '${name}')`
      const whole = await after(
        `DELETE FROM events WHERE stream = ${id}; DELETE FROM streams WHERE name = '${name}'`,
        second,
      )
      assert.ok(
        whole.findings.some(({ kind, stream }) => kind === 'removed' && stream === name),
        `${name}: ${JSON.stringify(whole.findings)}`,
      )
      const events = await after(
        `DELETE FROM events WHERE stream = ${id}; UPDATE streams SET pinned_version = 0`,
        second,
      )
      assert.ok(events.findings.length > 0, `events of ${name}`)
      const unnamed = await after(`DELETE FROM streams WHERE name = '${name}'`)
      assert.ok(unnamed.findings.length > 0, `name of ${name}`)
    }
  })

  it('is found for every tail of a stream that was cut off', async () => {
    const missed: string[] = []
    for (const { name, versions } of query(
      original,
      'SELECT s.name, max(e.version) AS versions FROM events e JOIN streams s ON s.id = e.stream GROUP BY s.id',
    ))
      for (let keep = 0; keep < Number(versions); keep++) {
        const attack = `DELETE FROM events WHERE version > ${keep} AND stream = (SELECT id FROM streams WHERE name = '${name}');
          UPDATE streams SET pinned_version = 0, pinned_digest = NULL`
        if ((await after(attack, second)).ok) missed.push(`${name} after ${keep}`)
      }
    assert.deepEqual(missed, [])
  })

  it('is found when any two events change places, chains made anew', async () => {
    const all = positions()
    const missed: unknown[] = []
    for (let i = 0; i + 1 < all.length; i++) {
      const [a, b] = [all[i], all[i + 1]]
      const report = await after((db) => {
        db.exec(`UPDATE events SET position = -1 WHERE position = ${a?.position};
          UPDATE events SET position = ${a?.position} WHERE position = ${b?.position};
          UPDATE events SET position = ${b?.position} WHERE position = -1`)
        if (a?.name === b?.name) {
          // Of one stream: they also exchange versions, so that the order of commit and of the stream agree.
          const [x] = db.prepare(`SELECT version FROM events WHERE position = ${b?.position}`).all()
          db.exec(`UPDATE events SET version = -1 WHERE position = ${b?.position};
            UPDATE events SET version = ${x?.version} WHERE position = ${a?.position};
            UPDATE events SET version = ${x?.version} + 1 WHERE position = ${b?.position}`)
        }
        for (const name of new Set([a?.name, b?.name])) rechain(db, String(name))
      }, second)
      if (report.ok) missed.push([a, b])
    }
    assert.deepEqual(missed, [])
  })

  it('is found when two streams exchange names, chains made anew', async () => {
    const report = await after((db) => {
      db.exec(`UPDATE streams SET name = 'x' WHERE name = 'run/a'; UPDATE streams SET name = 'run/a' WHERE name = 'run/b';
        UPDATE streams SET name = 'run/b' WHERE name = 'x'`)
      rechain(db, 'run/a')
      rechain(db, 'run/b')
    }, second)
    assert.deepEqual(
      report.findings.filter(({ kind }) => kind === 'changed').map(({ stream }) => stream),
      ['run/a', undefined, 'run/a', 'run/b'],
    )
  })

  it('is found when a whole stream was slipped in among what was signed', async () => {
    const report = await after((db) => {
      db.exec(`INSERT INTO streams(name) VALUES ('run/forged');
        INSERT INTO events SELECT -7, (SELECT id FROM streams WHERE name = 'run/forged'), 1, at, type, run, step, agent, epoch, cause, NULL, data, salt, data_digest, digest, format_from
        FROM events WHERE position = 1`)
      rechain(db, 'run/forged')
    }, second)
    assert.ok(report.findings.some(({ stream }) => stream === 'run/forged'))
  })

  it('is found by an older checkpoint as far as that reaches', async () => {
    const attack = (run: string) => (db: DatabaseSync) => {
      db.exec(
        `UPDATE events SET data = '{}' WHERE stream = (SELECT id FROM streams WHERE name = 'run/${run}')`,
      )
      rechain(db, `run/${run}`)
      // The attacker also takes away the newer checkpoint.
      db.exec(`DELETE FROM events WHERE type = 'audit.checkpointed' AND version > 1;
        UPDATE streams SET pinned_version = 0, pinned_digest = NULL WHERE name = 'audit/trail'`)
      recommit(db)
    }
    assert.equal((await after(attack('a'), first)).ok, false)
    // What came after the checkpoint that is held cannot be known, and is not claimed to be.
    const beyond = await after(attack('b'), first)
    assert.equal(beyond.ok, true)
    assert.match(beyond.limits.join(), /events after checkpoint 1 are chained but not signed/)
    assert.equal((await after(attack('b'), second)).ok, false)
  })
})
