import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkpointDigest, headsRoot } from '../../src/domain/checkpoint.ts'
import { isConcordError } from '../../src/domain/errors.ts'
import { fileKeys, makeKey, readPublicKey } from '../../src/platform/keys.ts'
import { seed } from '../seed.ts'
import { addRun, signed, tamper, verified, withAudit, withStores, workshop } from './fixture.ts'

const shop = await workshop()

const store = async (...runs: string[]) => {
  const directory = shop.fresh()
  await withStores(directory, async (stores) => {
    for (const run of runs) await addRun(stores, run, 1000)
  })
  return directory
}

const add = (directory: string, run: string) => withStores(directory, (stores) => addRun(stores, run, 2000))

describe('checkpoints', () => {
  it('follow each other, each signed and naming the one before', async () => {
    const directory = await store('a')
    const first = await signed(directory, shop.key)
    await add(directory, 'b')
    const second = await signed(directory, shop.key)
    assert.deepEqual([first.number, second.number], [1, 2])
    assert.equal(second.previous, checkpointDigest(first))
    assert.equal(second.key, await readPublicKey(shop.publicKey))
    assert.ok(second.position > first.position)
    const report = await verified(directory, shop, first)
    assert.deepEqual([report.ok, report.checkpoints], [true, 2])
    assert.ok(
      report.limits.some((limit) => /checkpoint 2 is the log’s own, the newest given is 1/.test(limit)),
    )
  })

  it('are not made twice when nothing happened in between', async () => {
    const directory = await store('a')
    assert.deepEqual(await signed(directory, shop.key), await signed(directory, shop.key))
  })

  it('are numbered without gaps when two are made at the same moment', async () => {
    const directory = await store('a')
    const numbers = await Promise.all([signed(directory, shop.key), signed(directory, shop.key)])
    assert.ok(numbers.every(({ number }) => number <= 2))
    assert.equal((await verified(directory, shop, ...numbers)).ok, true)
  })

  it('are missed when the end of the log was cut off or an older copy put back', async () => {
    const directory = await store('a')
    await signed(directory, shop.key)
    const older = shop.copy(directory)
    await add(directory, 'b')
    const newest = await signed(directory, shop.key)
    assert.equal((await verified(older, shop)).ok, true)
    const report = await verified(older, shop, newest)
    assert.match(
      report.findings.map(({ message }) => message).join(),
      /checkpoint 2, which you hold, is not in the log/,
    )
  })

  it('signed with another key do not count', async () => {
    const directory = await store('a')
    const other = join(shop.folder, 'other.key')
    await makeKey(other)
    const forged = await signed(directory, other)
    const report = await verified(directory, shop)
    assert.deepEqual(
      report.findings.map(({ kind, version }) => [kind, version]),
      [['checkpoint', 1]],
    )
    assert.equal((await verified(directory, shop, forged)).checkpoint, undefined)
  })

  it('that were changed do not count', async () => {
    const directory = await store('a')
    const held = await signed(directory, shop.key)
    for (const change of [
      { number: 2 },
      { at: held.at + 1 },
      { position: held.position - 1 },
      { streams: 0 },
      { root: '00' },
      { previous: '00' },
      { signature: '' },
    ]) {
      const report = await verified(directory, shop, { ...held, ...change })
      assert.match(report.findings[0]?.message ?? '', /which you hold, is not signed/, JSON.stringify(change))
    }
  })

  it('are refused for a log that does not verify, and without a key', async () => {
    const directory = await store('a')
    const code = (expected: string) => (error: unknown) => isConcordError(error) && error.code === expected
    await assert.rejects(
      withAudit(directory, null, (audit) => audit.checkpoint()),
      code('config.invalid'),
    )
    tamper(directory, 'UPDATE events SET at = at + 1 WHERE position = 2')
    await assert.rejects(signed(directory, shop.key), code('store.corrupt'))
  })

  it('say in the report what they cannot show', async () => {
    const directory = await store('a')
    assert.match((await verified(directory, shop)).limits.join(), /no checkpoint/)
    await signed(directory, shop.key)
    const own = await withAudit(directory, null, (audit) => audit.verify())
    assert.match(own.limits.join(), /an older copy of the whole database would pass.*no public key was given/)
  })
})

describe('after a change of keys', () => {
  it('every key there was is given, one by one or as a folder, and the report says which signed what', async () => {
    const directory = await store('a')
    const keys = join(shop.folder, 'rotation')
    const [older, newer] = [join(keys, 'k1.key'), join(keys, 'k2.key')]
    await makeKey(older)
    await makeKey(newer)
    const held = await signed(directory, older)
    await add(directory, 'b')
    await signed(directory, older)
    await add(directory, 'c')
    await signed(directory, newer)
    const verify = (publicKeys: string | string[]) =>
      withAudit(directory, null, (audit) => audit.verify({ held: [held], publicKeys }))
    const told = (report: Awaited<ReturnType<typeof verify>>) =>
      report.signers.map(({ from, to, name }) => [from, to, name])
    const both = await verify([`${older}.pub`, `${newer}.pub`])
    assert.equal(both.ok, true)
    assert.deepEqual(told(both), [
      [1, 2, `${older}.pub`],
      [3, 3, `${newer}.pub`],
    ])
    assert.deepEqual((await verify(keys)).signers, both.signers)
    const one = await verify(`${newer}.pub`)
    assert.deepEqual(
      one.findings.map(({ message }) => message),
      [
        'checkpoint 1 is not signed with a key trusted here',
        'checkpoint 2 is not signed with a key trusted here',
        'checkpoint 1, which you hold, is not signed with a key trusted here',
      ],
    )
    assert.deepEqual(told(one), [[3, 3, `${newer}.pub`]])
    await assert.rejects(verify(shop.fresh()), /the folder has no \*\.pub or \*\.pem/)
  })
})

describe('audit keys', () => {
  it('are written for their owner alone and never over another', async () => {
    const file = join(shop.folder, 'fresh/audit.key')
    await makeKey(file)
    const before = readFileSync(file, 'utf8')
    await assert.rejects(makeKey(file), /Cannot write a key to .* it exists/)
    assert.equal(readFileSync(file, 'utf8'), before)
    assert.equal(await readPublicKey(file), await readPublicKey(`${file}.pub`))
  })

  it('may come as PEM text, and say what is wrong with a file that holds none', async () => {
    const keys = fileKeys({ privateKey: readFileSync(shop.key, 'utf8') })
    assert.deepEqual(await keys.publicKeys(), [
      { key: await readPublicKey(shop.publicKey), name: 'the key given' },
    ])
    const directory = shop.fresh()
    await assert.rejects(
      fileKeys({ privateKey: import.meta.filename }).signer(),
      /as an audit key is Ed25519 in PEM/,
    )
    assert.equal(await fileKeys({ privateKey: join(directory, 'none') }).signer(), undefined)
  })
})

describe('the root over heads', () => {
  // RFC 9162's tree over leaves of our own: the empty tree is the hash of nothing.
  it('of no stream is the hash of nothing', () => {
    assert.equal(headsRoot([]), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('does not depend on the order, and changes with anything else', () => {
    const heads = fc.uniqueArray(
      fc.record({
        stream: fc.string({ minLength: 1 }),
        version: fc.nat(),
        digest: fc.constantFrom('00', '11'),
      }),
      { selector: ({ stream }) => stream, minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(heads, fc.nat(), (all, pick) => {
        const root = headsRoot(all)
        assert.equal(headsRoot(all.toReversed()), root)
        const i = pick % all.length
        const changed = all.map((one, at) => (at === i ? { ...one, version: one.version + 1 } : one))
        assert.notEqual(headsRoot(changed), root)
        assert.notEqual(headsRoot(all.filter((_, at) => at !== i)), root)
        assert.notEqual(
          headsRoot([...all, { stream: `${all[i]?.stream}\u0001new`, version: 1, digest: '00' }]),
          root,
        )
      }),
      { seed },
    )
  })
})
