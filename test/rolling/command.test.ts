import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { agent, type ConcordConfig, openConcord, team } from '../../src/index.ts'
import { project } from '../cli/project.ts'
import { decide } from '../runs/fixture.ts'

describe('a run whose agent was renamed since', () => {
  it('is listed by concord runs with what is missing, and concord approve says so and keeps the approval', async () => {
    const { folder, concord } = project()
    assert.equal((await concord('run', 'x', '--team', 'publishing')).code, 4)
    const file = join(folder, 'concord.config.ts')
    const before = readFileSync(file, 'utf8')
    writeFileSync(file, before.replaceAll("'write'", "'author'"))
    const listed = await concord('runs')
    assert.match(listed.stderr, /cannot continue with this configuration, which lacks agent "write" of team/)
    const [shown] = JSON.parse((await concord('runs', '--json')).stdout) as { blocked: string }[]
    assert.match(shown?.blocked ?? '', /agent "write"/)
    const asked = await concord('approve', 'last')
    const [, hash = ''] = /--hash ([0-9a-f]{8,})/.exec(asked.stderr) ?? []
    const approved = await concord('approve', 'last', '--hash', hash)
    assert.equal(approved.code, 2)
    assert.match(approved.stderr, /Cannot execute run .* as this process lacks agent "write"/)
    writeFileSync(file, before)
    const resumed = await concord('resume', 'last')
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.match(resumed.stdout, /About/)
  })

  it('refuses to be resumed by a program without it, and is not ended', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'concord-renamed-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const config = (name: string): ConcordConfig => ({
      stores: { directory },
      teams: {
        t: team({
          agents: [agent({ name, run: () => 'done' })],
          plan: () => [{ id: 's', agent: name, requireApproval: true }],
        }),
      },
    })
    const first = await openConcord({ config: config('a') })
    const { id } = await first.run({ text: 'x', team: 't' })
    await first.close()
    const second = await openConcord({ config: config('b') })
    await decide(second, id, { kind: 'approve' })
    await assert.rejects(second.runner.resume(id, 'test'), { code: 'run.blocked' })
    assert.deepEqual(await second.runner.reconcile(), [])
    assert.equal((await second.log.run(id))?.status, 'waiting')
    assert.equal((await second.runner.blocked()).length, 1)
    await second.close()
    const third = await openConcord({ config: config('a') })
    t.after(() => third.close())
    await third.runner.resume(id, 'test')
    assert.equal((await third.runner.settled(id)).output, 'done')
  })
})

describe('the name of a tool', () => {
  it('that does not exist is refused when the team is assembled, with what was meant', async () => {
    const opening = (...tools: string[]) =>
      openConcord({
        config: {
          stores: { kind: 'memory' },
          teams: { t: team({ agents: [agent({ name: 'm', model: 'openai/x', tools })] }) },
        },
      })
    await assert.rejects(opening('calculator', 'htpp'), {
      code: 'config.invalid',
      message:
        /agent "m" names tool "htpp", which does not exist \(teams\.t\.agents\.0\.tools\.1\); .*"http"/,
    })
    await assert.rejects(opening('sqll'), { message: /did you mean "sql"/ })
    await assert.rejects(opening('sql'), {
      message: /"sql", which is not set up .*; set toolSettings\.sql\.file/,
    })
    await (await opening('calculator', 'http', 'corpus_search')).close()
  })
})
