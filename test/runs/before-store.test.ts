import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { z } from 'zod'
import { agent, type BeforeStore, type ConcordConfig, openConcord, team, tool } from '../../src/index.ts'
import { guardAnswers, guardKnowledge, guardLogger, guardStores } from '../../src/platform/stores.ts'
import { type Logger, silentLogger } from '../../src/ports/logger.ts'
import { sqliteKnowledge } from '../../src/stores/sqlite/knowledge/store.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { volatileKnowledge } from '../../src/stores/volatile/knowledge.ts'
import { volatileStores } from '../../src/stores/volatile/stores.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'

const secret = 'CANARY-4711'

const redacted = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(secret, '[gone]')) as T
const redact: BeforeStore = (_sink, record) => redacted(record)

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-before-store-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const concordOf = async (t: TestContext, config: ConcordConfig) => {
  const concord = await openConcord({ config: { stores: { kind: 'memory' }, team: 't', ...config } })
  t.after(() => concord.close())
  return concord
}

const reads = tool({
  name: 'reads',
  description: '',
  input: z.object({}),
  permission: 'read',
  execute: () => ({ said: secret }),
})

const seen: string[] = []

/** Uses every way by which a value comes into a run, tells what it sees, and waits in the middle. */
const working = () => {
  const model = scriptedModel([`the model says ${secret}`])
  const worker = agent({
    name: 'worker',
    model,
    tools: [reads],
    run: async (input, context) => {
      const step = await context.step('made', () => `made ${secret}`)
      const { output } = await context.tool('reads')
      const { text } = await context.model('say it')
      const child = await context.delegate('small', 'go')
      await context.state.set('key', `kept ${secret}`)
      const kept = await context.state.get('key')
      await context.knowledge.add({ id: 'd', text: `A document about ${secret} and other things.` })
      const all = { input, step, output, text, child, kept }
      seen.push(JSON.stringify(all))
      await context.waitFor('go')
      return all
    },
  })
  const small = team({ agents: [agent({ name: 'c', run: () => `child ${secret}` })] })
  const last = agent({ name: 'last', run: (input) => ({ last: input }) })
  return {
    small,
    t: team({
      agents: [worker, last],
      plan: () => [
        { id: 'work', agent: 'worker', payload: { told: secret } },
        { id: 'end', agent: 'last', payload: { all: { $step: 'work' } } },
      ],
    }),
  }
}

describe('a policy that redacts', () => {
  it('is seen alike by the agent, later steps, whoever asked, the files, and the run after a crash', async (t) => {
    const directory = folderOf(t)
    const lines: string[] = []
    const keep = (fields: object) => void lines.push(JSON.stringify(fields))
    const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep }
    const teams = working()
    seen.length = 0
    const config = { stores: { directory }, teams, beforeStore: redact, logger, embedder: 'none' } as const
    const first = await concordOf(t, config)
    const deltas: string[] = []
    first.onDelta(({ text }) => void deltas.push(text))
    const waiting = await first.run({ text: `do ${secret}`, team: 't', thread: `talk-${secret}` })
    assert.equal(waiting.status, 'waiting')
    await first.close()
    const second = await concordOf(t, config)
    await second.signal(waiting.id, { kind: 'signal', name: 'go', value: secret })
    await second.runner.resume(waiting.id, 'test').catch(() => {})
    const run = await second.runner.settled(waiting.id)
    assert.equal(run.status, 'succeeded', JSON.stringify(run.failure))
    await second.fork(waiting.id, { at: 3 })
    // Executed again from its journal, the agent met the very values that it met the first time.
    assert.equal(seen.length >= 2, true)
    for (const value of seen) assert.equal(value, seen[0])
    for (const told of [
      seen[0],
      JSON.stringify(run.output),
      JSON.stringify(waiting.goal),
      ...lines,
      ...deltas,
    ])
      assert.ok(!told?.includes(secret), told)
    await second.close()
    for (const { name: file } of readdirSync(directory, { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ))
      assert.ok(!readFileSync(join(directory, file)).includes(secret), `${file} holds what was redacted`)
  })

  it('changes neither what an event is nor of which step, so that its run ends', async (t) => {
    const beforeStore: BeforeStore = (_sink, record) => redacted({ ...record, type: 'x', step: 'y', at: 0 })
    const { small } = working()
    const concord = await concordOf(t, { teams: { t: small }, beforeStore })
    assert.equal((await concord.run('x')).output, 'child [gone]')
  })
})

describe('a policy that fails', () => {
  const failing: { [name: string]: unknown } = {
    throws: () => {
      throw new Error('out of order')
    },
    'returns nothing': () => undefined,
    'returns null': () => null,
    'returns text': () => 'no record',
    'returns a promise': async (_sink: string, record: object) => record,
    'returns a promise that rejects': async () => Promise.reject(new Error('later')),
  }
  for (const [name, policy] of Object.entries(failing))
    it(`${name}: is a denial with the reason, and never the end of the process`, async (t) => {
      const unhandled: unknown[] = []
      const note = (error: unknown) => void unhandled.push(error)
      process.on('unhandledRejection', note)
      t.after(() => process.off('unhandledRejection', note))
      const teams = { t: team({ agents: [agent({ name: 'a', run: () => 'said' })] }) }
      const fails = policy as BeforeStore
      const atOnce = await concordOf(t, { teams, beforeStore: fails })
      await assert.rejects(atOnce.run('x'), {
        code: 'policy.denied',
        message: /beforeStore (threw|returned)/,
      })
      // Later, when the run is under way.
      const later: BeforeStore = (sink, record) =>
        'type' in record && record.type === 'step.succeeded' ? fails(sink, record) : record
      const run = await (await concordOf(t, { teams, beforeStore: later })).run('x')
      assert.equal(run.failure?.code, 'policy.denied')
      const onlyLogger: BeforeStore = (sink, record) => (sink === 'logger' ? fails(sink, record) : record)
      const logging = await concordOf(t, { teams, beforeStore: onlyLogger, logger: silentLogger })
      logging.logger.error({ error: new Error('x') }, 'a line')
      assert.equal((await logging.run('x')).output, 'said')
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(unhandled, [])
    })

  it('denies the reason of a failure, too: the run still ends', async (t) => {
    const teams = { t: team({ agents: [agent({ name: 'a', run: () => secret })] }) }
    const beforeStore: BeforeStore = (_sink, record) =>
      JSON.stringify(record).includes(secret) ? { denied: `it holds ${secret}` } : record
    const run = await (await concordOf(t, { teams, beforeStore })).run('x')
    assert.equal(run.status, 'failed')
    assert.ok(!JSON.stringify([run.failure, run.reasons]).includes(secret))
  })
})

describe('sinks', () => {
  /** What each method of a store does for the policy; a new method has to be put here, and guarded if it writes. */
  const guarded: { [part: string]: readonly string[] } = {
    log: ['append', 'admit'],
    state: ['write', 'publish', 'fork'],
    queue: ['enqueue'],
    audit: ['erase', 'drop', 'dropState'],
    knowledge: ['put', 'addVectors'],
  }
  // add, announce and onWrites are how the volatile stores share one list of events, behind the policy.
  const others: { [part: string]: readonly string[] } = {
    log: [
      'onWrites',
      'erase',
      'announce',
      'epoch',
      'rows',
      'add',
      'checkOpen',
      'read',
      'version',
      'query',
      'runs',
      'countRuns',
      'run',
      'onCommit',
      'verify',
      'streams',
      'close',
    ],
    state: 'sweep get peek recorded list history sequence watch subscribe origin close'.split(' '),
    // Leases and keys: identifiers of what the log holds.
    queue: 'take extend acknowledge retry list stats queues requeue remove close onAdded'.split(' '),
    membership: 'self lapses join leave beat members isAlive close'.split(' '),
    audit:
      'snapshot position eventsAfter read heads headAt countEvents walk strays records droppable runsOfSubject runsEndedBefore agedState elsewhere keysWrittenBy'.split(
        ' ',
      ),
    knowledge:
      'get list alike remove lexical nearest vectors centre chunks span unembedded dropVectors embedders stats namespaces sweep lost close'.split(
        ' ',
      ),
  }

  it('are all known: whatever a store can do is guarded, or writes nothing of a run', async (t) => {
    const clock = manualClock()
    const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) }
    const stores = [
      { ...volatileStores({ clock, random: random as never }), knowledge: volatileKnowledge({ clock }) },
      {
        ...(await sqliteStores({
          directory: folderOf(t),
          durability: 'process',
          clock,
          random: random as never,
        })),
        knowledge: await sqliteKnowledge({ directory: folderOf(t), durability: 'process', clock }),
      },
    ]
    for (const raw of stores) {
      const behind = { ...guardStores(raw, redact), knowledge: guardKnowledge(raw.knowledge, redact) }
      for (const [part, object] of Object.entries(behind)) {
        if (typeof object !== 'object' || object instanceof Promise) continue
        const before = Object.entries(raw).find(([name]) => name === part)?.[1] as unknown as {
          [name: string]: unknown
        }
        const after = object as unknown as { [name: string]: unknown }
        for (const name of Object.keys(after)) {
          const isGuarded = guarded[part]?.includes(name)
          assert.ok(isGuarded || others[part]?.includes(name), `${part}.${name} is in no list: may it write?`)
          if (isGuarded) assert.notEqual(after[name], before[name], `${part}.${name} passes the policy by`)
        }
      }
      await raw.knowledge.close()
      await raw.close()
    }
  })

  it('of kept answers and of the logger see plain records: an error with its text, code and causes', () => {
    const kept = new Map<string, unknown>()
    const store = { get: () => undefined, set: (key: string, answer: unknown) => void kept.set(key, answer) }
    const answer = { text: secret, toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, finish: 'stop' }
    void guardAnswers(store, redact).set('k', answer as never)
    assert.match(JSON.stringify([...kept]), /\[gone\]/)
    void guardAnswers(store, () => ({ denied: 'no' })).set('denied', answer as never)
    assert.ok(!kept.has('denied'))
    const lines: object[] = []
    const logger: Logger = { ...silentLogger, error: (fields) => void lines.push(fields) }
    const cause = new Error(`because of ${secret}`)
    const error = Object.assign(new Error(`told ${secret}`, { cause }), {
      code: 'x',
      details: { also: secret },
    })
    guardLogger(logger, redact).error({ error, list: [error] }, `a line of ${secret}`)
    const line = JSON.stringify(lines)
    assert.ok(!line.includes(secret), line)
    assert.match(line, /told \[gone\].*because of \[gone\]/s)
  })
})

it('without a policy a model cache keeps and a run tells what was said', async (t) => {
  const model = scriptedModel([callsTool('reads', {}, 'c1'), 'done'])
  const worker = agent({ name: 'm', model, instructions: 'x', tools: [reads] })
  const concord = await concordOf(t, { teams: { t: team({ agents: [worker] }) } })
  const run = await concord.run('x')
  assert.equal(run.output, 'done')
  assert.ok(JSON.stringify(await concord.events(run.id)).includes(secret))
})
