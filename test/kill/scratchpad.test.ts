import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Event, openConcord } from '../../src/index.ts'
import { whatModelsSaw } from '../../src/memory/conversation.ts'
import type { ModelRequest } from '../../src/ports/model.ts'
import { contextTokensMax, readingTeam } from './scratchpad-team.ts'

const worker = fileURLToPath(new URL('./scratchpad-worker.ts', import.meta.url))

const killedAt = (directory: string, call: number): Promise<NodeJS.Signals | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, directory, String(call)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.on('error', reject)
    child.on('close', (_, signal) => resolve(signal))
  })

const runThrough = async (directory?: string): Promise<{ events: Event[]; requests: ModelRequest[] }> => {
  const requests: ModelRequest[] = []
  const concord = await openConcord({
    config: {
      stores: directory === undefined ? { kind: 'memory' } : { directory },
      teams: {
        t: readingTeam((request) => {
          requests.push(structuredClone(request))
        }),
      },
    },
  })
  if (directory !== undefined) await concord.runner.resume('reading', 'test')
  const run =
    directory === undefined
      ? await concord.run({ text: 'read', team: 't' }, { id: 'reading' })
      : await concord.runner.settled('reading')
  assert.equal(run.output, 'read 40 pages')
  const events = await concord.events('reading')
  await concord.close()
  return { events, requests }
}

const tokens = ({ messages }: Pick<ModelRequest, 'messages'>): number =>
  Math.ceil(JSON.stringify(messages).length / 4)

describe('a conversation longer than the context', () => {
  it('stays within it, and the log shows exactly what the model saw at each turn', async () => {
    const { events, requests } = await runThrough()
    assert.equal(requests.length, 41)
    for (const request of requests) assert.ok(tokens(request) <= contextTokensMax, `${tokens(request)}`)
    assert.ok(events.filter(({ type }) => type === 'scratchpad.compacted').length >= 2)
    assert.deepEqual(
      whatModelsSaw(events).map(({ messages }) => messages),
      requests.map(({ messages }) => messages),
    )
    // A turn costs what is new in it, also behind a condensation.
    const sizes = events.flatMap((event) =>
      event.type === 'model.called' ? [JSON.stringify(event.data.messages).length] : [],
    )
    assert.ok(Math.max(...sizes.slice(1)) < 1500, `${Math.max(...sizes.slice(1))}`)
  })

  for (const call of [20, 33])
    it(`goes on with the same conversation after the process was killed in call ${call}`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'concord-scratchpad-'))
      after(() => rm(directory, { recursive: true, force: true }))
      const unharmed = await runThrough()
      assert.equal(await killedAt(directory, call), 'SIGKILL')
      const resumed = await runThrough(directory)
      assert.ok(
        resumed.requests.length <= 41 - call + 2,
        `${resumed.requests.length} calls after a kill in call ${call}`,
      )
      const saw = (events: Event[]) => whatModelsSaw(events).map(({ turn, messages }) => ({ turn, messages }))
      assert.deepEqual(saw(resumed.events), saw(unharmed.events))
      assert.deepEqual(
        resumed.requests.map(({ messages }) => messages),
        unharmed.requests.slice(-resumed.requests.length).map(({ messages }) => messages),
      )
    })
})
