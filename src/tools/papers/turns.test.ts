import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { realClock } from '../../../test/fixtures/arxiv/server.ts'
import { arxivClient } from './arxiv.ts'
import { sharedTurns } from './turns.ts'

const INTERVAL_MS = 60
const TURNS_EACH = 5

const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'concord-turns-test-'))
  return { file: join(path, 'site'), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const WORKER = (file: string) => `
import { sharedTurns } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'turns.ts')).href)}
const clock = { now: () => Date.now(), monotonic: () => performance.now(), schedule: (ms, run) => { const t = setTimeout(run, ms); return () => clearTimeout(t) } }
const turns = sharedTurns(${JSON.stringify(file)}, clock)
for (let n = 0; n < ${TURNS_EACH}; n++) { await turns.take(${INTERVAL_MS}); console.log(Date.now()) }
`

test('processes take turns: no two start closer than the interval', async () => {
  await using it = await folder()
  const run = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      WORKER(it.file),
    ])
    return stdout.trim().split('\n').map(Number)
  }
  const starts = (await Promise.all([run(), run(), run()])).flat().sort((a, b) => a - b)
  assert.equal(starts.length, 3 * TURNS_EACH)
  // A turn is reserved by the wall clock; a timer may be up to a millisecond early on either side.
  assert.ok(starts.at(-1)! - starts[0]! >= (starts.length - 1) * INTERVAL_MS - 2 * starts.length)
})

test('what the site asked to wait is waited for by everybody, and a lock left behind or a clock set back stops nobody', async () => {
  await using it = await folder()
  const turns = sharedTurns(it.file, realClock)
  // From before the site is heard: on a slow machine writing it down takes part of the wait.
  const before = Date.now()
  await turns.hold(80)
  await turns.take(1)
  assert.ok(Date.now() - before >= 78)
  await writeFile(it.file, String(Date.now() + 3_600_000))
  const again = Date.now()
  await turns.take(1)
  assert.ok(Date.now() - again < 5000)
})

test('arXiv is told who asks, in one line of ASCII', async () => {
  const agents: string[] = []
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    agents.push(new Headers(init?.headers).get('user-agent') ?? '')
    return new Response('', { status: 404 })
  }
  for (const contact of [undefined, 'ada@example.org', 'https://example.org/bot', 'a\r\nX-Evil: 1 (é)']) {
    const client = arxivClient({
      clock: realClock,
      fetch: fetch as typeof globalThis.fetch,
      intervalMs: 1,
      ...(contact === undefined ? {} : { contact }),
    })
    await assert.rejects(client.pdf('2401.12345'))
  }
  assert.deepEqual(agents, [
    'concord (research agent)',
    'concord (research agent; mailto:ada@example.org)',
    'concord (research agent; +https://example.org/bot)',
    'concord (research agent; +aX-Evil:1)',
  ])
})
