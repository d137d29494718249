import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, team } from '../../src/index.ts'
import { callersOf, type Tokens, tokensIn } from '../../src/server/callers.ts'
import { appOf, echo, problemOf } from './fixture.ts'

const teams = { t: team({ agents: [echo], plan: () => [{ id: 's', agent: 'echo' }] }) }
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const as = (token: string, more = {}) => ({ authorization: `Bearer ${token}`, ...more })

describe('callers with tokens of their own', () => {
  it('are the principals of their runs, forks and signals; a body cannot say otherwise', async (t) => {
    const waiting = agent({ name: 'waiting', run: (_input, context) => context.waitFor('go') })
    const held = team({ agents: [waiting], plan: () => [{ id: 's', agent: 'waiting' }] })
    const tokens = { ada: { token: 'a1', tenant: 'acme', roles: ['analyst'] }, bob: { token: 'b1' } }
    const options = { token: 'op', tokens }
    const { concord, post } = await appOf(t, { team: 't', teams: { ...teams, held } }, options)
    const start = async (token: string, body: object, more = {}) => {
      const response = await post('/goal', { goal: 'x', ...body }, as(token, more))
      return ((await response.json()) as { runId: string }).runId
    }
    const first = await start('a1', { tags: ['nightly'] }, { traceparent })
    const [queued] = await concord.events(first)
    assert.ok(queued?.type === 'run.queued')
    assert.deepEqual(queued.data.principal, { id: 'ada', tenant: 'acme', roles: ['analyst'] })
    assert.equal(queued.data.trace?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
    const second = await start('b1', { team: 'held' })
    assert.equal((await post(`/runs/${second}/cancel`, { by: 'eve' }, as('op'))).status, 202)
    const inbox = await concord.log.read(`inbox/${second}`)
    const [signal] = inbox.flatMap((event) => (event.type === 'signal.received' ? [event.data.signal] : []))
    assert.deepEqual([signal?.by, signal?.claimedBy], ['token', 'eve'])
    const fork = (await (await post(`/runs/${first}/fork`, {}, as('b1'))).json()) as { runId: string }
    assert.deepEqual((await concord.log.run(fork.runId))?.principal, { id: 'bob' })
    const refused = await problemOf(await post('/goal', { goal: 'x', principal: { id: 'eve' } }, as('a1')))
    assert.deepEqual([refused.status, refused.code], [400, 'input.invalid'])
    assert.equal((await post('/goal', { goal: 'x' }, as('other'))).status, 401)
  })

  it('share no Idempotency-Key: the same body of another caller is another request', async (t) => {
    const tokens = { ada: { token: 'a1' }, bob: { token: 'b1' } }
    const { post } = await appOf(t, { team: 't', teams }, { tokens })
    const key = { 'idempotency-key': 'k' }
    assert.equal((await post('/goal', { goal: 'x' }, as('a1', key))).status, 200)
    assert.equal((await post('/goal', { goal: 'x' }, as('a1', key))).status, 200)
    const problem = await problemOf(await post('/goal', { goal: 'x' }, as('b1', key)))
    assert.deepEqual([problem.status, problem.code], [422, 'key.reused'])
  })

  it('are refused where they could not be told apart, or have no token', () => {
    const wrong: Tokens[] = [
      { tokens: { ada: { token: 'x' }, bob: { token: 'x' } } },
      { token: 'x', tokens: { ada: { token: 'x' } } },
      { tokens: { ada: { token: '' } } },
      { tokens: { 'wake:x': { token: 'y' } } },
      { tokens: { local: { token: 'y' } } },
    ]
    for (const options of wrong) assert.throws(() => callersOf(options), /Cannot serve caller.*;/)
    assert.throws(() => tokensIn({ ada: { env: 'ADA' } }, {}), /ADA is not set; set it/)
    assert.deepEqual(tokensIn({ ada: { env: 'ADA' } }, { ADA: 's' }), { ada: { token: 's' } })
  })
})
