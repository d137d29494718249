import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { type AgentMemory, agent, openConcord, serve, team } from '../../src/index.ts'

const names = ['live/scores', 'tenant/acme/team/t', 'tenant/acme/global']
const refused = { code: 'input.invalid', message: /is reserved for (live state|tenants)/ }

const open = async (t: TestContext, run: (memory: AgentMemory) => unknown) => {
  const teams = { t: team({ agents: [agent({ name: 'one', run: (_input, context) => run(context) })] }) }
  const concord = await openConcord({
    config: { stores: { kind: 'memory' }, embedder: 'none', team: 't', teams },
  })
  t.after(() => concord.close())
  return concord
}

it('namespaces of live state and of tenants are refused to users, over HTTP too', async (t) => {
  const concord = await open(t, () => null)
  const server = await serve(concord, { port: 0 })
  t.after(() => server.close())
  for (const name of names) {
    assert.throws(() => concord.state(name), refused)
    assert.throws(() => concord.knowledge(name), refused)
    assert.throws(() => concord.state('global').in(name), refused)
    await assert.rejects(concord.state('global').fork(name), refused)
    await assert.rejects(concord.state('global').publish(`${name}/news`, 1), refused)
    const response = await fetch(`${server.url}/memory/list?namespace=${encodeURIComponent(name)}`)
    assert.equal(response.status, 400)
    assert.match(await response.text(), refused.message)
    const sent = await fetch(`${server.url}/memory/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ channel: name, message: 1 }),
    })
    assert.equal(sent.status, 400)
    assert.match(await sent.text(), refused.message)
  }
})

it('they are refused to agents, and so are the writes an agent returns', async (t) => {
  const tried = await open(t, async ({ state, knowledge }) => {
    for (const name of names) {
      assert.throws(() => state.in(name), refused)
      assert.throws(() => knowledge.in(name), refused)
      await assert.rejects(state.publish(name, 1), refused)
    }
    return 'all were refused'
  })
  assert.equal(await tried.result('go'), 'all were refused')
  for (const namespace of names) {
    const writing = await open(t, () => ({ output: 1, writes: [{ namespace, key: 'k', value: 1 }] }))
    await assert.rejects(writing.result('go'), refused.message)
  }
})
