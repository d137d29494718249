import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../domain/event.ts'
import { eventLogQueryContract } from './event-log-query.ts'
import { code, type OpenStore, on, recorded, until } from './fixture.ts'

/** What every event log promises; `open` gives a fresh one each time. */
export const eventLogContract = (name: string, open: OpenStore): void => {
  describe(`${name} as an event log`, () => {
    appending(open)
    isolation(open)
    together(open)
    chain(open)
    eventLogQueryContract(open)
  })
}

const full: Draft = {
  type: 'step.recorded',
  at: 1_760_000_000_123,
  run: 'r1',
  step: 'read/3',
  agent: 'reader',
  cause: 'run/r1@4',
  data: { call: 'c', name: 'n', value: { nested: [1, null, true, 'é'], empty: {} } },
}

const appending = (open: OpenStore) => {
  it(
    'numbers a stream 1, 2, 3 without gaps and positions in order of commit',
    on(open, async ({ log }) => {
      const first = await log.append({
        stream: 'run/a',
        expectedVersion: 0,
        epoch: 1,
        events: [recorded('1')],
      })
      const other = await log.append({
        stream: 'run/b',
        expectedVersion: 0,
        epoch: 1,
        events: [recorded('x')],
      })
      const next = await log.append({
        stream: 'run/a',
        expectedVersion: 1,
        epoch: 1,
        events: [recorded('2'), recorded('3')],
      })
      assert.deepEqual([first.version, other.version, next.version], [1, 1, 3])
      assert.ok(first.position < other.position && other.position < next.position)
      const events = await log.read('run/a')
      assert.deepEqual(
        events.map((event) => [event.version, event.id]),
        [
          [1, 'run/a@1'],
          [2, 'run/a@2'],
          [3, 'run/a@3'],
        ],
      )
      assert.equal(events.at(-1)?.position, next.position)
      assert.equal(await log.version('run/a'), 3)
      assert.equal(await log.version('run/none'), 0)
      assert.deepEqual(await log.read('run/none'), [])
    }),
  )

  it(
    'returns the envelope and the data exactly, and leaves out what was not given',
    on(open, async ({ log }) => {
      const bare: Draft = { type: 'run.started', at: 0, data: {} }
      const { position } = await log.append({
        stream: 'inbox/r1',
        expectedVersion: 0,
        epoch: 7,
        events: [full, bare],
      })
      const [event, second] = await log.read('inbox/r1')
      const place = { id: 'inbox/r1@1', stream: 'inbox/r1', version: 1, position: position - 1, epoch: 7 }
      assert.deepEqual(event, { ...full, ...place })
      assert.deepEqual(second, {
        ...bare,
        id: 'inbox/r1@2',
        stream: 'inbox/r1',
        version: 2,
        position,
        epoch: 7,
      })
    }),
  )

  it(
    "tells the run of an event in a run's stream even when the draft did not",
    on(open, async ({ log }) => {
      const events = [recorded('1'), { ...recorded('2'), run: 'a' }, { ...recorded('3'), run: 'b' }]
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events })
      assert.deepEqual(
        (await log.read('run/a')).map((event) => event.run),
        ['a', 'a', 'b'],
      )
    }),
  )

  it(
    'refuses an append at another version and appends nothing of it',
    on(open, async ({ log, state }) => {
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('1')] })
      const late = {
        stream: 'run/a',
        epoch: 1,
        events: [recorded('late'), recorded('late too')],
        writes: [{ namespace: 'run/a', key: 'k', value: 1 }],
      }
      for (const expectedVersion of [0, 2])
        await assert.rejects(log.append({ ...late, expectedVersion }), code('version.conflict'))
      assert.equal(await log.version('run/a'), 1)
      assert.equal(await state.get('run/a', 'k'), undefined)
    }),
  )

  it(
    'appends at any version when told so',
    on(open, async ({ log }) => {
      const send = (call: string) =>
        log.append({ stream: 'inbox/a', expectedVersion: 'any', epoch: 0, events: [recorded(call)] })
      assert.equal((await send('1')).version, 1)
      assert.equal((await send('2')).version, 2)
    }),
  )

  it(
    'refuses an appender whose epoch was replaced, even at the right version',
    on(open, async ({ log }) => {
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('1')] })
      await log.append({ stream: 'run/a', expectedVersion: 1, epoch: 2, events: [recorded('2')] })
      const stale = { stream: 'run/a', epoch: 1, events: [recorded('3')] }
      await assert.rejects(log.append({ ...stale, expectedVersion: 2 }), code('epoch.stale'))
      await assert.rejects(log.append({ ...stale, expectedVersion: 'any' }), code('epoch.stale'))
      assert.equal(await log.version('run/a'), 2)
    }),
  )

  it(
    'appends a thousand events at once, and reads them in pages',
    on(open, async ({ log }) => {
      const events = Array.from({ length: 1000 }, (_, i) => recorded(`call ${i}`))
      assert.equal(
        (await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events })).version,
        1000,
      )
      const page = await log.read('run/a', { afterVersion: 400, limit: 3 })
      assert.deepEqual(
        page.map((event) => event.version),
        [401, 402, 403],
      )
      assert.equal((await log.read('run/a', { afterVersion: 998 })).length, 2)
      assert.equal((await log.read('run/a', { limit: 0 })).length, 0)
      assert.equal((await log.read('run/a')).length, 1000)
    }),
  )

  it(
    'takes an append without events for its summary and its writes',
    on(open, async ({ log, state }) => {
      const writes = [{ namespace: 'run/a', key: 'k', value: 1 }]
      const appended = await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [], writes })
      assert.equal(appended.version, 0)
      assert.equal((await state.get('run/a', 'k'))?.value, 1)
    }),
  )
}

const isolation = (open: OpenStore) => {
  it(
    'copies the data at the call: neither the writer nor a reader can change what is stored',
    on(open, async ({ log }) => {
      const value = { list: [1, 2] }
      const events: Draft[] = [{ type: 'step.recorded', at: 1, data: { call: 'c', name: 'n', value } }]
      const done = log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events })
      value.list.push(3)
      await done
      value.list.push(4)
      const [read] = await log.read('run/a')
      assert.deepEqual(read?.data, { call: 'c', name: 'n', value: { list: [1, 2] } })
      assert.ok(read.type === 'step.recorded')
      read.data.call = 'changed'
      assert.deepEqual((await log.read('run/a'))[0]?.data, { call: 'c', name: 'n', value: { list: [1, 2] } })
    }),
  )

  const values: [string, string | number][] = [
    ['integers up to 2^53 - 1', Number.MAX_SAFE_INTEGER],
    ['integers beyond 2^53', 2 ** 60],
    ['the largest and smallest doubles', Number.MAX_VALUE],
    ['denormals', 5e-324],
    ['text of every plane', 'é 漢字 😀 \u{10ffff} \u200f'],
    ['NUL and control characters', 'a\0b\u0001\u007f\u2028'],
    ['a megabyte of text', 'ü'.repeat(512 * 1024)],
  ]
  for (const [what, value] of values)
    it(
      `keeps data with ${what}`,
      on(open, async ({ log }) => {
        await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('c', value)] })
        const [event] = await log.read('run/a')
        assert.ok(event?.type === 'step.recorded')
        assert.equal(event.data.value, value)
        assert.equal((await log.verify('run/a')).brokenAt, undefined)
      }),
    )

  it(
    'takes data with half a surrogate pair, which comes back as it was or replaced, and the chain verifies',
    on(open, async ({ log }) => {
      const value = 'a\ud800b\udc00c'
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('c', value)] })
      const [event] = await log.read('run/a')
      assert.ok(event?.type === 'step.recorded')
      // No agent or provider is given half a character: what they are told was copied before it came here.
      assert.ok(event.data.value === value || event.data.value === value.toWellFormed())
      assert.equal((await log.verify('run/a')).brokenAt, undefined)
    }),
  )

  it(
    'keeps names in any script, and refuses those that text columns would change',
    on(open, async ({ log }) => {
      const stream = "run/日本 ' ; -- 😀"
      const events = [{ ...recorded('c'), step: 'étape "1"', agent: 'λ' }]
      await log.append({ stream, expectedVersion: 0, epoch: 1, events })
      const [event] = await log.read(stream)
      assert.deepEqual([event?.step, event?.agent], ['étape "1"', 'λ'])
      for (const bad of ['', 'a\ud800', 'a\0b']) {
        await assert.rejects(
          log.append({ stream: bad, expectedVersion: 0, epoch: 1, events }),
          code('input.invalid'),
        )
        const named = [{ ...recorded('c'), step: bad }]
        await assert.rejects(
          log.append({ stream: 'run/b', expectedVersion: 0, epoch: 1, events: named }),
          code('input.invalid'),
        )
      }
      assert.equal(await log.version('run/b'), 0)
    }),
  )

  it(
    'appends all events or none when one cannot be stored, and goes on',
    on(open, async ({ log }) => {
      const circle: { [key: string]: string } & { self?: never } = {}
      Object.assign(circle, { self: circle })
      const bad: Draft = { type: 'step.recorded', at: 1, data: { call: 'c', name: 'n', value: circle } }
      const when: Draft = { ...recorded('x'), at: Number.NaN }
      for (const broken of [bad, when]) {
        const events = [recorded('1'), broken]
        await assert.rejects(
          log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events }),
          code('input.invalid'),
        )
      }
      assert.equal(await log.version('run/a'), 0)
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('1')] })
      assert.equal(await log.version('run/a'), 1)
    }),
  )
}

const together = (open: OpenStore) => {
  it(
    'lets exactly one of many appends at the same version win, and refuses the others alone',
    on(open, async ({ log }) => {
      const tries = Array.from({ length: 50 }, (_, i) =>
        log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded(`${i}`)] }),
      )
      const bystander = log.append({ stream: 'run/b', expectedVersion: 0, epoch: 1, events: [recorded('b')] })
      const results = await Promise.allSettled(tries)
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
      for (const result of results)
        if (result.status === 'rejected') assert.ok(code('version.conflict')(result.reason))
      assert.equal((await bystander).version, 1)
      assert.equal(await log.version('run/a'), 1)
    }),
  )

  it(
    'keeps the order of the calls within a stream',
    on(open, async ({ log }) => {
      const appended = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          log.append({
            stream: `inbox/${i % 3}`,
            expectedVersion: Math.floor(i / 3),
            epoch: 0,
            events: [recorded(`${i}`)],
          }),
        ),
      )
      assert.deepEqual(
        appended.map(({ version }) => version),
        appended.map((_, i) => Math.floor(i / 3) + 1),
      )
      const calls = (await log.read('inbox/1')).map(
        (event) => event.type === 'step.recorded' && event.data.call,
      )
      assert.deepEqual(calls.slice(0, 3), ['1', '4', '7'])
    }),
  )

  it(
    'tells listeners of each commit once it can be read, and no longer when they left',
    on(open, async ({ log }) => {
      const heard: string[] = []
      const seen: Promise<number>[] = []
      const listener = ({ streams, position }: { streams: readonly string[]; position: number }) => {
        heard.push(...streams)
        assert.ok(position > 0)
        for (const stream of streams) seen.push(log.version(stream))
      }
      const leave = log.onCommit(listener)
      const stay = log.onCommit(listener)
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('1')] })
      await until(() => heard.length >= 2, 'two listeners are told')
      assert.deepEqual(heard, ['run/a', 'run/a'])
      assert.deepEqual(await Promise.all(seen), [1, 1])
      leave()
      await assert.rejects(
        log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events: [recorded('no')] }),
      )
      const writes = [{ namespace: 'global', key: 'k', value: 1 }]
      await log.append({ stream: 'run/a', expectedVersion: 1, epoch: 1, events: [recorded('2')], writes })
      await until(() => heard.length >= 4, 'a listener is told of an append and its writes')
      assert.deepEqual(heard.slice(2).sort(), ['run/a', 'state/global'])
      stay()
      await log.append({ stream: 'run/a', expectedVersion: 2, epoch: 1, events: [recorded('3')] })
      await Promise.all(seen)
      assert.equal(heard.length, 4)
    }),
  )

  it(
    'has listeners catch up after a lost connection, those of one stream and those of state',
    on(open, async (store) => {
      const { log, state, reconnect } = store
      if (reconnect === undefined) return
      const behind = new Set(['run/a', 'inbox/a', 'state/n'])
      const leave = log.onCommit(({ streams, gap }) => {
        if (gap === true) behind.clear()
        for (const stream of streams) behind.delete(stream)
      })
      const lost = reconnect()
      const append = (stream: string) =>
        log.append({ stream, expectedVersion: 0, epoch: 1, events: [recorded('1')] }).catch(() => undefined)
      await Promise.all([
        append('run/a'),
        append('inbox/a'),
        state.write([{ namespace: 'n', key: 'k', value: 1 }]).catch(() => undefined),
      ])
      await lost
      await until(() => behind.size === 0, 'every stream is named, or a gap is told')
      leave()
    }),
  )

  it(
    'commits the writes that come with an append in the same transaction, and refuses conditional ones',
    on(open, async ({ log, state }) => {
      const request = { stream: 'run/a', epoch: 1, events: [recorded('1')] }
      const writes = [
        {
          namespace: 'run/a',
          key: 'step:s',
          value: { found: 3 },
          operation: 'op',
          provenance: { run: 'a', epoch: 1 },
        },
        { namespace: 'global', key: 'seen', value: true },
      ]
      const appended = await log.append({ ...request, expectedVersion: 0, writes })
      assert.deepEqual(appended.writes, [
        { ok: true, key: 'step:s', version: 1, sequence: 1 },
        { ok: true, key: 'seen', version: 1, sequence: 1 },
      ])
      assert.deepEqual((await state.get('run/a', 'step:s'))?.value, { found: 3 })
      const conditional = [{ namespace: 'run/a', key: 'k', value: 1, ifVersion: 0 }]
      await assert.rejects(
        log.append({ ...request, expectedVersion: 1, writes: conditional }),
        code('input.invalid'),
      )
      const stale = [{ namespace: 'run/a', key: 'k', value: 1, provenance: { run: 'a', epoch: 0 } }]
      await assert.rejects(log.append({ ...request, expectedVersion: 1, writes: stale }), code('epoch.stale'))
      assert.equal(await log.version('run/a'), 1)
      assert.equal(await state.get('run/a', 'k'), undefined)
    }),
  )
}

const chain = (open: OpenStore) => {
  it(
    'verifies a stream, each append giving it another head',
    on(open, async ({ log }) => {
      const empty = await log.verify('run/a')
      assert.deepEqual([empty.events, empty.erased, empty.brokenAt], [0, 0, undefined])
      const heads = new Set([empty.head])
      for (let i = 0; i < 5; i++) {
        await log.append({ stream: 'run/a', expectedVersion: i, epoch: 1, events: [recorded('same')] })
        const verified = await log.verify('run/a')
        assert.deepEqual([verified.stream, verified.events, verified.brokenAt], ['run/a', i + 1, undefined])
        heads.add(verified.head)
      }
      assert.equal(heads.size, 6)
      assert.equal((await log.verify('run/a')).head, (await log.verify('run/a')).head)
    }),
  )

  it(
    'erases the data of an event for good, and the chain still verifies',
    on(open, async (store) => {
      const { log } = store
      if (!store.erase) return
      const events = [recorded('1', 'kept'), recorded('2', 'a secret'), recorded('3', 'kept')]
      await log.append({ stream: 'run/a', expectedVersion: 0, epoch: 1, events })
      const { head } = await log.verify('run/a')
      await store.erase('run/a', 2)
      const after = await log.verify('run/a')
      assert.deepEqual(after, { stream: 'run/a', events: 3, erased: 1, head })
      const read = await log.read('run/a')
      assert.deepEqual(read[1]?.data, {})
      assert.equal(read[1]?.step, 's')
      assert.ok(!JSON.stringify(read).includes('a secret'))
      await log.append({ stream: 'run/a', expectedVersion: 3, epoch: 1, events: [recorded('4')] })
      assert.equal((await log.verify('run/a')).brokenAt, undefined)
      const write = { namespace: 'n', key: 'k', value: 'a secret', operation: 'op' }
      const [written] = await store.state.write([write])
      await store.erase('state/n', 1)
      const again = [{ ...written, repeated: true }]
      assert.deepEqual(await store.state.write([write]), again, 'an operation is forgotten with its data')
      await assert.rejects(store.erase('run/a', 9), code('not-found'))
      await assert.rejects(store.erase('run/none', 1), code('not-found'))
    }),
  )
}
