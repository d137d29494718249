import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { project, refused, smallDisk, succeededWith } from './project.ts'

const nobody = 65534

describe('a folder that may not be written', () => {
  it('is refused on a read-only file system before any work is done; the runs there go on when it is writable again', async (t) => {
    using it = project()
    const disk = smallDisk(it.path('disk'), '2m')
    if (typeof disk === 'string') return t.skip(disk)
    using _ = disk
    const dir = it.path('disk/store')
    succeededWith(await it.run('run', 'First', '--dir', dir), 's7')
    disk.remount('ro')
    refused(await it.run('run', 'Second', '--dir', dir), 'store.read-only', dir, 'choose another folder')
    refused(await it.run('run', 'Second', '--dir', it.path('disk/other')), 'store.read-only', 'disk/other')
    assert.equal(it.effects().length, 8)
    disk.remount('rw')
    succeededWith(await it.run('run', 'Second', '--dir', dir), 's7')
    succeededWith(await it.run('runs', '--dir', dir), /Second[\s\S]*First/)
  })

  it('is refused when another user owns it, or only the database in it', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('needs root to become another user')
    using it = project()
    mkdirSync(it.path('store'))
    chmodSync(it.folder, 0o755)
    // The steps of the test's team write there.
    writeFileSync(it.path('effects'), '')
    chmodSync(it.path('effects'), 0o666)
    const run = () => it.runAs(nobody, 'run', 'Mine', '--memory')
    const allowed = await run()
    if (allowed.stderr.includes('EACCES')) return t.skip('another user may not read this repository')
    const dir = it.path('store')
    refused(
      await it.runAs(nobody, 'run', 'Mine', '--dir', dir),
      'store.read-only',
      'give this user the right',
    )
    mkdirSync(it.path('closed'), { mode: 0o700 })
    refused(
      await it.runAs(nobody, 'run', 'Mine', '--dir', it.path('closed/store')),
      'store.read-only',
      'give this user the right',
    )
    succeededWith(await it.run('run', 'Theirs', '--dir', dir), 's7')
    chownSync(dir, nobody, nobody)
    refused(await it.runAs(nobody, 'run', 'Mine', '--dir', dir), 'store.read-only', 'concord.db')
    succeededWith(await it.run('runs', '--dir', dir), /Theirs/)
  })

  it('is told of a report before the work, not after it', async (t) => {
    using it = project()
    const disk = smallDisk(it.path('disk'), '2m')
    if (typeof disk === 'string') return t.skip(disk)
    using _ = disk
    disk.remount('ro')
    refused(await it.run('run', 'Write', '--output', it.path('disk/report.md')), 'input.invalid', 'report.md')
    refused(await it.run('run', 'Write', '--output', it.path('none/report.md')), 'input.invalid', 'none')
    assert.equal(existsSync(it.path('effects')), false)
  })
})
