import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { remoteMemory } from '../../src/client.ts'
import { type AgentMemory, agent, type Json, openConcord, serve, team } from '../../src/index.ts'
import type { MemoryPolicy } from '../../src/policy/memory.ts'

const canary = 'CANARY-4711'

/** All that an agent can read, as text; what is refused is its code. */
const readings = async (memory: AgentMemory): Promise<string> => {
  const { state, knowledge, log } = memory
  const tried = [
    () => log.read(),
    () => memory.recalled(),
    () => memory.thread(),
    () => memory.subject().facts(),
    () => memory.subject().recall('what is known'),
    ...['thread/talk', 'subject/ann'].flatMap((name) => [
      () => state.in(name).list(),
      () => state.in(name).history('note'),
      () => state.in(name).get('note'),
      () => knowledge.in(name).search(canary),
      () => knowledge.in(name).list(),
    ]),
    () => knowledge.search(canary, { filter: { subject: 'ann' } }),
  ]
  const told: unknown[] = []
  for (const attempt of tried)
    try {
      told.push(await attempt())
    } catch (error) {
      told.push((error as { code?: string }).code ?? String(error))
    }
  return JSON.stringify(told)
}

/** A second run of a thread about a subject of whom something is known; what its agents saw, here and elsewhere. */
const second = async (policy: MemoryPolicy) => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', async () => {
      const { headers } = request
      const memory = remoteMemory({
        url: String(headers['concord-memory']),
        memoryToken: String(headers['concord-token']),
      })
      seen.push(await readings(memory))
      response.end('"done"')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const looking = agent({
    name: 'here',
    run: async (input, context) => {
      seen.push(JSON.stringify(input), await readings(context))
      return 'done'
    },
  })
  const planner = agent<unknown, Json>({
    name: 'planner',
    run: async (input, context) => {
      seen.push(JSON.stringify(input), await readings(context))
      return {
        steps: [
          { id: 'here', agent: 'here', payload: 1 },
          { id: 'elsewhere', agent: 'elsewhere', payload: 1 },
          { id: 'boss', agent: 'boss', payload: 1 },
        ],
      }
    },
  })
  const boss = agent({ name: 'boss', run: (_, context) => context.delegate('inner', 'look') })
  const concord = await openConcord({
    config: {
      stores: { kind: 'memory' },
      teams: {
        open: team({ agents: [agent({ name: 'answering', run: () => `the answer ${canary}` })] }),
        closed: team({
          agents: [looking, agent({ name: 'elsewhere', url }), boss],
          planner,
          policy: { memory: policy },
        }),
        inner: team({ agents: [looking], policy: { memory: policy } }),
      },
    },
  })
  try {
    const { close } = await serve(concord, { port: 0 })
    try {
      const about = { thread: 'talk', subject: 'ann' }
      await concord.run({ text: `asked ${canary}`, team: 'open', ...about })
      await concord.subject('ann').remember(`Her code is ${canary}.`)
      for (const name of ['thread/talk', 'subject/ann']) {
        await concord.state(name).set('note', canary)
        await concord.knowledge(name).add({ text: `A document with ${canary}`, subject: 'ann' })
      }
      const run = await concord.run({ text: 'what is known', team: 'closed', ...about })
      assert.equal(run.status, 'succeeded', run.failure?.message)
      const { id: fork } = await concord.fork(run.id, { at: 1 })
      await concord.runner.settled(fork)
      const events = [...(await concord.events(run.id)), ...(await concord.events(fork))]
      return { seen: seen.join('\n'), count: seen.length, events: JSON.stringify(events) }
    } finally {
      await close(0)
    }
  } finally {
    await concord.close()
    server.close()
  }
}

describe('an area of the memory that a policy denies', () => {
  it('is seen by the agents of a team that may', async () => {
    const { seen, events } = await second({})
    assert.match(seen, new RegExp(canary))
    assert.match(events, new RegExp(canary))
  })

  it('is seen in no way: not in events, by planners, in child runs, in forks, here or elsewhere', async () => {
    const { seen, count, events } = await second({ thread: 'none', subject: 'none' })
    assert.ok(count >= 12, String(count))
    assert.doesNotMatch(seen, new RegExp(canary))
    assert.doesNotMatch(events, new RegExp(canary))
  })
})
