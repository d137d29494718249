import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { printedWay, project, root, urlOf } from './project.ts'

const post = async (url: string, body: unknown): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

describe('concord serve', () => {
  it('answers goals, advances what the command line asks, and stops when told', async () => {
    const { start, concord, effects } = project()
    const waiting = await concord('run', 'publish', '--team', 'publishing')
    const server = start('serve', '--port', '0')
    const url = await urlOf(server)
    const answer = (await post(`${url}/goal`, { goal: 'hi' })) as { status: string; output: unknown }
    assert.deepEqual([answer.status, answer.output], ['success', { told: { goal: 'hi' } }])
    const approved = await concord(...printedWay(waiting.stderr, 'approve'), '--json')
    assert.equal(approved.code, 0, approved.stderr)
    assert.equal(JSON.parse(approved.stdout).status, 'succeeded')
    assert.deepEqual(effects(), ['write'])
    server.child.kill('SIGTERM')
    assert.equal((await server.ended).code, 0)
  })

  it('refuses an open address without a token, and a port that is taken', async () => {
    const { start, concord } = project()
    const open = await concord('serve', '--host', '0.0.0.0', '--port', '0')
    assert.equal(open.code, 2)
    assert.match(open.stderr, /set a token \(--token, CONCORD_TOKEN, server\.tokens\)/)
    const server = start('serve', '--port', '0')
    const { port } = new URL(await urlOf(server))
    const taken = await concord('serve', '--port', port)
    assert.equal(taken.code, 2)
    assert.match(taken.stderr, /another process has it/)
    server.child.kill('SIGTERM')
    await server.ended
  })
})

describe('what concord serve logs', () => {
  it('is what fails, and with --verbose each request', async () => {
    const { start } = project()
    const server = start('serve', '--port', '0', '--verbose')
    const url = await urlOf(server)
    await post(`${url}/goal`, { goal: 'hi', team: 'nowhere' })
    server.child.kill('SIGTERM')
    const { stderr } = await server.ended
    assert.match(stderr, /debug: answered \{.*"method":"POST","path":"\/goal","status":404/)
  })
})

describe('concord agent', () => {
  it('serves one agent of a module', async () => {
    const { start, folder, concord } = project('')
    const library = pathToFileURL(join(root, 'src/index.ts')).href
    writeFileSync(
      join(folder, 'shout.ts'),
      `import { agent } from '${library}'\nexport default agent({ name: 'shout', run: (input: { text: string }) => ({ text: input.text.toUpperCase() }) })\n`,
    )
    const service = start('agent', 'shout.ts', '--port', '0')
    const url = await urlOf(service)
    assert.deepEqual(await post(`${url}/run`, { text: 'quiet' }), { text: 'QUIET' })
    service.child.kill('SIGINT')
    assert.equal((await service.ended).code, 0)
    const missing = await concord('agent', 'nowhere.ts')
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /the module cannot be loaded/)
  })
})
