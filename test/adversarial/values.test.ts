import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runStream } from '../../src/domain/names.ts'
import { agent, type BeforeStore } from '../../src/index.ts'
import { systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { machineClock } from '../../src/testing/clock.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { concordWith, eventOf } from '../runs/fixture.ts'

const cyclic = (): unknown => {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

const thrower = (what: unknown) => () => {
  throw what
}

const errorWith = (members: object): Error => Object.defineProperties(new Error('x'), membersOf(members))
const membersOf = (members: object): PropertyDescriptorMap =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      typeof value === 'function' && name !== 'code' ? { get: value } : { value },
    ]),
  )

/** Each is returned or thrown by an agent; the run must end failed, with a reason that is text, and say so in its log. */
const hostile: { [what: string]: () => unknown } = {
  'a cycle': cyclic,
  'a toJSON that throws': () => ({ toJSON: thrower(new Error('no JSON of me')) }),
  'a toJSON that returns itself': () => {
    const value = { toJSON: (): unknown => value }
    return value
  },
  'a getter that throws': () => Object.defineProperty({}, 'x', { enumerable: true, get: thrower('got') }),
  'a proxy whose keys throw': () => new Proxy({}, { ownKeys: thrower(new Error('no keys')) }),
  'a function': () => () => 1,
  'a bigint deep inside': () => ({ a: [{ b: 1n }] }),
  'a thrown null': thrower(null),
  'a thrown object without prototype': thrower(Object.create(null)),
  'an error whose message is a symbol': thrower(errorWith({ message: Symbol('secret') })),
  'an error whose message is cyclic': thrower(errorWith({ message: cyclic() })),
  'an error whose message throws': thrower(errorWith({ message: thrower(new Error('again')) })),
  'an error whose code throws': thrower(errorWith({ code: 1, name: thrower(new Error('no name')) })),
  'an error of ours with details no log can hold': thrower(
    errorWith({ code: 'agent.failed', details: cyclic() }),
  ),
  'an error whose code every object has': thrower(errorWith({ code: 'constructor' })),
  'an error of a million characters': thrower(new Error('x'.repeat(1_000_000))),
}

describe('an agent that returns or throws rubbish', () => {
  for (const [what, make] of Object.entries(hostile))
    for (const asynchronous of [false, true])
      it(`fails its run and nothing else: ${what}${asynchronous ? ', later' : ''}`, async () => {
        const concord = await concordWith({
          agents: [
            agent<unknown, unknown>({
              name: 'bad',
              attemptsMax: 1,
              run: asynchronous ? async () => make() : () => make(),
            }),
          ],
        })
        const run = await concord.run({ text: 'x', team: 't' })
        assert.equal(run.status, 'failed')
        const last = (await concord.events(run.id)).at(-1)
        assert.ok(last?.type === 'run.failed')
        assert.equal(typeof last.data.failure.message, 'string')
        assert.ok(last.data.failure.message.length < 20_000, 'the message is bounded')
        assert.deepEqual(JSON.parse(JSON.stringify(last.data)), last.data)
      })

  it('a result with writes that no store takes fails its step: the log must not be refused for ever', async () => {
    const writes: { [what: string]: unknown } = {
      'too large': { key: 'k', value: 'x'.repeat(5 * 1024 * 1024) },
      'no key a store can hold': { key: '', value: 1 },
      'a time to live below zero': { key: 'k', value: 1, ttlMs: -1 },
      'a condition, which is not kept': { key: 'k', value: 1, ifVersion: 3 },
      'a namespace that is empty': { namespace: '', key: 'k', value: 1 },
    }
    for (const [what, write] of Object.entries(writes)) {
      const concord = await concordWith({
        agents: [
          agent({ name: 'bad', attemptsMax: 1, run: () => ({ output: 1, writes: [write] as never }) }),
        ],
      })
      const run = await concord.run({ text: 'x', team: 't' })
      assert.equal(run.status, 'failed', what)
      assert.equal((await concord.log.run(run.id))?.status, 'failed', what)
    }
  })

  it('what a policy forbids to store ends the run with that reason', async () => {
    const beforeStore: BeforeStore = (_sink, record) =>
      JSON.stringify(record).includes('hunter2') ? { denied: 'it holds a secret' } : record
    const concord = await concordWith(
      { agents: [agent({ name: 'leaks', run: () => 'hunter2' })] },
      { beforeStore },
    )
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.equal(run.failure?.code, 'policy.denied')
    assert.equal((await concord.log.run(run.id))?.status, 'failed')
    assert.equal(JSON.stringify(await concord.events(run.id)).includes('hunter2'), false)
  })

  it('a promise of another kind is waited for', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    const thenable = { then: (resolve: (value: unknown) => void) => queueMicrotask(() => resolve('later')) }
    const concord = await concordWith({
      agents: [agent<unknown, unknown>({ name: 'knex', run: () => thenable })],
    })
    assert.equal((await concord.run({ text: 'x', team: 't' })).output, 'later')
  })

  it('a promise left behind by an agent that is no longer wanted brings nobody down', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const gate = Promise.withResolvers<void>()
    const forgetful = agent({
      name: 'forgetful',
      run: (_input, context) => {
        void gate.promise.then(() => {
          void context.step('later', () => 1)
          void context.tool('none')
          void context.model('hello')
          void context.call('nobody', 1)
          void context.delegate('nobody', 'x')
          void context.approve('?')
          void context.ask('?')
          void context.waitFor('x')
          void context.sleep(5000)
        })
        return 'done'
      },
    })
    const concord = await concordWith({ agents: [forgetful] })
    assert.equal((await concord.run({ text: 'x', team: 't' })).output, 'done')
    gate.resolve()
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', listen)
    assert.deepEqual(unhandled, [])
  })
})

describe('what an agent changes later', () => {
  it('changes neither the log nor the journal nor what others see', async () => {
    type Box = { n: number }
    const vandal = agent({
      name: 'vandal',
      attemptsMax: 2,
      run: async (_input, context) => {
        const kept = { n: 1 }
        const step = (await context.step('s', () => kept)) as Box
        kept.n = 99
        const seen = [step.n]
        step.n = 99
        const before = context.result('first') as Box
        seen.push(before.n)
        before.n = 99
        const state = (await context.state.get('step:first')) as Box
        seen.push(state.n)
        state.n = 99
        const goal = context.goal
        ;(goal.params as { n: number }).n = 99
        const answer = await context.model('hello', { model: scriptedModel(['said']) })
        seen.push(Number(answer.text === 'said'))
        answer.text = 'changed'
        if (context.attempt === 1) throw new Error('once')
        return seen
      },
    })
    const first = agent({ name: 'first', run: () => ({ n: 1 }) })
    const last = agent<{ a: unknown; b: unknown }, unknown>({
      name: 'last',
      run: (input, context) => ({ ...input, params: context.goal.params }),
    })
    const concord = await concordWith({
      agents: [vandal, first, last],
      plan: () => [
        { id: 'first', agent: 'first' },
        { id: 'vandal', agent: 'vandal' },
        { id: 'last', agent: 'last', payload: { a: { $step: 'first' }, b: { $step: 'vandal' } } },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't', params: { n: 1 } })
    assert.deepEqual(run.output, { a: { n: 1 }, b: [1, 1, 1, 1], params: { n: 1 } })
    assert.equal(JSON.stringify(await concord.events(run.id)).includes('"n":99'), false)
    assert.equal(JSON.stringify(await concord.events(run.id)).includes('changed'), false)
  })

  it('a value of ctx.step is the same the first time as when it comes from the journal', async () => {
    const seen: unknown[] = []
    const dated = agent({
      name: 'dated',
      run: async (_input, context) => {
        const at: unknown = await context.step('at', () => new Date(0) as never)
        seen.push(at)
        if (context.attempt === 1) throw new Error('once')
        return 'ok'
      },
    })
    const concord = await concordWith({ agents: [dated] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'succeeded')
    assert.deepEqual(seen, ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'])
  })

  it('every write to another namespace counts, however the namespace is reached', async () => {
    const writer = agent({
      name: 'writer',
      run: async (_input, context) => {
        for (const n of [1, 2, 3]) await context.state.in('team/t').set('k', n)
        await context.state.in('team/t').update('sum', (sum) => Number(sum ?? 0) + 1)
        await context.state.in('team/t').update('sum', (sum) => Number(sum ?? 0) + 1)
        return [await context.state.in('team/t').get('k'), await context.state.in('team/t').get('sum')]
      },
    })
    const concord = await concordWith({ agents: [writer] })
    assert.deepEqual((await concord.run({ text: 'x', team: 't' })).output, [3, 2])
  })

  it('an agent that goes on after its step was redone or timed out writes no state any more', async () => {
    const late = Promise.withResolvers<unknown>()
    const gate = Promise.withResolvers<void>()
    const zombie = agent({
      name: 'zombie',
      attemptsMax: 1,
      timeoutMs: 20,
      run: async (_input, context) => {
        await gate.promise
        await context.state.set('k', 'from the grave').then(
          () => late.resolve('written'),
          (error) => late.resolve(error.code),
        )
        return 1
      },
    })
    const concord = await concordWith({ agents: [zombie] })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.failure?.code, 'agent.timeout')
    gate.resolve()
    assert.equal(await late.promise, 'epoch.stale')
    assert.equal(await concord.state(`run/${run.id}`).get('k'), undefined)
  })
})

describe('an owner that was replaced and does not know it', () => {
  it('adds no knowledge, forgets none and publishes nothing any more', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'concord-late-'))
    const heard: unknown[] = []
    const late = agent({
      name: 'late',
      attemptsMax: 1,
      run: async (_input, context) => {
        await context.knowledge.add({ id: 'early', text: 'what was known in time' })
        const stores = await sqliteStores({
          directory,
          durability: 'process',
          clock: machineClock,
          random: systemRandom(),
        })
        const stream = runStream(context.runId)
        const expectedVersion = await stores.log.version(stream)
        const data = { owner: 'another', epoch: 2 }
        await stores.log.append({
          ...{ stream, expectedVersion, epoch: 2 },
          events: [{ type: 'run.claimed', at: context.now(), run: context.runId, data }],
        })
        await stores.close()
        const codeOf = (done: Promise<unknown>) =>
          done.then(
            () => 'done',
            ({ code }) => code,
          )
        heard.push(await codeOf(context.knowledge.add({ id: 'late', text: 'from the grave' })))
        heard.push(await codeOf(context.knowledge.update('early', { text: 'otherwise' })))
        heard.push(await codeOf(context.knowledge.forget('early')))
        heard.push(await codeOf(context.state.publish('c', 1)))
        heard.push((await context.knowledge.search('known in time')).length)
        return 1
      },
    })
    const concord = await concordWith({ agents: [late] }, { stores: { directory } })
    await concord.run({ text: 'x', team: 't' }).catch(() => {})
    const stale = 'epoch.stale'
    assert.deepEqual(heard, [stale, stale, stale, stale, 1])
    assert.deepEqual(
      (await concord.knowledge().list()).map(({ id }) => id),
      ['early'],
    )
    await concord.close()
    await rm(directory, { recursive: true, force: true })
  })
})

describe('usage that no provider can mean', () => {
  for (const usage of [
    { inputTokens: Number.NaN, outputTokens: Number.NaN },
    { inputTokens: -1_000_000, outputTokens: 0 },
  ])
    it(`does not open the budget: ${usage.inputTokens} tokens`, async () => {
      const model = scriptedModel(() => ({ text: 'x', usage }), { outputTokensMax: 100 })
      const greedy = agent({
        name: 'greedy',
        attemptsMax: 1,
        run: async (_input, context) => {
          for (let i = 0; i < 100; i++) await context.model('hello', { model })
          return 'all'
        },
      })
      const concord = await concordWith({ agents: [greedy] })
      const run = await concord.run({ text: 'x', team: 't', budget: { tokens: 1000 } })
      assert.equal(run.failure?.code, 'budget.exhausted')
      assert.ok(model.calls() < 50, `${model.calls()} calls`)
    })
})

describe('what comes from outside', () => {
  it('a budget that is no number is refused: compared with it nothing is too much', async () => {
    const concord = await concordWith({ agents: [agent({ name: 'a', run: () => 1 })] })
    for (const budget of [
      { tokens: Number.NaN },
      { tokens: '5' as never },
      { money: -1 },
      { steps: null as never },
    ])
      await assert.rejects(concord.run({ text: 'x', team: 't', budget }), { code: 'input.invalid' })
  })

  it('a run id is a name: neither empty nor a path nor half a character', async () => {
    const concord = await concordWith({ agents: [agent({ name: 'a', run: () => 1 })] })
    for (const id of ['', 'a/b', '../x', 'a b', '\ud800', 'a'.repeat(2000), 'a\0'])
      await assert.rejects(concord.start({ text: 'x', team: 't' }, { id }), { code: 'input.invalid' })
    const run = await concord.run({ text: 'x', team: 't' }, { id: '__proto__' })
    assert.equal(run.output, 1)
    await eventOf(concord, '__proto__', (event) => event.type === 'run.succeeded')
  })

  it('a password in an agent’s address is told to nobody', async () => {
    const concord = await concordWith({
      agents: [{ name: 'far', attemptsMax: 1, url: 'http://user:hunter2@127.0.0.1:1/run' }],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.equal(run.status, 'failed')
    assert.equal(JSON.stringify(await concord.events(run.id)).includes('hunter2'), false)
  })
})
