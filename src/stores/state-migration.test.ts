import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { migrations } from './sqlite/schema.ts'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

/** The schema before keys told where their last change is, and before changes told the one before. */
const schemaBefore = 2

const event = (namespace: string, key: string, version: number, value: number) =>
  JSON.stringify({ namespace, key, version, value })

it('finds the history of state written before changes pointed to each other', () =>
  inFolder(async (folder) => {
    const db = new DatabaseSync(join(folder, 'concord.db'))
    for (const step of migrations.slice(0, schemaBefore)) db.exec(step)
    db.exec(`PRAGMA application_id = ${0x43435244}; PRAGMA user_version = ${schemaBefore}`)
    db.exec("INSERT INTO streams(name) VALUES ('state/n'), ('state/m')")
    const insert =
      db.prepare(`INSERT INTO events(position, stream, version, at, type, epoch, data, data_digest, digest)
      VALUES (?, ?, ?, 1000, 'state.changed', 0, ?, x'00', zeroblob(32))`)
    const old: [stream: number, version: number, data: string][] = [
      [1, 1, event('n', 'a', 1, 1)],
      [1, 2, event('n', 'b', 1, 10)],
      [1, 3, event('n', 'a', 2, 2)],
      [2, 1, event('m', 'a', 1, 7)],
    ]
    for (const [i, [stream, version, data]] of old.entries()) insert.run(i + 1, stream, version, data)
    const put = db.prepare(
      'INSERT INTO state(namespace, key, version, value, at, epoch) VALUES (?, ?, ?, ?, 1000, 0)',
    )
    put.run('n', 'a', 2, '2')
    put.run('n', 'b', 1, '10')
    put.run('m', 'a', 1, '7')
    db.close()

    const { state, close } = await openIn(folder)
    await state.write([{ namespace: 'n', key: 'a', value: 3 }])
    const values = async (namespace: string, key: string) =>
      (await state.history(namespace, key)).map(({ sequence, value }) => [sequence, value])
    assert.deepEqual(await values('n', 'a'), [
      [4, 3],
      [3, 2],
      [1, 1],
    ])
    assert.deepEqual(await values('n', 'b'), [[2, 10]])
    assert.deepEqual(await values('m', 'a'), [[1, 7]])
    assert.equal((await state.get('n', 'a', { at: { sequence: 2 } }))?.value, 1)
    await close()
  }))
