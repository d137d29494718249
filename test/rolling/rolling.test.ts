import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jsonHeaders, startProgram } from '../server/fixture.ts'

const program = fileURLToPath(new URL('./server.ts', import.meta.url))
type Version = 'old' | 'new'
const other = { old: 'new', new: 'old' } as const

type View = {
  status: string
  blocked?: string
  waits: { for: string; name: string; hash?: string; run?: string }[]
  output?: unknown
  failure?: { message: string }
}

const folder = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'concord-rolling-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const server = async (t: TestContext, directory: string, version: Version) => {
  const { line: url, kill } = await startProgram(t, process.execPath, [program, directory, version])
  const get = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T
  return {
    kill,
    get,
    view: (id: string) => get<View>(`/runs/${id}`),
    async start(team: string): Promise<string> {
      const response = await fetch(`${url}/goal`, {
        method: 'POST',
        headers: { ...jsonHeaders, prefer: 'respond-async' },
        body: JSON.stringify({ goal: 'go', team, params: { version } }),
      })
      return ((await response.json()) as { runId: string }).runId
    },
    async post(path: string, body: object = {}): Promise<number> {
      const options = { method: 'POST', headers: jsonHeaders, body: JSON.stringify(body) }
      const response = await fetch(url + path, options)
      const text = await response.text()
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
      return response.status
    },
    /** Approves what the run asks. */
    async approve(id: string): Promise<number> {
      const { waits } = await get<View>(`/runs/${id}`)
      const { hash } = waits.find(({ for: kind }) => kind === 'approval') ?? {}
      return this.post(`/runs/${id}/approve`, { hash })
    },
    /** Resolves with the event that fits, from the run's stream. */
    async until(id: string, ...types: string[]): Promise<string> {
      const response = await fetch(`${url}/runs/${id}/events`, { headers: { accept: 'text/event-stream' } })
      let text = ''
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        text += piece
        const found = types.find((type) => text.includes(`"type":"${type}"`))
        if (found !== undefined) return found
      }
      throw new Error(`run ${id} ended without ${types.join()}: ${text.slice(-1000)}`)
    },
  }
}
type Server = Awaited<ReturnType<typeof server>>

const ends = ['run.succeeded', 'run.failed', 'run.cancelled']
const outputOf = async (at: Server, id: string): Promise<unknown> => {
  assert.equal(await at.until(id, ...ends), 'run.succeeded', (await at.view(id)).failure?.message)
  return (await at.view(id)).output
}

const childOf = async (at: Server, parent: string): Promise<string> =>
  (await at.view(parent)).waits.find(({ run }) => run !== undefined)?.run ?? ''

for (const mine of ['old', 'new'] as const) {
  const its = other[mine]
  describe(`runs of the ${mine} code on a server of the ${its} code`, () => {
    it('are left as they are with the reason, and go on where their code is', async (t) => {
      const directory = folder(t)
      const first = await server(t, directory, mine)
      const teams = ['agent', 'timer', `only-${mine}`, 'tool', 'coded', 'called', 'parent', 'schema']
      const ids = new Map<string, string>()
      for (const team of teams) ids.set(team, await first.start(team))
      for (const id of ids.values()) await first.until(id, 'run.waiting')
      const child = await childOf(first, ids.get('parent') ?? '')
      await first.until(child, 'run.waiting')
      await first.kill('SIGKILL')

      const second = await server(t, directory, its)
      for (const [team, id] of ids)
        if (team !== 'parent' && team !== 'timer') assert.equal(await second.approve(id), 202, team)
      assert.equal(await second.approve(child), 202)
      // Its time comes while only the other code is there.
      const lacked = (id: string) => second.view(id).then(({ blocked }) => blocked)
      assert.match(
        (await lacked(ids.get('agent') ?? '')) ?? '',
        new RegExp(`agent "${mine}" of team "agent"`),
      )
      assert.match(
        (await lacked(ids.get('timer') ?? '')) ?? '',
        new RegExp(`agent "${mine}" of team "timer"`),
      )
      assert.equal(await lacked(ids.get(`only-${mine}`) ?? ''), `team "only-${mine}"`)
      assert.equal(await lacked(child), `team "only-${mine}"`)
      assert.match((await lacked(ids.get('tool') ?? '')) ?? '', new RegExp(`tool "pay-${mine}" of agent`))
      // What only shows while it is executed suspends the run.
      for (const team of ['coded', 'called', 'schema']) {
        await second.until(ids.get(team) ?? '', 'run.suspended')
        const { status, blocked } = await second.view(ids.get(team) ?? '')
        assert.equal(status, 'suspended')
        assert.match(blocked ?? '', team === 'coded' ? new RegExp(`pay-${mine}`) : /Cannot call agent/)
      }
      for (const [team, id] of [...ids, ['child', child]] as const)
        assert.ok(!['failed', 'cancelled', 'succeeded'].includes((await second.view(id)).status), team)
      const health = await second.get<{ status: string; blocked: { runs: number; reasons: string[] } }>(
        '/health',
      )
      assert.equal(health.status, 'ok')
      assert.ok(health.blocked.runs >= 7, JSON.stringify(health))
      assert.ok(health.blocked.reasons.includes(`team "only-${mine}"`))
      const log = readFileSync(join(directory, `log-${its}`), 'utf8').split('\n')
      for (const [team, id] of ids)
        if (team !== 'parent' && team !== 'timer')
          assert.equal(log.filter((line) => line.includes(id)).length, 1, `${team}: ${log.join('\n')}`)

      const third = await server(t, directory, mine)
      const done = `done by ${mine}`
      assert.equal(await outputOf(third, ids.get('agent') ?? ''), done)
      assert.equal(await outputOf(third, ids.get('timer') ?? ''), done)
      assert.equal(await outputOf(third, ids.get(`only-${mine}`) ?? ''), 'allowed')
      assert.equal(await outputOf(third, ids.get('tool') ?? ''), 'paid')
      const { output } = (await outputOf(third, ids.get('coded') ?? '')) as { output: unknown }
      assert.equal(output, 'paid')
      assert.equal(await outputOf(third, ids.get('called') ?? ''), done)
      assert.equal(await outputOf(third, ids.get('parent') ?? ''), 'allowed')
      assert.equal(await outputOf(third, ids.get('schema') ?? ''), done)
      const effects = existsSync(join(directory, 'effects'))
        ? readFileSync(join(directory, 'effects'), 'utf8').split('\n').filter(Boolean)
        : []
      assert.equal(effects.length, 5)
      assert.ok(effects.every((line) => line.startsWith(mine)))
      assert.equal((await second.get<{ blocked?: unknown }>('/health')).blocked, undefined)
    })

    it('are executed at once by their own server, though an approval came to the other', async (t) => {
      const directory = folder(t)
      const [right, wrong] = [await server(t, directory, mine), await server(t, directory, its)]
      const ids = await Promise.all(Array.from({ length: 5 }, () => right.start('agent')))
      for (const id of ids) await right.until(id, 'run.waiting')
      for (const id of ids) assert.equal(await wrong.approve(id), 202)
      for (const id of ids) assert.equal(await outputOf(right, id), `done by ${mine}`)
    })
  })
}

describe('a run that this server cannot execute', () => {
  it('can be cancelled here, and does not make a plan with a wrong name wait', async (t) => {
    const directory = folder(t)
    const first = await server(t, directory, 'old')
    const ids = [await first.start('only-old'), await first.start('agent')]
    for (const id of ids) await first.until(id, 'run.waiting')
    await first.kill('SIGKILL')
    const second = await server(t, directory, 'new')
    for (const id of ids) {
      assert.equal(await second.post(`/runs/${id}/cancel`), 202)
      assert.equal(await second.until(id, ...ends), 'run.cancelled')
    }
    const typo = await second.start('typo')
    assert.equal(await second.until(typo, ...ends), 'run.failed')
    assert.match((await second.view(typo)).failure?.message ?? '', /askin/)
  })
})
