import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

/** Ten events of every kind of column, tampered with by `attack` behind the store's back; what verify then says. */
const after = (attack: string | ((db: DatabaseSync) => void), stream = 'run/a') =>
  inFolder(async (folder) => {
    const writing = await openIn(folder)
    for (let i = 0; i < 10; i++)
      await writing.log.append({
        stream: 'run/a',
        expectedVersion: i,
        epoch: 1,
        events: [
          {
            type: 'step.recorded',
            at: 1000 + i,
            run: 'other',
            step: 's',
            agent: 'g',
            cause: 'run/a@1',
            data: { call: `${i}`, name: 'n' },
          },
        ],
        writes: [{ namespace: 'n', key: 'k', value: i, operation: `op${i}` }],
      })
    const { head } = await writing.log.verify(stream)
    await writing.close()
    const db = new DatabaseSync(join(folder, 'concord.db'))
    if (typeof attack === 'string') db.exec(attack)
    else attack(db)
    db.close()
    const reading = await openIn(folder)
    try {
      return { ...(await reading.log.verify(stream)), before: head }
    } finally {
      await reading.close()
    }
  })

const where = "WHERE stream = (SELECT id FROM streams WHERE name = 'run/a') AND version = 5"

describe('tampering with the log', () => {
  const columns: { [column: string]: string[] } = {
    // SQLite itself admits only whole numbers here.
    position: ['900', '-4'],
    stream: ["(SELECT id FROM streams WHERE name = 'state/n')", '77'],
    version: ['55', '5.5', "'5x'", '-1'],
    at: ['7', "'1004'||'x'", '9007199254740993'],
    type: ["'run.started'", "''", "X'00'"],
    run: ["'a'", 'NULL', "''"],
    step: ["'t'", 'NULL', '1'],
    agent: ["'h'", 'NULL'],
    epoch: ['2', "'one'"],
    cause: ["'run/a@2'", 'NULL'],
    operation: ["'forged'"],
    data: ["'{}'", 'NULL', "X'7b7d'", '1'],
    salt: ['NULL', "X'00'", 'zeroblob(16)', "'text'"],
    data_digest: ['zeroblob(32)', "X'00'", "''"],
    digest: ['zeroblob(32)', "X'00'", "'text'"],
    format_from: ['NULL', '5', '0', "'one'"],
  }

  it('covers every column there is', () =>
    inFolder(async (folder) => {
      await (await openIn(folder)).close()
      const db = new DatabaseSync(join(folder, 'concord.db'))
      const names = db.prepare("SELECT name FROM pragma_table_info('events')").all()
      assert.deepEqual(Object.keys(columns).sort(), names.map(({ name }) => name).sort())
      db.close()
    }))

  for (const [column, values] of Object.entries(columns))
    it(`in column ${column} is found`, async () => {
      for (const value of values) {
        const found = await after(`UPDATE OR REPLACE events SET ${column} = ${value} ${where}`)
        // A row moved to the front of the stream breaks it there.
        const expected = column === 'version' && value === '-1' ? 1 : 5
        assert.equal(found.brokenAt, expected, `${column} = ${value}: ${JSON.stringify(found)}`)
        assert.ok(found.reason)
      }
    })

  it('by erasing what an operation recorded is found', async () => {
    const found = await after('UPDATE events SET operation = NULL WHERE version = 3', 'state/n')
    assert.equal(found.brokenAt, 3)
  })

  it('by removing an event from the middle or the start is found', async () => {
    assert.equal((await after(`DELETE FROM events ${where}`)).brokenAt, 5)
    assert.equal((await after('DELETE FROM events WHERE version = 1')).brokenAt, 1)
  })

  it('by removing an event and closing the gap is found', async () => {
    const attack = `DELETE FROM events ${where}; UPDATE events SET version = version - 1 WHERE version > 5 AND run = 'other'`
    assert.equal((await after(attack)).brokenAt, 5)
  })

  it('by inserting an event is found', async () => {
    const attack = `UPDATE events SET version = -version - 1 WHERE version > 4 AND run = 'other';
      UPDATE events SET version = -version WHERE version < 0;
      INSERT INTO events SELECT 5000, stream, 5, at, type, run, step, agent, epoch, cause, operation, data, salt, data_digest, digest, format_from FROM events WHERE version = 4 AND run = 'other'`
    assert.equal((await after(attack)).brokenAt, 5)
  })

  it('by reordering two events is found', async () => {
    const attack = `UPDATE events SET version = 50 ${where};
      UPDATE events SET version = 5 WHERE version = 6 AND run = 'other'; UPDATE events SET version = 6 WHERE version = 50`
    assert.equal((await after(attack)).brokenAt, 5)
  })

  it('by renaming the stream is found', async () => {
    const attack = "UPDATE streams SET name = 'run/b' WHERE name = 'run/a'"
    const found = await inFolderRenamed(attack)
    assert.equal(found, 1)
  })

  it('by leaving everything as it was is not reported', async () => {
    const found = await after('SELECT 1')
    assert.deepEqual(
      [found.brokenAt, found.events, found.erased, found.head],
      [undefined, 10, 0, found.before],
    )
  })
})

const inFolderRenamed = (attack: string) =>
  inFolder(async (folder) => {
    const stores = await openIn(folder)
    await stores.log.append({
      stream: 'run/a',
      expectedVersion: 0,
      epoch: 1,
      events: [{ type: 'run.started', at: 1, data: {} }],
    })
    const db = new DatabaseSync(join(folder, 'concord.db'))
    db.exec(attack)
    db.close()
    const { brokenAt } = await stores.log.verify('run/b')
    await stores.close()
    return brokenAt
  })

describe('cutting off the end of a stream', () => {
  const finish = (more: string) =>
    inFolder(async (folder) => {
      const stores = await openIn(folder)
      const event = { type: 'run.started', at: 1, data: {} } as const
      const goal = { text: 'g', team: 't' }
      const summary = { run: 'a', status: 'succeeded', goal, createdAt: 1, updatedAt: 1 } as const
      await stores.log.append({
        stream: 'run/a',
        expectedVersion: 0,
        epoch: 1,
        events: [event, event, event],
        summary,
      })
      const db = new DatabaseSync(join(folder, 'concord.db'))
      db.exec(more)
      db.close()
      const verified = await stores.log.verify('run/a')
      await stores.close()
      return verified.brokenAt
    })

  it('is found once the run is finished', async () => {
    assert.equal(await finish('DELETE FROM events WHERE version = 3'), 3)
    assert.equal(await finish('DELETE FROM events'), 1)
    assert.equal(await finish('UPDATE streams SET pinned_digest = zeroblob(32)'), 3)
    assert.equal(await finish('SELECT 1'), undefined)
  })
})
