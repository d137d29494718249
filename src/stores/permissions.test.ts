import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openConcord } from '../platform/concord.ts'
import { restoreBackup } from '../platform/restore.ts'

const posix = process.getuid === undefined ? 'modes mean nothing here' : false

/** The rights of others in everything below a folder, itself included. */
const openTo = async (folder: string): Promise<string[]> => {
  const found: string[] = []
  const names = ['.', ...(await readdir(folder, { recursive: true }))]
  for (const name of names) {
    const { mode } = await stat(join(folder, name))
    if ((mode & 0o077) !== 0) found.push(`${name} ${(mode & 0o777).toString(8)}`)
  }
  return found
}

const inTemporary = async (test: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-modes-'))
  try {
    await test(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A store with everything in it, used and still open. */
const used = async (directory: string, logger?: { warn(fields: object, message?: string): void }) => {
  const silent = () => undefined
  const concord = await openConcord({
    config: {
      stores: { directory },
      ...(logger === undefined ? {} : { logger: { debug: silent, info: silent, error: silent, ...logger } }),
    },
  })
  await concord.state('global').set('k', 1)
  await concord.knowledge().add({ text: 'Lamps are kept in the cellar.' })
  return concord
}

describe('files of the stores', { skip: posix }, () => {
  const before = process.umask()

  it('are for their owner alone, whatever the umask', () =>
    inTemporary(async (folder) => {
      for (const umask of [0o000, 0o022, 0o777]) {
        const directory = join(folder, `u${umask}`)
        process.umask(umask)
        try {
          const concord = await used(directory)
          assert.deepEqual(await openTo(directory), [])
          await concord.close()
          assert.deepEqual(await openTo(directory), [])
        } finally {
          process.umask(before)
        }
      }
    }))

  it('are closed to others when a store of before is opened', () =>
    inTemporary(async (folder) => {
      await (await used(folder)).close()
      await chmod(folder, 0o755)
      for (const name of ['concord.db', 'knowledge.db']) await chmod(join(folder, name), 0o644)
      const again = await used(folder)
      assert.deepEqual(await openTo(folder), [])
      await again.close()
    }))

  it('are closed in a folder that holds other things, which itself stays as it is', () =>
    inTemporary(async (folder) => {
      await chmod(folder, 0o755)
      await writeFile(join(folder, 'readme.txt'), 'hello')
      const concord = await used(folder)
      const open = (await openTo(folder)).map((line) => line.split(' ')[0])
      assert.deepEqual(open, ['.', 'readme.txt'])
      await concord.close()
    }))

  it('are closed in backups, restored stores and exports', () =>
    inTemporary(async (folder) => {
      const directory = join(folder, 'store')
      await (await used(directory)).close()
      const { openAudit } = await import('../platform/audit.ts')
      const audit = await openAudit({ config: { stores: { directory } } })
      await audit.backup(join(folder, 'copy.db'))
      await audit.close()
      await chmod(join(folder, 'copy.db'), 0o644)
      const restored = join(folder, 'restored')
      await restoreBackup(join(folder, 'copy.db'), { config: { stores: { directory: restored } } })
      assert.deepEqual(await openTo(restored), [])
      const cli = join(import.meta.dirname, '..', '..', 'bin', 'concord.js')
      const out = join(folder, 'log.jsonl')
      const { status, stderr } = spawnSync(
        process.execPath,
        [cli, 'audit', 'export', '--dir', directory, '--out', out],
        { encoding: 'utf8' },
      )
      assert.equal(status, 0, stderr)
      const backup = join(folder, 'second.db')
      const made = spawnSync(process.execPath, [cli, 'backup', backup, '--dir', directory], {
        encoding: 'utf8',
      })
      assert.equal(made.status, 0, made.stderr)
      for (const file of [out, backup]) assert.equal((await stat(file)).mode & 0o777, 0o600, file)
    }))

  const notRoot = process.getuid?.() === 0 ? false : 'only root can give a file to another user'
  it('that belong to another user are told of', { skip: notRoot }, () =>
    inTemporary(async (folder) => {
      const directory = join(folder, 'store')
      await mkdir(directory)
      await (await used(directory)).close()
      // Root may close anything: what cannot be closed is tried by the user nobody.
      await chmod(folder, 0o777)
      await chmod(directory, 0o777)
      for (const name of ['concord.db', 'knowledge.db']) {
        await chmod(join(directory, name), 0o666)
        await chown(join(directory, name), 1, 1)
      }
      const script = `
        const { sqliteStores } = await import(${JSON.stringify(join(import.meta.dirname, 'sqlite/stores.ts'))})
        const { systemClock, systemRandom } = await import(${JSON.stringify(join(import.meta.dirname, '../platform/system.ts'))})
        process.setgid(65534); process.setuid(65534)
        const stores = await sqliteStores({ directory: ${JSON.stringify(directory)}, durability: 'process',
          clock: systemClock, random: systemRandom(), warn: (message) => console.log(message) })
        await stores.close()`
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
      })
      assert.match(stdout, /other users of this machine may read the store: .*concord\.db/, stderr)
    }),
  )
})
