import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Event } from '../../src/index.ts'
import { jsonHeaders, messagesOf, pythonAgent, pythonMissing, startProgram } from './fixture.ts'

const program = fileURLToPath(new URL('./words-server.ts', import.meta.url))
const words = ['one', 'two', 'three', 'four', 'five', 'six']

describe('a server that is killed in the middle of a run', { skip: pythonMissing }, () => {
  it('goes on by itself when it is started again, repeats no acknowledged step, and answers the same key', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-kill-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const agents = await Promise.all(['planner', 'worker', 'checker'].map((name) => pythonAgent(t, name)))
    const start = () => startProgram(t, process.execPath, [program, directory, ...agents])
    const goal = (url: string, headers = {}) =>
      fetch(`${url}/goal`, {
        method: 'POST',
        headers: { ...jsonHeaders, 'idempotency-key': 'the-words', ...headers },
        body: JSON.stringify({ goal: 'say it', params: { words, seconds: 0.05 } }),
      })

    let server = await start()
    const { runId } = (await (await goal(server.line, { prefer: 'respond-async' })).json()) as {
      runId: string
    }
    const callsOf = async () => (await (await fetch(agents[1]!)).json()) as { [key: string]: number }
    const acknowledged = new Set<string>()
    const callsAtKill: { [key: string]: number } = {}
    let lastId = 0
    // Twice: a run that was taken over can be taken over again.
    for (const killAfter of [2, 4]) {
      const headers = { 'last-event-id': String(lastId) }
      const events = await fetch(`${server.line}/runs/${runId}/events`, { headers })
      for await (const message of messagesOf(events)) {
        if (message.id === undefined) continue
        lastId = Number(message.id)
        const event = JSON.parse(message.data) as Event
        if (event.type === 'step.succeeded' && event.step !== undefined && event.step.startsWith('w'))
          acknowledged.add(event.step)
        if (event.type === 'step.started' && acknowledged.size >= killAfter) break
      }
      await server.kill('SIGKILL')
      const calls = await callsOf()
      for (const step of acknowledged) callsAtKill[step] ??= calls[`${runId}/1/${step}/0`] ?? 0
      server = await start()
    }

    const response = await goal(server.line)
    const body = (await response.json()) as { output: string; runId: string }
    assert.deepEqual([response.status, body.output, body.runId], [200, words.join(' '), runId])
    const calls = await callsOf()
    assert.equal(Object.keys(calls).length, words.length)
    assert.ok(acknowledged.size >= 4)
    // A step under way at a kill is asked for again, with its key; an acknowledged one never.
    for (const step of acknowledged) assert.equal(calls[`${runId}/1/${step}/0`], callsAtKill[step], step)
    assert.equal(calls[`${runId}/1/w0/0`], 1)
    assert.ok(Object.values(calls).reduce((sum, count) => sum + count) <= words.length + 2)
    const events = (await (
      await fetch(`${server.line}/runs/${runId}/events`, { headers: { accept: 'application/json' } })
    ).json()) as Event[]
    assert.equal(events.filter((event) => event.type === 'run.claimed').length, 3)
    assert.deepEqual(
      events.map((event) => event.version),
      events.map((_, i) => i + 1),
    )
  })
})
