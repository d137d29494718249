import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { project, refused, smallDisk, succeededWith } from './project.ts'

const kilobyte = 1024

/** Keys that were used more than once. */
const repeated = (keys: readonly string[]): string[] => [
  ...new Set(keys.filter((key, i) => keys.indexOf(key) !== i)),
]

describe('a disk that is full in the middle of a run', () => {
  it('ends the command with the way out, keeps what was acknowledged, and lets the run go on once there is room', async (t) => {
    using it = project()
    const disk = smallDisk(it.path('disk'), '4m')
    if (typeof disk === 'string') return t.skip(disk)
    using _ = disk
    const ballast = it.path('disk/ballast')
    // Leaves some pages when a result no longer fits: listing runs joins the members, which is a small commit.
    writeFileSync(ballast, Buffer.alloc(2584 * kilobyte))
    const run = () => it.run('run', 'Fill it', '--team', 'big', '--dir', it.path('disk/store'))

    const first = await run()
    refused(first, 'store.full', 'free space there and try again; nothing was lost')
    const acknowledged = [...first.stderr.matchAll(/^✓ (s\d)/gm)].map(([, step]) => step)
    assert.ok(acknowledged.length > 0 && acknowledged.length < 8, first.stderr)

    const again = await run()
    refused(again, 'store.full')
    assert.match(again.stderr, new RegExp(`${acknowledged.length} of 8 steps are done`))
    succeededWith(await it.run('runs', '--dir', it.path('disk/store')), /interrupted .* Fill it/)

    rmSync(ballast)
    const last = await run()
    assert.equal(last.code, 0, last.stderr)
    assert.equal(last.stdout.length, 's7 '.length + 200 * kilobyte + '\n'.length)
    assert.match(last.stderr, new RegExp(`Continuing run .* ${acknowledged.length} of 8 steps are done`))
    const underWay = `s${acknowledged.length}`
    assert.deepEqual(repeated(it.effects()), [it.effects()[acknowledged.length]], 'only the step under way')
    assert.ok(it.effects()[acknowledged.length]?.includes(`/${underWay}/`))
    assert.equal(new Set(it.effects()).size, 8)
  })

  it('is told when it has no room for the store to begin with, and leaves nothing that stands in the way later', async (t) => {
    using it = project()
    const disk = smallDisk(it.path('disk'), '1m')
    if (typeof disk === 'string') return t.skip(disk)
    using _ = disk
    const ballast = it.path('disk/ballast')
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(2048 * kilobyte)), { code: 'ENOSPC' })
    const run = () => it.run('run', 'Anything', '--dir', it.path('disk/store'))
    refused(await run(), 'store.full', 'free space')
    assert.equal(existsSync(it.path('effects')), false)
    rmSync(ballast)
    succeededWith(await run(), 's7')
  })
})
