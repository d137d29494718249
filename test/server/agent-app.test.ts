import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'
import { type AnyAgent, agent, team } from '../../src/index.ts'
import { type AgentAppOptions, agentApp } from '../../src/server/agent-app.ts'
import { serveAgent } from '../../src/server/serve-agent.ts'
import { appOf, gate, jsonHeaders, problemOf } from './fixture.ts'

const serviceOf = async (t: TestContext, definition: AnyAgent, options: AgentAppOptions = {}) => {
  const { app, close } = await agentApp(definition, options)
  t.after(close)
  const run = (input: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    app.request('/run', {
      method: 'POST',
      headers: { ...jsonHeaders, ...headers },
      body: JSON.stringify(input),
      ...(signal === undefined ? {} : { signal }),
    })
  return { app, run }
}

const doubling = agent({
  name: 'doubling',
  description: 'Doubles a number',
  input: z.object({ n: z.number() }),
  output: z.object({ twice: z.number() }),
  run: ({ n }) => ({ twice: 2 * n }),
})

describe('an agent as a service', () => {
  it('takes plain JSON and answers plain JSON; /health says what it is', async (t) => {
    const { run, app } = await serviceOf(t, doubling)
    const response = await run({ n: 21 })
    assert.deepEqual([response.status, await response.json()], [200, { twice: 42 }])
    const health = (await (await app.request('/health')).json()) as { [member: string]: unknown }
    assert.deepEqual(
      [health.status, health.name, health.description, health.kind],
      ['ok', 'doubling', 'Doubles a number', 'code'],
    )
    assert.deepEqual((health.input as { required: string[] }).required, ['n'])
  })

  it('answers 400 to input that does not fit, 500 when it fails, 504 when it is late: problem details each', async (t) => {
    const { run } = await serviceOf(t, doubling)
    const unfit = await problemOf(await run({ n: 'many' }))
    assert.deepEqual([unfit.status, unfit.code], [400, 'agent.input-invalid'])
    assert.match(unfit.detail, /\/n/)
    let calls = 0
    const broken = agent({
      name: 'broken',
      run: () => {
        calls++
        throw new Error('out of paper')
      },
    })
    const failing = await problemOf(await (await serviceOf(t, broken)).run({}))
    assert.deepEqual([failing.status, failing.code, calls], [500, 'agent.failed', 1])
    assert.match(failing.detail, /out of paper/)
    assert.doesNotMatch(JSON.stringify(failing), /\.ts:\d/)
    const wrong = agent({ name: 'wrong', output: z.number(), run: () => 'two' as never })
    assert.equal((await problemOf(await (await serviceOf(t, wrong)).run({}))).status, 500)
    const hanging = agent({ name: 'hanging', run: () => new Promise<never>(() => {}) })
    const { run: hang } = await serviceOf(t, hanging)
    const late = await problemOf(
      await hang({}, { 'concord-deadline': new Date(Date.now() + 60).toISOString() }),
    )
    assert.deepEqual([late.status, late.code], [504, 'agent.timeout'])
    assert.match(late.detail, /"hanging"/)
    assert.equal((await problemOf(await hang({}, { 'concord-deadline': 'soon' }))).status, 400)
    const asking = agent({ name: 'asking', run: (_input, context) => context.ask('well?') })
    assert.match(
      (await problemOf(await (await serviceOf(t, asking)).run({}))).detail,
      /Cannot wait for a person/,
    )
  })

  it('answers a repeated key as before, joins one under way, and tries a failed one again under the same key', async (t) => {
    const hold = gate()
    const keys: string[] = []
    const slow = agent<{ fail?: boolean }, number>({
      name: 'slow',
      run: async ({ fail }, context) => {
        keys.push(context.idempotencyKey)
        await hold.opened
        if (fail && keys.length === 2) throw new Error('not now')
        return keys.length
      },
    })
    const { run } = await serviceOf(t, slow)
    const key = { 'idempotency-key': 'run/1/step/0' }
    const both = [run({}, key), run({}, key)]
    hold.open()
    for (const response of await Promise.all(both)) assert.equal(await response.json(), 1)
    assert.equal(await (await run({}, key)).json(), 1)
    assert.equal(keys.length, 1)
    const other = { 'idempotency-key': 'run/1/other/0' }
    assert.equal((await run({ fail: true }, other)).status, 500)
    assert.equal(await (await run({ fail: true }, other)).json(), 3)
    assert.equal(keys[1], keys[2])
    assert.notEqual(keys[0], keys[1])
  })

  it('keeps a bounded number of answers', async (t) => {
    let calls = 0
    const counting = agent({ name: 'counting', run: () => ++calls })
    const { run } = await serviceOf(t, counting, { answersMax: 2 })
    const ask = async (key: string) => (await run({}, { 'idempotency-key': key })).json()
    assert.deepEqual(
      [await ask('a'), await ask('b'), await ask('a'), await ask('c'), await ask('a')],
      [1, 2, 1, 3, 4],
    )
  })

  it('hands over input that looks like a reference as it is', async (t) => {
    const same = agent<unknown, unknown>({ name: 'same', run: (input) => input })
    const { run } = await serviceOf(t, same)
    for (const input of [{ a: { $step: 'x' } }, { $item: '' }, { $state: 'k' }, [1], 'text', 0, null, false])
      assert.deepEqual(await (await run(input)).json(), input)
  })

  it('serves more calls than one log of its own holds, many at once', async (t) => {
    const same = agent<unknown, unknown>({ name: 'same', run: (input) => input })
    const { run } = await serviceOf(t, same)
    const calls = async (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, async (_, i) => (await run(from + i)).json() as Promise<number>),
      )
    for (const [from, to] of [
      [0, 450],
      [450, 700],
      [700, 1300],
    ] as const)
      assert.deepEqual(
        await calls(from, to),
        Array.from({ length: to - from }, (_, i) => from + i),
      )
  })

  it('stops working when nobody waits any more', async (t) => {
    const [started, stopped] = [gate(), gate()]
    const slow = agent({
      name: 'slow',
      run: (_input, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped.open()
            reject(signal.reason)
          })
          started.open()
        }),
    })
    const { run } = await serviceOf(t, slow)
    const [one, two] = [new AbortController(), new AbortController()]
    const key = { 'idempotency-key': 'k' }
    const calls = [run({}, key, one.signal), run({}, key, two.signal)]
    await started.opened
    one.abort()
    two.abort()
    await stopped.opened
    for (const response of await Promise.all(calls))
      assert.equal((await problemOf(response)).code, 'run.cancelled')
  })

  it('works in a team elsewhere by its address alone', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-agent-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const entry = pathToFileURL(fileURLToPath(new URL('../../src/index.ts', import.meta.url))).href
    const path = join(directory, 'agents.ts')
    await writeFile(
      path,
      `import { agent } from ${JSON.stringify(entry)}
      export const shout = agent({ name: 'shouting', run: ({ text }) => text.toUpperCase() })
      export const whisper = agent({ name: 'whispering', run: ({ text }) => text.toLowerCase() })
      export const notAnAgent = { name: 'x' }\n`,
    )
    await assert.rejects(serveAgent(path), { code: 'config.invalid', message: /several: shout, whisper/ })
    await assert.rejects(serveAgent(path, { agent: 'sing' }), {
      code: 'config.invalid',
      message: /no "sing"/,
    })
    await assert.rejects(serveAgent(join(directory, 'none.ts')), {
      code: 'config.invalid',
      message: /cannot be loaded/,
    })
    await assert.rejects(serveAgent(path, { agent: 'shout', host: '0.0.0.0' }), { code: 'config.invalid' })
    const service = await serveAgent(path, { agent: 'whispering', token: 'secret' })
    t.after(() => service.close())
    assert.equal(service.agent, 'whispering')
    assert.equal(
      (await fetch(`${service.url}/run`, { method: 'POST', headers: jsonHeaders, body: '{}' })).status,
      401,
    )
    const { post } = await appOf(t, {
      team: 't',
      agents: { remote: { url: `${service.url}/run`, token: 'secret' } },
      teams: { t: team({ agents: ['remote'] }) },
    })
    const response = await post('/goal', { goal: 'x', params: { text: 'HELLO' } })
    assert.equal(((await response.json()) as { output: string }).output, 'hello')
  })
})
