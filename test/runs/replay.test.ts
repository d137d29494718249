import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/domain/json.ts'
import { type AnyAgent, agent, type Concord, openConcord, team, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { seed } from '../seed.ts'
import { anything, concordWith, decide } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'concord-replay-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let stores = 0

/** A tool that notes what it was called with. */
const noting = (effects: unknown[], name = 'pay') =>
  tool<unknown, Json>({
    name,
    description: 'Notes.',
    input: anything,
    permission: 'read',
    execute: (input, { idempotencyKey }) => {
      effects.push({ input, key: idempotencyKey })
      return { did: input as never }
    },
  })

/** Opens one store with one version of the code after the other. */
const versions = () => {
  const path = join(folder, `${stores++}`)
  let open: Concord | undefined
  after(() => open?.close())
  return async (...agents: AnyAgent[]): Promise<Concord> => {
    await open?.close()
    const plan = () => [{ id: 'a', agent: agents[0]?.name ?? '' }]
    open = await openConcord({
      config: { stores: { directory: path }, teams: { t: team({ agents, plan }) } },
    })
    return open
  }
}

const resumed = async (concord: Concord, id: string) => {
  await concord.runner.resume(id, 'test').catch(() => {})
  return concord.runner.settled(id)
}

describe('code that changed under a waiting run', () => {
  it('asks a person again what reads otherwise now, and takes no answer for another question', async () => {
    const version = versions()
    const paying = agent({ name: 'x', run: async (_, context) => context.approve('Pay 10 to Anna?') })
    const first = await version(paying)
    const { id } = await first.run({ text: 'x', team: 't' })
    await decide(first, id, { kind: 'approve' })
    const deleting = agent({ name: 'x', run: async (_, context) => context.approve('Delete all files?') })
    const second = await version(deleting)
    assert.equal((await resumed(second, id)).status, 'waiting')
    assert.equal((await second.waits(id))[0]?.prompt, 'Delete all files?')
    await decide(second, id, { kind: 'reject' })
    assert.equal((await resumed(second, id)).output, false)
  })

  for (const [what, before, now] of [
    [
      'a tool with other input',
      (c) => c.tool('pay', { to: 'Anna' }),
      (c) => c.tool('pay', { to: 'Mallory' }),
    ],
    ['a model with other words', (c) => c.model('one'), (c) => c.model('two')],
    ['another agent with other input', (c) => c.call('sub', 1), (c) => c.call('sub', 2)],
    ['a child run with another goal', (c) => c.delegate('child', 'a'), (c) => c.delegate('child', 'b')],
  ] satisfies [string, (c: Context) => Promise<unknown>, (c: Context) => Promise<unknown>][])
    it(`fails with replay.diverged when it calls ${what}, though the agent swallows it`, async () => {
      const path = join(folder, `${stores++}`)
      const effects: unknown[] = []
      const model = scriptedModel(() => {
        effects.push('model')
        return 'said'
      })
      const open = (calls: (context: Context) => Promise<unknown>) => {
        const work = agent({
          name: 'x',
          model,
          tools: [noting(effects)],
          run: async (_, context) => {
            const done = await calls(context).catch(() => 'swallowed')
            await context.ask('continue?')
            return done
          },
        })
        const sub = agent({ name: 'sub', run: (n, context) => context.step('n', () => effects.push(n)) })
        const inner = agent<unknown, unknown>({ name: 'c', run: () => effects.push('child') })
        return openConcord({
          config: {
            stores: { directory: path },
            teams: {
              t: team({ agents: [work, sub], plan: () => [{ id: 'a', agent: 'x' }] }),
              child: team({ agents: [inner] }),
            },
          },
        })
      }
      const first = await open(before)
      const { id } = await first.run({ text: 'x', team: 't' })
      await decide(first, id, { kind: 'answer', value: 1 })
      await first.close()
      const second = await open(now)
      try {
        const run = await resumed(second, id)
        assert.equal(run.failure?.code, 'replay.diverged', JSON.stringify(run))
        assert.match(run.failure?.message ?? '', /restore the code, or fork/)
        assert.equal(effects.length, 1, JSON.stringify(effects))
      } finally {
        await second.close()
      }
    })

  it('lets calls be added, left out and put in another order', async () => {
    const version = versions()
    const effects: unknown[] = []
    const tools = [noting(effects), noting(effects, 'log')]
    const first = await version(
      agent({
        name: 'x',
        tools,
        run: async (_, context) => {
          await context.step('s', () => effects.push('s'))
          await context.tool('log', 'gone')
          await context.tool('pay', 1)
          await context.tool('pay', 2)
          await context.ask('?')
        },
      }),
    )
    const { id } = await first.run({ text: 'x', team: 't' })
    await decide(first, id, { kind: 'answer', value: 1 })
    const second = await version(
      agent({
        name: 'x',
        tools,
        run: async (_, context) => {
          await context.tool('pay', 2)
          await context.step('added', () => effects.push('added'))
          await context.tool('pay', 1)
          await context.step('s', () => effects.push('again'))
          return context.ask('?')
        },
      }),
    )
    const run = await resumed(second, id)
    assert.equal(run.output, 1, JSON.stringify(run.failure))
    assert.deepEqual(
      effects.map((effect) => (typeof effect === 'string' ? effect : (effect as { input: unknown }).input)),
      ['s', 'gone', 1, 2, 'added'],
    )
  })

  it('fails a model agent whose instructions are others now', async () => {
    const version = versions()
    const effects: unknown[] = []
    const pay = { ...noting(effects), requireApproval: true }
    const model = scriptedModel(({ messages }) =>
      messages.length < 4 ? { toolCalls: [{ id: 'c', tool: 'pay', input: { to: 'Anna' } }] } : 'done',
    )
    const first = await version(agent({ name: 'x', instructions: 'Pay.', model, tools: [pay] }))
    const { id } = await first.run({ text: 'x', team: 't' })
    await decide(first, id, { kind: 'approve' })
    const second = await version(agent({ name: 'x', instructions: 'Pay twice.', model, tools: [pay] }))
    assert.equal((await resumed(second, id)).failure?.code, 'replay.diverged')
    assert.deepEqual(effects, [])
    assert.equal(model.calls(), 1)
  })
})

type Context = Parameters<NonNullable<AnyAgent['run']>>[1]

describe('branches of one step', () => {
  it('get their own answers after a crash, whatever order they complete in, and steps too', async () => {
    const effects: unknown[] = []
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>())
    const slow = tool({
      ...noting(effects, 'a'),
      execute: async (input) => {
        if (typeof input === 'number') await gates[input]?.promise
        effects.push(input)
        return { of: input as never }
      },
    })
    const work = agent({
      name: 'x',
      tools: [slow],
      run: async (_, context) => {
        const branches = [0, 1, 2].map(async (i) => {
          await context.tool('a', i)
          const second = await context.tool('a', `${i}x`)
          const third = await context.step('save', () => `saved ${i}`)
          // The others may come to their calls now: the last first.
          if (i > 0) gates[i - 1]?.resolve()
          return [second.output, third]
        })
        const found = await Promise.all(branches)
        await context.ask('continue?')
        return found
      },
    })
    const concord = await concordWith({ agents: [work], plan: () => [{ id: 'a', agent: 'x' }] })
    gates[2]?.resolve()
    const { id } = await concord.run({ text: 'x', team: 't' })
    await decide(concord, id, { kind: 'answer', value: 1 })
    const run = await resumed(concord, id)
    assert.deepEqual(
      run.output,
      [0, 1, 2].map((i) => [{ of: `${i}x` }, `saved ${i}`]),
      JSON.stringify(run.failure),
    )
    assert.equal(effects.length, 6)
  })

  it('of which some had not ended are finished, without failing and without repeating the others', async () => {
    const version = versions()
    const effects: unknown[] = []
    const began = Promise.withResolvers<void>()
    const hanging = tool({
      ...noting(effects, 'a'),
      execute: (input) => {
        if (input === 0) return new Promise(() => {})
        effects.push(input)
        if (effects.length === 2) began.resolve()
        return input as number
      },
    })
    const running = (a: typeof hanging) =>
      agent({
        name: 'x',
        tools: [a],
        run: async (_, context) =>
          Promise.all([0, 1, 2].map(async (i) => (await context.tool('a', i)).output ?? null)),
      })
    const first = await version(running(hanging))
    const { id } = await first.start({ text: 'x', team: 't' })
    await began.promise
    const quick = tool({
      ...noting(effects, 'a'),
      execute: (input) => effects.push(input) && (input as number),
    })
    const second = await version(running(quick))
    await second.signal(id, { kind: 'resume' })
    const run = await resumed(second, id)
    assert.deepEqual(run.output, [0, 1, 2], JSON.stringify(run))
    assert.deepEqual(effects, [1, 2, 0])
  })

  it('may not begin steps of one name at one place, where nothing tells them apart', async () => {
    const began = Promise.withResolvers<void>()
    const work = agent({
      name: 'x',
      attemptsMax: 1,
      run: async (_, context) => {
        const save = async (ms: number) => {
          await new Promise((resolve) => setTimeout(resolve, ms))
          return context.step('save', () => began.promise.then(() => 1))
        }
        try {
          await Promise.all([save(1), save(2)])
        } finally {
          began.resolve()
        }
      },
    })
    const concord = await concordWith({ agents: [work] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'input.invalid')
    assert.match(run.failure?.message ?? '', /name the steps apart/)
  })

  it('in a loop may all have one name', async () => {
    const effects: number[] = []
    const work = agent({
      name: 'x',
      run: async (_, context) => {
        const found: number[] = []
        for (let i = 0; i < 3; i++) found.push(await context.step('save', () => effects.push(i) * 10))
        await context.ask('?')
        return found
      },
    })
    const concord = await concordWith({ agents: [work], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't' })
    await decide(concord, id, { kind: 'answer', value: 1 })
    assert.deepEqual((await resumed(concord, id)).output, [10, 20, 30])
    assert.deepEqual(effects, [0, 1, 2])
  })
})

describe('a retry of a step', () => {
  it('calls a tool again that had failed, with the same key, and not one that had answered', async () => {
    const keys: string[] = []
    let others = 0
    const failing = tool({
      ...noting([], 'flaky'),
      execute: (_, { idempotencyKey }) => {
        keys.push(idempotencyKey)
        if (keys.length < 3) throw new Error('503')
        return 'worked'
      },
    })
    const other = tool({ ...noting([], 'other'), execute: () => ++others })
    const work = agent({
      name: 'x',
      tools: [failing, other],
      run: async (_, context) => {
        await context.tool('other', 1)
        const { output, failed } = await context.tool('flaky', 1)
        if (failed !== undefined) {
          await context.tool('other', `after ${failed}`)
          throw new Error(failed)
        }
        await context.tool('other', 'after success')
        return output ?? null
      },
    })
    const concord = await concordWith({ agents: [work] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'worked', JSON.stringify(run.failure))
    assert.equal(keys.length, 3)
    assert.equal(new Set(keys).size, 1)
    assert.equal(others, 3)
  })

  it('starts another child run for one that had failed', async () => {
    let runs = 0
    const inner = agent<unknown, unknown>({
      name: 'c',
      attemptsMax: 1,
      run: () => {
        if (++runs === 1) throw new Error('once')
        return 'worked'
      },
    })
    const boss = agent({ name: 'boss', run: (_, context) => context.delegate('child', 'go') })
    const concord = await concordWith(
      { agents: [boss], plan: () => [{ id: 'a', agent: 'boss' }] },
      { teams: { child: team({ agents: [inner] }) } },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 'worked', JSON.stringify(run.failure))
    assert.equal((await concord.runs({ parent: run.id })).length, 2)
  })

  it('gives the failure that the agent saw when it is executed again in the same attempt', async () => {
    let calls = 0
    const failing = tool({
      ...noting([], 'flaky'),
      execute: () => {
        calls++
        throw new Error('503')
      },
    })
    const work = agent({
      name: 'x',
      tools: [failing],
      run: async (_, context) => {
        const { failed } = await context.tool('flaky', 1)
        await context.ask('continue?')
        return failed ?? null
      },
    })
    const concord = await concordWith({ agents: [work], plan: () => [{ id: 'a', agent: 'x' }] })
    const { id } = await concord.run({ text: 'x', team: 't' })
    await decide(concord, id, { kind: 'answer', value: 1 })
    assert.equal((await resumed(concord, id)).output, '503')
    assert.equal(calls, 1)
  })

  it('makes the calls it made before, also where it uses its state', async () => {
    const effects: unknown[] = []
    let executions = 0
    const x = agent({
      name: 'x',
      tools: [noting(effects)],
      run: async (_, context) => {
        const amount = ++executions
        await context.state.set('used', true)
        await context.tool('pay', { amount })
        if (amount === 1) throw new Error('later')
        return amount
      },
    })
    const concord = await concordWith({ agents: [x], plan: () => [{ id: 'a', agent: 'x' }] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'replay.diverged')
    assert.equal(effects.length, 1)
  })

  it('may do something else in each attempt where the agent looks at it', async () => {
    const effects: unknown[] = []
    const work = agent({
      name: 'x',
      tools: [noting(effects)],
      run: async (_, context) => {
        const { attempt } = context
        await context.tool('pay', { attempt })
        if (attempt === 1) throw new Error('once')
        return attempt
      },
    })
    const concord = await concordWith({ agents: [work] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.output, 2, JSON.stringify(run.failure))
    assert.equal(effects.length, 2)
  })
})

describe('a signal that a step waits for', () => {
  it('is one for each time it waits, sent before or after, in agents it calls as well', async () => {
    const inner = agent({ name: 'inner', run: (_, context) => context.waitFor('go') })
    const work = agent({
      name: 'x',
      run: async (_, context) => [
        await context.waitFor('go'),
        await context.waitFor('go'),
        await context.call('inner', 1),
        await context.waitFor('go'),
      ],
    })
    const concord = await concordWith({
      agents: [work, inner],
      plan: () => [{ id: 'a', agent: 'x', forEach: [1, 2] }],
    })
    const { id } = await concord.run({ text: 'x', team: 't' })
    for (const value of [1, 2, 3, 4])
      for (const step of ['a/0', 'a/1']) {
        await concord.signal(id, { kind: 'signal', name: 'go', step, value: `${step}:${value}` })
        if (value !== 2) await resumed(concord, id)
      }
    const run = await resumed(concord, id)
    const of = (step: string) => [1, 2, 3, 4].map((value) => `${step}:${value}`)
    assert.deepEqual(run.output, [of('a/0'), of('a/1')], JSON.stringify(run.failure))
  })
})

type Branch = { calls: ('tool' | 'step' | 'ask' | 'call')[]; turns: number[] }

const branch = fc.record({
  calls: fc.array(fc.constantFrom('tool', 'step', 'ask', 'call') as fc.Arbitrary<Branch['calls'][number]>, {
    minLength: 1,
    maxLength: 4,
  }),
  turns: fc.array(fc.nat(6), { minLength: 12, maxLength: 12 }),
})

describe('any agent whose branches come to their calls in another order at each execution', () => {
  it('returns what it would have returned undisturbed, each call made for it answering once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(branch, { minLength: 1, maxLength: 4 }), async (branches) => {
        let executions = 0
        const acknowledged = new Map<string, number>()
        const echo = tool<unknown, Json>({
          ...noting([], 'echo'),
          execute: (input) => input as Json,
        })
        const inner = agent<unknown, unknown>({
          name: 'inner',
          run: async (input, context) => [
            (await context.tool('echo', input as Json)).output ?? null,
            await context.step('save', () => `inner ${String(input)}`),
          ],
          tools: [echo],
        })
        const x = agent({
          name: 'x',
          tools: [echo],
          run: async (_, context) => {
            const execution = executions++
            const one = async ({ calls, turns }: Branch, b: number) => {
              const found: unknown[] = []
              for (const [i, call] of calls.entries()) {
                const name = `${b}.${i}`
                if (call === 'tool') found.push((await context.tool('echo', name)).output)
                else if (call === 'step') found.push(await context.step('save', () => `save ${name}`))
                else if (call === 'ask') found.push(await context.ask(`${name}?`))
                else found.push(await context.call('inner', name))
                // Some turns of the event loop, others in each execution.
                const wait = turns[(i + execution * 3) % turns.length] ?? 0
                for (let n = 0; n < wait; n++) await new Promise(setImmediate)
              }
              return found
            }
            return Promise.all(
              branches.map((each, b) => context.call('inner', `start ${b}`).then(() => one(each, b))),
            )
          },
        })
        const concord = await openConcord({
          config: {
            stores: { kind: 'memory' },
            teams: { t: team({ agents: [x, inner], plan: () => [{ id: 'a', agent: 'x' }] }) },
          },
        })
        try {
          let run = await concord.runner.run({ goal: { text: 'x', team: 't' } })
          for (let n = 0; run.status === 'waiting' && n < 20; n++) {
            const [wait] = await concord.waits(run.id)
            await concord.signal(run.id, {
              kind: 'answer',
              hash: wait?.hash ?? '',
              value: `answer ${wait?.prompt}`,
            })
            run = await resumed(concord, run.id)
          }
          const value = (call: string, name: string): unknown =>
            ({ tool: name, step: `save ${name}`, ask: `answer ${name}?`, call: [name, `inner ${name}`] })[
              call
            ]
          assert.deepEqual(
            run.output,
            branches.map(({ calls }, b) => calls.map((call, i) => value(call, `${b}.${i}`))),
            JSON.stringify(run.failure),
          )
          for (const event of await concord.events(run.id))
            if (event.type === 'tool.answered' || event.type === 'step.recorded')
              acknowledged.set(event.data.call, (acknowledged.get(event.data.call) ?? 0) + 1)
          for (const [call, times] of acknowledged) assert.equal(times, 1, call)
        } finally {
          await concord.close()
        }
      }),
      { numRuns: 40, seed },
    )
  })
})
