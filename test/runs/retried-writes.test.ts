import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { agent, ConcordError } from '../../src/index.ts'
import type { State } from '../../src/memory/state.ts'
import { remoteState } from '../../src/remote/state.ts'
import { serve } from '../../src/server/serve.ts'
import { concordWith } from './fixture.ts'

const failing = () => new ConcordError('agent.failed', 'Cannot go on as the test says so: failed; retry')

/** A run of one agent whose first attempt fails after its work. */
const retried = async (work: (state: State, attempt: number) => Promise<unknown>) => {
  const twice = agent({
    name: 'twice',
    async run(_: unknown, { state, attempt }) {
      const result = await work(state, attempt)
      if (attempt === 1) throw failing()
      return result ?? null
    },
  })
  const concord = await concordWith({ agents: [twice] })
  const run = await concord.run({ text: 'work', team: 't' })
  assert.equal(run.status, 'succeeded', run.failure?.message)
  return { state: concord.state(`run/${run.id}`), output: run.output }
}

describe('state writes of a step that failed and is tried again', () => {
  it('are those of the attempt that succeeded, where it writes something else', async () => {
    const { state } = await retried(async (own, attempt) => {
      await own.set('result', `attempt ${attempt}`)
      await own.set('list', [attempt], { ttlMs: 60_000 })
      await own.compareAndSet('swapped', attempt - 1, attempt)
      await own.increment('sum', attempt)
    })
    assert.equal(await state.get('result'), 'attempt 2')
    assert.deepEqual(await state.get('list'), [2])
    assert.equal(await state.get('swapped'), 2)
    assert.equal(await state.get('sum'), 3)
  })

  it('count once where it writes the same, in the same order', async () => {
    const { state } = await retried(async (own) => {
      await own.increment('calls')
      await own.increment('calls')
      await own.set('k', { same: true })
      await own.delete('gone')
    })
    assert.equal(await state.get('calls'), 2)
    assert.equal((await state.entry('k'))?.version, 1)
  })

  it('are those of the attempt that succeeded, where an agent it called returned them', async () => {
    let calls = 0
    const writer = agent({
      name: 'writer',
      run: () => ({ output: ++calls, writes: [{ key: 'k', value: calls }] }),
    })
    const caller = agent({
      name: 'caller',
      async run(_: unknown, context) {
        const output = await context.call('writer', {})
        if (output === 1) throw failing()
        return [output, (await context.state.get('k')) ?? null]
      },
    })
    const concord = await concordWith({
      agents: [caller, writer],
      plan: () => [{ id: 'a', agent: 'caller' }],
    })
    assert.deepEqual((await concord.run({ text: 'work', team: 't' })).output, [2, 2])
  })

  it('are computed again from what stands: updates, transactions and merges', async () => {
    const { state, output } = await retried(async (own, attempt) => {
      await own.update('n', (n) => Number(n ?? 0) + 1)
      const draft = await own.fork(`${own.namespace}/draft`)
      await draft.set('merged', attempt)
      await own.merge(draft.namespace, { resolve: ({ theirs }) => theirs?.value })
      return own.transaction(async (tx) => {
        const m = Number((await tx.get('m')) ?? 0) + 10
        tx.set('m', m)
        return m
      })
    })
    assert.deepEqual([await state.get('n'), await state.get('m'), output], [2, 20, 20])
    assert.equal(await state.get('merged'), 2)
  })
})

describe('writes of an agent behind HTTP whose attempt failed', () => {
  it('are those of the attempt that succeeded, and count once where they are the same', async () => {
    const concord = await concordWith({ agents: [agent({ name: 'a', run: () => new Promise(() => {}) })] })
    const server = await serve(concord, { port: 0 })
    const { id: run } = await concord.start({ text: 'x', team: 't' })
    const work = async (attempt: number) => {
      const token = concord.memory.tokens.issue({
        run,
        step: 'a',
        agent: 'a',
        epoch: 1,
        key: `${run}/1/a/0`,
        attempt,
        since: await concord.log.version(`run/${run}`),
        expiresAt: Date.now() + 60_000,
      })
      const state = remoteState({ url: server.url, memoryToken: token })
      await state.set('result', attempt)
      await state.increment('same')
      await state.update('n', (n) => Number(n ?? 0) + 1)
      const put = async (key: string, value: unknown) => {
        const answer = await fetch(`${server.url}/memory/state?key=${key}`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json', 'concord-token': token, 'idempotency-key': key },
          body: JSON.stringify({ value }),
        })
        assert.equal(answer.status, 200, await answer.clone().text())
        return ((await answer.json()) as { version: number }).version
      }
      return [await put('plain', attempt), await put('kept', 1)]
    }
    assert.deepEqual(await work(1), [1, 1])
    assert.deepEqual(await work(1), [1, 1])
    assert.deepEqual(await work(2), [2, 1])
    assert.deepEqual(await work(2), [2, 1])
    const state = concord.state(`run/${run}`)
    const all = Object.fromEntries((await state.list()).map(({ key, value }) => [key, value]))
    assert.deepEqual(all, { kept: 1, n: 2, plain: 2, result: 2, same: 1 })
    await server.close(0)
  })
})
