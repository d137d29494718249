import assert from 'node:assert/strict'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { before, describe, it } from 'node:test'
import type { HeldCheckpoint } from '../../src/platform/audit.ts'
import { addRun, query, recommit, signed, tamper, verified, withStores, workshop } from './fixture.ts'

const shop = await workshop()
let original: string
let checkpoint: HeldCheckpoint

before(async () => {
  original = shop.fresh()
  await withStores(original, async (stores) => {
    for (const run of ['a', 'b', 'c']) await addRun(stores, run, 1000)
  })
  checkpoint = await signed(original, shop.key)
})

const after = async (attack: string | ((db: DatabaseSync) => void), ...held: HeldCheckpoint[]) => {
  const directory = shop.copy(original)
  tamper(directory, attack)
  return verified(directory, shop, ...held)
}

const commits = (directory: string) => query(directory, 'SELECT * FROM commits ORDER BY position')

/** Exchanges the positions of two events, whatever the streams they are in. */
const exchange = (one: number, other: number) => `UPDATE events SET position = -1 WHERE position = ${one};
  UPDATE events SET position = ${one} WHERE position = ${other};
  UPDATE events SET position = ${other} WHERE position = -1;`

/** The first two neighbouring events of different streams. */
const neighbours = () => {
  const rows = query(original, 'SELECT position, stream FROM events ORDER BY position')
  const at = rows.findIndex((row, i) => i > 0 && row.stream !== rows[i - 1]?.stream)
  return [Number(rows[at - 1]?.position), Number(rows[at]?.position)] as const
}

describe('the chain of commits', () => {
  it('lists every event once, in order, and is signed', async () => {
    const report = await after('SELECT 1', checkpoint)
    assert.deepEqual(report.findings, [])
    assert.equal(checkpoint.format, 2)
    const listed = commits(original).flatMap(
      ({ streams }) => JSON.parse(String(streams)) as [string, number, number, string][],
    )
    const names = listed.flatMap(([stream, from, to]) =>
      Array.from({ length: to - from + 1 }, (_, i) => `${stream}@${from + i}`),
    )
    const events = query(
      original,
      'SELECT s.name, e.version FROM events e JOIN streams s ON s.id = e.stream ORDER BY e.position',
    )
    assert.deepEqual(
      names,
      events.map(({ name, version }) => `${name}@${version}`),
    )
  })

  it('shows that any commit was removed, or two exchanged their rows', async () => {
    const ends = commits(original).map(({ position }) => Number(position))
    for (const [i, end] of ends.entries()) {
      assert.equal((await after(`DELETE FROM commits WHERE position = ${end}`)).ok, false)
      const next = ends[i + 1]
      if (next === undefined) continue
      const swap = `UPDATE commits SET position = -1 WHERE position = ${end};
        UPDATE commits SET position = ${end} WHERE position = ${next};
        UPDATE commits SET position = ${next} WHERE position = -1`
      assert.equal((await after(swap)).ok, false)
    }
    assert.equal((await after('DELETE FROM commits')).ok, false)
  })

  it('shows that the order of two streams was exchanged', async () => {
    const attack = exchange(...neighbours())
    const report = await after(attack)
    assert.equal(report.ok, false)
    assert.match(report.findings[0]?.message ?? '', /the order of commits is broken at position/)
  })

  it('is found when it was made to fit, by the checkpoint that signed it', async () => {
    const attack = (db: DatabaseSync) => {
      db.exec(exchange(...neighbours()))
      recommit(db)
    }
    // The streams' own chains still hold, so nothing but the signature tells.
    const report = await after(attack, checkpoint)
    assert.match(report.findings.map(({ message }) => message).join(), /not what checkpoint 1 signed/)
  })

  it('shows that the end of any stream was cut off, without a pin', async () => {
    const attack = `DELETE FROM events WHERE position = (SELECT max(position) FROM events
      WHERE stream = (SELECT id FROM streams WHERE name = 'run/b'));
      UPDATE streams SET pinned_version = 0, pinned_digest = NULL`
    const messages = (await after(attack)).findings.map(({ message }) => message)
    assert.match(messages.join(), /run\/b@\d+, listed by its commit, is not there/)
  })

  it('says in which history of the store each commit was made', async () => {
    const directory = shop.copy(original)
    await withStores(directory, async (stores) => {
      await stores.backup(join(directory, 'backup.db'))
    })
    rmSync(join(directory, 'concord.db'))
    copyFileSync(join(directory, 'backup.db'), join(directory, 'concord.db'))
    await withStores(directory, (stores) => addRun(stores, 'd', 2000))
    const histories = [...new Set(commits(directory).map(({ incarnation }) => incarnation))]
    assert.equal(histories.length, 2)
    assert.equal((await verified(directory, shop, checkpoint)).ok, true)
    // The first history cannot be passed off as the second.
    tamper(directory, `UPDATE commits SET incarnation = '${histories[1]}'`)
    assert.equal((await verified(directory, shop, checkpoint)).ok, false)
  })
})
