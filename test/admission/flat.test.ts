import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inboxStream } from '../../src/domain/names.ts'
import { agent, openConcord, team } from '../../src/index.ts'
import type { Append } from '../../src/ports/event-log.ts'
import { gate } from '../server/fixture.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * What lives after a full collection; what timers and microtasks still hold has had a turn to go.
 */
const heapUsed = async (): Promise<number> => {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
}

const goals = 10_000
/** How many of them are waited for in the end. */
const begunMost = 1_000
/** An id alone takes about 40, a goal of this test a thousand. */
const bytesMost = 30

it('holds nothing of 10,000 goals that wait to begin, and begins them in order', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-flat-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const { open, opened } = gate()
  const begun: string[] = []
  const many = gate()
  const worker = agent({
    name: 'worker',
    run: async (_, { runId }) => {
      begun.push(runId)
      if (begun.length === begunMost) many.open()
      await opened
    },
  })
  await using concord = await openConcord({
    keep: false,
    config: {
      stores: { directory },
      teams: { t: team({ agents: [worker] }) },
      admission: { runsMax: 4 },
    },
  })
  const text = 'a goal that says what is wanted '.repeat(30)
  const handIn = async (from: number, to: number) => {
    for (let i = from; i < to; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, j) => concord.start(`${text} ${i + j}`)))
  }
  // The store remembers where the last 20,000 streams end: that table is full before anything is
  // measured.
  const other = (i: number): Append => ({
    stream: inboxStream(`other-${i}`),
    expectedVersion: 'any',
    epoch: 0,
    events: [{ type: 'signal.received', at: 0, data: { inbox: 0, signal: { kind: 'pause' } } }],
  })
  for (let i = 0; i < 20_000; i += 500)
    await Promise.all(Array.from({ length: 500 }, (_, j) => concord.log.append(other(i + j))))
  // Everything that is made on first use is there afterwards.
  await handIn(0, 1_000)
  const before = await heapUsed()
  await handIn(1_000, goals)
  const bytesPerGoal = ((await heapUsed()) - before) / (goals - 1_000)
  t.diagnostic(`${bytesPerGoal.toFixed(1)} bytes of heap for each goal that waits`)
  assert.ok(bytesPerGoal < bytesMost, `${bytesPerGoal} bytes for each goal`)
  assert.equal(begun.length, 4)
  assert.equal(await concord.log.countRuns({ status: ['queued'] }), goals - 4)
  const listed = await concord.runs({ order: 'oldest', limit: begunMost })
  open()
  await many.opened
  const place = new Map(begun.map((run, i) => [run, i]))
  const first = listed.slice(0, begunMost - 4)
  const furthest = Math.max(...first.map(({ run }, i) => Math.abs((place.get(run) ?? Infinity) - i)))
  assert.ok(furthest < 4, `one began ${furthest} places from its own`)
})
