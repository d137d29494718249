import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../domain/errors.ts'
import { isConcordError } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { EventLog } from '../ports/event-log.ts'
import { mountTypeOf, networkFileSystem } from './sqlite/file-system.ts'
import { inFolder, openIn } from './sqlite/temporary.test.ts'

const event = (text: string): Draft => ({ type: 'step.recorded', at: 1, data: { call: 'c', name: text } })

const append = (log: EventLog, stream: string, expectedVersion: number, text: string) =>
  log.append({ stream, expectedVersion, epoch: 1, events: [event('first'), event(text)] })

/** The code, and that the message follows the grammar and names the file: what a person needs to get out of it. */
const tells =
  (code: ErrorCode, ...words: string[]) =>
  (error: unknown) => {
    assert.ok(isConcordError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, /^Cannot .+ as .+: .+; .+/)
    for (const word of words) assert.ok(error.message.includes(word), error.message)
    return true
  }

const sound = async (log: EventLog, stream: string, version: number) => {
  const { events, brokenAt } = await log.verify(stream)
  assert.deepEqual([events, brokenAt, await log.version(stream)], [version, undefined, version])
}

describe('a full disk', () => {
  /** Fills the store until it refuses, and shows that what was acknowledged, and nothing else, is there; how far it came. */
  const fill = async (log: EventLog, kilobytes: number): Promise<number> => {
    let version = 0
    for (;;)
      try {
        version = (await append(log, 'run/a', version, 'x'.repeat(kilobytes * 1024))).version
      } catch (error) {
        assert.ok(tells('store.full', 'free space')(error))
        break
      }
    assert.ok(version > 0)
    await sound(log, 'run/a', version)
    return version
  }

  it('refuses the append whole, keeps what was there, and lets small ones through', () =>
    inFolder(async (folder) => {
      const { log, state, close } = await openIn(folder, { bytesMax: 400 * 1024 })
      const version = await fill(log, 30)
      const write = { namespace: 'n', key: 'k', value: 'x'.repeat(100 * 1024) }
      await assert.rejects(state.write([write]), tells('store.full'))
      assert.equal(await state.get('n', 'k'), undefined)
      assert.equal((await append(log, 'run/a', version, 'small')).version, version + 2)
      await close()
      const again = await openIn(folder)
      await sound(again.log, 'run/a', version + 2)
      await append(again.log, 'run/a', version + 2, 'x'.repeat(64 * 1024))
      await again.close()
    }))

  it('refuses only the append that does not fit of those that share a commit', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder, { bytesMax: 400 * 1024 })
      const results = await Promise.allSettled([
        append(log, 'run/a', 0, 'small'),
        append(log, 'run/b', 0, 'x'.repeat(1024 * 1024)),
        append(log, 'run/a', 2, 'small too'),
        append(log, 'run/a', 2, 'late'),
        append(log, 'run/c', 0, 'small as well'),
      ])
      assert.deepEqual(
        results.map((result) => (result.status === 'fulfilled' ? result.value.version : result.reason.code)),
        [2, 'store.full', 4, 'version.conflict', 2],
      )
      await sound(log, 'run/a', 4)
      await sound(log, 'run/b', 0)
      await close()
    }))

  it('hides no commit of another process that was noticed in the transaction that failed', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder, { bytesMax: 400 * 1024, pollMs: 60_000 })
      const heard: string[] = []
      log.onCommit(({ streams }) => heard.push(...streams))
      const other = await openIn(folder)
      await append(other.log, 'run/b', 0, 'x')
      await assert.rejects(append(log, 'run/a', 0, 'x'.repeat(1024 * 1024)), tells('store.full'))
      await append(log, 'run/a', 0, 'small')
      assert.deepEqual(heard, ['run/b', 'run/a'])
      await other.close()
      await close()
    }))

  it('is survived when it is a real one, and work goes on once there is space', (context) =>
    inFolder(async (folder) => {
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
      if (mounted.status !== 0) return context.skip('mounting a small tmpfs is not allowed here')
      try {
        const ballast = join(folder, 'ballast')
        await writeFile(ballast, Buffer.alloc(256 * 1024))
        const { log, close } = await openIn(folder)
        const version = await fill(log, 30)
        await writeFile(ballast, '')
        await append(log, 'run/a', version, 'x'.repeat(1024))
        await sound(log, 'run/a', version + 2)
        await close()
        await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => undefined)
        // Opening needs room for the shared memory of the write-ahead log.
        const opened = await openIn(folder).catch((error: unknown) => error)
        if (opened instanceof Error) assert.ok(tells('store.full')(opened))
        else if (opened && typeof opened === 'object' && 'close' in opened)
          await (opened as typeof again).close()
        await writeFile(ballast, '')
        const again = await openIn(folder)
        await sound(again.log, 'run/a', version + 2)
        await again.close()
      } finally {
        execFileSync('umount', [folder])
      }
    }))
})

describe('a store that may not be written', () => {
  it('is refused at its opening, as a file and as a folder', (context) =>
    inFolder(async (folder) => {
      if (process.getuid?.() !== 0) return context.skip('needs another user to be read-only for')
      await (await openIn(folder)).close()
      await chmod(folder, 0o755)
      const script = `
        import { openIn } from ${JSON.stringify(join(import.meta.dirname, 'sqlite/temporary.test.ts'))}
        process.setgid(65534); process.setuid(65534)
        await openIn(${JSON.stringify(folder)}).then(
          () => console.log('opened'),
          (error) => console.log(error.code + ' ' + error.message))`
      const asNobody = () =>
        spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim()
      const said = asNobody()
      assert.match(said, /^store.read-only Cannot open .+; give this user the right to write there/)
      await chown(folder, 65534, 65534)
      assert.match(asNobody(), /^store.read-only /)
      await chown(join(folder, 'concord.db'), 65534, 65534)
      assert.equal(asNobody(), 'opened')
    }))

  it('is refused on a read-only file system, and an append to one that became so', (context) =>
    inFolder(async (folder) => {
      const mount = (...args: string[]) => spawnSync('mount', args).status === 0
      if (!mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder))
        return context.skip('mounting is not allowed here')
      try {
        const { log, close } = await openIn(folder)
        await append(log, 'run/a', 0, 'x')
        await close()
        mount('-o', 'remount,ro', folder)
        await assert.rejects(openIn(folder), tells('store.read-only', folder))
        await assert.rejects(openIn(join(folder, 'new')), tells('store.read-only', folder))
      } finally {
        execFileSync('umount', [folder])
      }
    }))
})

describe('a damaged file', () => {
  const file = (folder: string) => join(folder, 'concord.db')

  it('that is no database is left as it is', () =>
    inFolder(async (folder) => {
      const text = 'this is not a database, it is a letter to my aunt. '.repeat(100)
      await writeFile(file(folder), text)
      await assert.rejects(openIn(folder), tells('store.corrupt', file(folder), 'restore a backup', '-wal'))
      assert.equal(await readFile(file(folder), 'utf8'), text)
    }))

  it('with broken pages fails reads and appends, and says what to do', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder)
      for (let i = 0; i < 40; i++) await append(log, 'run/a', 2 * i, 'x'.repeat(2000))
      await close()
      const handle = await open(file(folder), 'r+')
      const { size } = await handle.stat()
      for (let at = 2 * 4096; at < size; at += 4096) await handle.write(Buffer.alloc(4096, 0xa5), 0, 4096, at)
      await handle.close()
      const damaged = await openIn(folder).catch((error: unknown) => error)
      if (damaged instanceof Error) return void tells('store.corrupt', 'restore a backup')(damaged)
      assert.ok(damaged && typeof damaged === 'object' && 'log' in damaged)
      const stores = damaged as Awaited<ReturnType<typeof openIn>>
      await assert.rejects(stores.log.read('run/a'), tells('store.corrupt', 'restore a backup'))
      await assert.rejects(stores.log.verify('run/a'), tells('store.corrupt'))
      await assert.rejects(append(stores.log, 'run/a', 80, 'x'), tells('store.corrupt', file(folder)))
      await stores.close()
    }))

  it('whose events hold no JSON says which one', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder)
      await append(log, 'run/a', 0, 'x')
      const db = new DatabaseSync(file(folder))
      db.exec("UPDATE events SET data = '{' WHERE version = 2")
      db.close()
      await assert.rejects(log.read('run/a'), tells('store.corrupt', 'run/a@2'))
      await close()
    }))
})

describe('a file of somebody else', () => {
  const withFile = (sql: string, words: string[], path = 'concord.db') =>
    inFolder(async (folder) => {
      const db = new DatabaseSync(join(folder, path))
      db.exec(sql)
      db.close()
      await assert.rejects(openIn(folder), tells('store.unsupported', ...words))
    })

  it('is refused when another program owns it', async () => {
    await withFile('CREATE TABLE cookies(id)', ['another program', 'choose another path'])
    await withFile('PRAGMA application_id = 5', ['another program'])
  })

  it('is refused when a newer Concord wrote it', () =>
    inFolder(async (folder) => {
      await (await openIn(folder)).close()
      const db = new DatabaseSync(join(folder, 'concord.db'))
      db.exec('PRAGMA user_version = 99')
      db.close()
      await assert.rejects(openIn(folder), tells('store.unsupported', 'schema 99', 'update Concord'))
    }))

  it('is refused when it is a folder, or the folder is a file', () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'concord.db'))
      await assert.rejects(openIn(folder), tells('config.invalid', 'choose another path'))
      await writeFile(join(folder, 'plain'), '')
      await assert.rejects(openIn(join(folder, 'plain')), tells('config.invalid'))
    }))
})

describe('a network file system', () => {
  it('is told by the type the kernel gives', () => {
    assert.equal(networkFileSystem(0x6969), 'NFS')
    assert.equal(networkFileSystem(0xff534d42), 'CIFS')
    assert.equal(networkFileSystem(0xff534d42 | 0), 'CIFS')
    assert.equal(networkFileSystem(0xef53), undefined)
    assert.equal(networkFileSystem(0x65735546, 'fuse.sshfs'), 'fuse.sshfs')
    assert.equal(networkFileSystem(0x65735546, 'fuseblk'), undefined)
    assert.equal(networkFileSystem(0x65735546), undefined)
  })

  it('is found by the mount a path is on', () => {
    const mounts = [
      '/dev/vda / ext4 rw 0 0',
      'me@host: /home/me/far\\040away fuse.sshfs rw 0 0',
      'tmpfs /home tmpfs rw 0 0',
      'x /home/me/far fuseblk rw 0 0',
    ].join('\n')
    assert.equal(mountTypeOf('/home/me/far away/store', mounts), 'fuse.sshfs')
    assert.equal(mountTypeOf('/home/me/farther', mounts), 'tmpfs')
    assert.equal(mountTypeOf('/var', mounts), 'ext4')
  })
})

describe('a store in use', () => {
  it('waits for another process that holds the lock, and says so when it does not let go', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder, { busyTimeoutMs: 150 })
      const other = new DatabaseSync(join(folder, 'concord.db'))
      other.exec('BEGIN IMMEDIATE')
      await assert.rejects(append(log, 'run/a', 0, 'x'), tells('store.busy', 'try again'))
      assert.deepEqual(await log.read('run/a'), [])
      const waiting = append(log, 'run/a', 0, 'x')
      const after = append(log, 'run/a', 2, 'y')
      setTimeout(() => other.exec('COMMIT'), 20)
      assert.deepEqual([(await waiting).version, (await after).version], [2, 4])
      other.close()
      await close()
    }))

  it('is backed up while appends go on, to a path that does not exist yet', () =>
    inFolder(async (folder) => {
      const { log, backup, close } = await openIn(folder)
      for (let i = 0; i < 50; i++) await append(log, 'run/a', 2 * i, 'x'.repeat(1000))
      const copy = join(folder, 'copy')
      await mkdir(copy)
      const [, appended] = await Promise.all([
        backup(join(copy, 'concord.db')),
        append(log, 'run/a', 100, 'more'),
      ])
      assert.equal(appended.version, 102)
      await assert.rejects(backup(join(copy, 'concord.db')), tells('input.invalid', 'choose another'))
      await assert.rejects(backup(join(folder, 'no/such/folder')), tells('input.invalid', 'does not exist'))
      await close()
      const restored = await openIn(copy)
      const version = await restored.log.version('run/a')
      assert.ok(version === 100 || version === 102, `${version}`)
      await sound(restored.log, 'run/a', version)
      await restored.close()
    }))

  it('answers everything that was submitted before it closes, and refuses what comes after', () =>
    inFolder(async (folder) => {
      const { log, close } = await openIn(folder)
      const pending = append(log, 'run/a', 0, 'x')
      const closing = close()
      await assert.rejects(append(log, 'run/a', 2, 'y'), tells('store.closed', 'open it again'))
      assert.equal((await pending).version, 2)
      await closing
      await close()
      await assert.rejects(log.read('run/a'), tells('store.closed'))
    }))

  for (const length of [30, 3000, 30_000])
    it(`leaves no trace of ${length} bytes of erased data in any of its files`, () =>
      inFolder(async (folder) => {
        const { log, erase, close } = await openIn(folder)
        const secret = 'a secret nobody must find. '.repeat(Math.ceil(length / 27))
        await append(log, 'run/a', 0, secret)
        await append(log, 'run/a', 2, 'what follows')
        const bytes = async (name: string) =>
          (await readFile(join(folder, name))).includes('nobody must find')
        assert.ok((await bytes('concord.db')) || (await bytes('concord.db-wal')))
        await erase('run/a', 2)
        assert.deepEqual([await bytes('concord.db'), await bytes('concord.db-wal')], [false, false])
        await sound(log, 'run/a', 4)
        await close()
      }))
})
