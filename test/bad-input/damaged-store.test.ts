import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { type Project, project, refused, succeededWith } from './project.ts'

const pageBytes = 4096

const database = (it: Project): string => it.path('.concord/concord.db')

/** A store with a finished run of 1.6 MB, all of it in the main file. */
const withRun = async (it: Project): Promise<void> => {
  succeededWith(await it.run('run', 'Before', '--team', 'big'), /^s7/)
  const db = new DatabaseSync(database(it))
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

const unchanged = async (it: Project, use: () => Promise<void>): Promise<void> => {
  const before = readFileSync(database(it))
  await use()
  assert.ok(before.equals(readFileSync(database(it))), 'the file is left as it was')
}

describe('a store that is damaged', () => {
  it('in its header is refused by every command, left as it is, and works again when the header is restored', async () => {
    using it = project()
    await withRun(it)
    const sound = readFileSync(database(it))
    const broken = Buffer.from(sound)
    broken.write('not the first words of SQLite', 0)
    writeFileSync(database(it), broken)
    await unchanged(it, async () => {
      for (const args of [['run', 'After'], ['runs'], ['trace', 'x'], ['why', 'x']])
        refused(await it.run(...args), 'store.corrupt', 'concord.db', 'restore a backup')
    })
    assert.equal(it.effects().length, 8, 'no work was done for a run that could not be kept')
    writeFileSync(database(it), sound)
    succeededWith(await it.run('runs'), /succeeded .* Before/)
    succeededWith(await it.run('run', 'After'), 's7')
  })

  it('in pages of its middle says so where they are read, and its sound runs can still be listed or the damage is told', async () => {
    using it = project()
    await withRun(it)
    const file = readFileSync(database(it))
    const pages = Math.floor(file.length / pageBytes)
    assert.ok(pages > 100, `${pages} pages`)
    for (let page = 3; page < pages; page++) file.fill(0xa5, page * pageBytes, (page + 1) * pageBytes)
    writeFileSync(database(it), file)
    refused(await it.run('run', 'After'), 'store.corrupt', 'concord.db', 'restore a backup')
    refused(await it.run('runs'), 'store.corrupt', 'concord.db', 'restore a backup')
  })

  it('and moved aside with its companions makes place for a new one', async () => {
    using it = project()
    mkdirSync(it.path('.concord'))
    writeFileSync(database(it), 'a letter to my aunt')
    refused(await it.run('run', 'Now'), 'store.corrupt', 'move it aside')
    rmSync(database(it))
    succeededWith(await it.run('run', 'Now'), 's7')
  })
})

describe('a store of somebody else', () => {
  it('is refused when a newer Concord wrote it, and when another program did', async () => {
    using it = project()
    await withRun(it)
    const change = (sql: string) => {
      const db = new DatabaseSync(database(it))
      db.exec(sql)
      db.close()
    }
    change('PRAGMA user_version = 99')
    await unchanged(it, async () => {
      refused(await it.run('run', 'After'), 'store.unsupported', 'schema 99', 'update Concord')
      refused(await it.run('runs'), 'store.unsupported', 'schema 99')
    })
    change('PRAGMA application_id = 7')
    await unchanged(it, async () =>
      refused(await it.run('run', 'After'), 'store.unsupported', 'another program', 'choose another path'),
    )
    assert.equal(it.effects().length, 8)
  })
})
