import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { project } from '../cli/project.ts'
import { tamper } from './fixture.ts'

describe('the audit commands', () => {
  const { folder, concord } = project()
  const path = (name: string) => join(folder, name)
  const store = path('.concord')
  const done = async (...args: string[]) => {
    const ended = await concord(...args)
    assert.equal(ended.code, 0, ended.stderr)
    return ended
  }

  it('make a key elsewhere, sign the log, verify it, and name what is missing after somebody was at it', async () => {
    await done('run', 'one')
    assert.match(
      (await concord('audit', 'checkpoint')).stderr,
      /needs a private key: there is none in .*audit\.key; make one with "concord audit key/,
    )
    writeFileSync(path('.env'), `CONCORD_AUDIT_KEY=${path('misspelt')}\n`)
    assert.match((await concord('audit', 'checkpoint')).stderr, /there is none in .*misspelt; make one/)
    await done('audit', 'key', '--out', path('keys/k'))
    writeFileSync(path('.env'), `CONCORD_AUDIT_KEY=${path('keys/k')}\n`)
    const made = await done('audit', 'checkpoint', '--heads', '--out', path('c1.json'))
    assert.match(made.stderr, /^Checkpoint 1: \d+ streams? up to event \d+, in /)
    await done('run', 'two')
    const verify = ['audit', 'verify', '--checkpoint', path('c1.json'), '--public-key', path('keys/k.pub')]
    const sound = await done(...verify)
    assert.match(
      sound.stdout,
      /compared with checkpoint 1 .*which you hold\ncheckpoint 1 signed with .*keys\/k\.pub\n✓ the log verifies\nNot shown by this:\n/,
    )
    assert.match(sound.stdout, /events after checkpoint 1 are chained but not signed/)
    const { heads } = JSON.parse(readFileSync(path('c1.json'), 'utf8'))
    const run = heads.find(({ stream }: { stream: string }) => stream.startsWith('run/')).stream
    await done('backup', path('sound.db'))
    tamper(
      store,
      `DELETE FROM events WHERE stream = (SELECT id FROM streams WHERE name = '${run}'); DELETE FROM streams WHERE name = '${run}'`,
    )
    const broken = await concord(...verify)
    assert.equal(broken.code, 1)
    assert.match(
      broken.stdout,
      new RegExp(`✗ removed: ${run} was at version \\d+ at checkpoint 1, now it is missing`),
    )
    assert.equal(JSON.parse((await concord(...verify, '--json')).stdout).ok, false)
  })

  it('restore a backup beside the damaged store, never over one, and only if it verifies', async () => {
    const over = await concord('restore', path('sound.db'))
    assert.equal(over.code, 2)
    assert.match(over.stderr, /as nothing is overwritten: .*concord\.db exists/)
    assert.equal((await concord('backup', path('sound.db'))).code, 2)
    await done('backup', path('broken.db'))
    const checkpoint = ['--checkpoint', path('c1.json'), '--public-key', path('keys/k.pub')]
    const refused = await concord('restore', path('broken.db'), '--dir', path('other'), ...checkpoint)
    assert.equal(refused.code, 1, refused.stderr)
    assert.match(refused.stderr, /Cannot restore .*broken\.db as it must verify/)
    assert.equal(existsSync(path('other/concord.db')), false)
    const restored = await done('restore', path('sound.db'), '--dir', path('other'), ...checkpoint)
    assert.match(restored.stdout, /✓ the log verifies/)
    assert.match((await done('runs', '--dir', path('other'))).stdout, /two[\s\S]*one/)
  })

  it('export every event as lines from which anybody can compute the chains', async () => {
    const { stdout } = await done('audit', 'export', '--dir', path('other'))
    const lines = stdout.trim().split('\n')
    const events = lines.map((line) => JSON.parse(line))
    assert.ok(events.length >= 8)
    assert.deepEqual(
      events.map(({ position }) => position),
      events.map(({ position }) => position).sort((a, b) => a - b),
    )
    // The chains, by what the guide says of the lines alone.
    const sha256 = (...parts: Buffer[]) => hash('sha256', Buffer.concat(parts), 'buffer')
    const heads = new Map<string, Buffer>()
    for (const [
      i,
      { data: _, salt, dataDigest, digest, formatFrom, position: __, ...envelope },
    ] of events.entries()) {
      const line = lines[i] ?? ''
      const data = line.slice(line.indexOf(',"data":') + ',"data":'.length, -1)
      const ofData = sha256(Buffer.from(salt, 'hex'), Buffer.from(data))
      assert.equal(ofData.toString('hex'), dataDigest)
      const previous = heads.get(envelope.stream) ?? Buffer.alloc(32)
      const head = sha256(
        previous,
        Buffer.from(JSON.stringify([2, formatFrom, ...Object.values(envelope)])),
        ofData,
      )
      assert.equal(head.toString('hex'), digest)
      heads.set(envelope.stream, head)
    }
    const [first] = JSON.parse((await done('runs', '--json', '--dir', path('other'))).stdout)
    const one = await done(
      'audit',
      'export',
      '--run',
      first.run,
      '--out',
      path('one.jsonl'),
      '--dir',
      path('other'),
    )
    const some = readFileSync(path('one.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.ok(some.every(({ stream }) => stream === `run/${first.run}`) && some.length >= 3, one.stderr)
    const none = await done('audit', 'export', '--to', '2001-01-01', '--dir', path('other'))
    assert.equal(none.stdout, '')
  })

  it('prune and forget, and say what is wrong with what they are told', async () => {
    const dry = await done('audit', 'prune', '--older-than', '1d', '--dry-run', '--dir', path('other'))
    assert.match(dry.stdout, /^Would drop 0 runs/)
    const mixed = await concord('audit', 'prune', '--changes', '1', '--dir', path('other'))
    assert.equal(mixed.code, 2)
    assert.match(mixed.stderr, /--changes is about shared state: 1; add --state/)
    const state = await done('audit', 'prune', '--state', '--older-than', '1d', '--dir', path('other'))
    assert.equal(state.stdout, 'Dropped 0 changes of shared state in 0 namespaces\n')
    const dropped = await done('audit', 'prune', '--older-than', '0s', '--dir', path('other'))
    assert.match(dropped.stdout, /^Dropped 2 runs/)
    await done(
      'audit',
      'verify',
      '--checkpoint',
      path('c1.json'),
      '--public-key',
      path('keys/k.pub'),
      '--dir',
      path('other'),
    )
    const forgot = await done('memory', 'forget', '--subject', 'nobody', '--dir', path('other'))
    assert.match(forgot.stdout, /^Nothing was kept about nobody/)
    for (const [args, message] of [
      [['audit', 'verfy'], /did you mean "concord audit verify"/],
      [['audit', 'prune'], /--older-than is an age: none is given; write --older-than 90d/],
      [['audit', 'prune', '--state'], /nothing says how much .* is kept; write --older-than 90d/],
      [['audit', 'prune', '--state', '--older-than', '2h'], /changes of the last day stay/],
      [['audit', 'prune', '--state', '--changes', '0'], /--changes is a whole number from 1: 0/],
      [['audit', 'export', '--from', 'soon'], /--from is a time: soon/],
      [['audit', 'verify', '--checkpoint', path('.env')], /must be a checkpoint in JSON/],
      [['audit', 'verify', '--public-key', path('.env')], /an audit key is Ed25519 in PEM/],
      [['audit', 'verify', '--dir', path('nowhere')], /Cannot find a log as there is none/],
    ] as const) {
      const ended = await concord(...args)
      assert.equal(ended.code, 2, args.join(' '))
      assert.match(ended.stderr, message)
    }
  })
})

describe('the files that audit commands write', () => {
  const { folder, concord } = project()
  const path = (name: string) => join(folder, name)
  const done = async (...args: string[]) => {
    const ended = await concord(...args)
    assert.equal(ended.code, 0, ended.stderr)
    return ended
  }

  it('are new, or it is said what is wrong with them, and nothing is left half done', async () => {
    await done('run', 'one')
    await done('audit', 'key')
    const held = path('held.json')
    writeFileSync(held, 'mine')
    const cases: [target: string, now: RegExp][] = [
      [held, /it exists/],
      [path('missing/c.json'), /its folder does not exist/],
      [path('held.json/c.json'), /its folder is a file/],
      [folder, /it exists/],
      ...(existsSync('/dev/full') ? [['/dev/full', /the disk is full/] as [string, RegExp]] : []),
    ]
    for (const action of ['checkpoint', 'export'])
      for (const [target, now] of cases) {
        const { code, stderr } = await concord('audit', action, '--out', target)
        assert.equal(code, 2, stderr)
        assert.match(stderr, now)
        assert.match(stderr, /choose another --out/)
      }
    assert.equal(readFileSync(held, 'utf8'), 'mine')
    for (const target of [held, path('held.json/k')])
      assert.equal((await concord('audit', 'key', '--out', target)).code, 2)
    writeFileSync(path('half.pub'), 'mine')
    const half = await concord('audit', 'key', '--out', path('half'))
    assert.equal(half.code, 2)
    assert.match(half.stderr, /half\.pub as it must be a new file: it exists/)
    assert.deepEqual([existsSync(path('half')), readFileSync(path('half.pub'), 'utf8')], [false, 'mine'])
    for (const target of [held, path('missing/b.db'), path('held.json/b.db'), folder])
      assert.equal((await concord('backup', target)).code, 2)
    assert.equal((await concord('restore', folder, '--dir', path('elsewhere'))).code, 2)
    assert.equal((await concord('restore', held, '--dir', path('held.json/x'))).code, 2)
  })
})
