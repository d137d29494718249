import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AgentContext, agent, tool } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/model.ts'
import { anything, concordWith } from './fixture.ts'

/*
 * An agent's code tries to reach what is behind its context: by every property, symbol, getter and
 * prototype of all that it is given, by what its calls return and by what they throw.
 */

/** Objects that every program has: what hangs on them was not handed out by the context. */
const common = new Set<unknown>([
  ...[globalThis, process],
  ...[Object, Function, Array, Promise, Map, Set, WeakMap, Error, Date, RegExp].flatMap((each) => [
    each,
    each.prototype,
  ]),
])

/** Whatever can be reached from a value, with the path that leads to it. */
const reachable = (from: { [name: string]: unknown }): Map<object, string> => {
  const found = new Map<object, string>()
  const open = Object.entries(from).map(([path, value]) => ({ path, value }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, value } = next
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue
    if (common.has(value) || found.has(value)) continue
    found.set(value, path)
    for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner)) {
      if (common.has(owner)) break
      if (owner !== value) open.push({ path: `${path}.__proto__`, value: owner })
      for (const key of Reflect.ownKeys(owner))
        try {
          open.push({ path: `${path}.${String(key)}`, value: Reflect.get(owner, key, value) })
        } catch {
          // A getter of a prototype, asked of the prototype.
        }
    }
    if (value instanceof Map || value instanceof Set)
      open.push({ path: `${path}[...]`, value: [...value.entries()] })
  }
  return found
}

/** Members that only the inside of the house has. */
const inside = new Set([
  ...['append', 'admit', 'onCommit', 'claim', 'journal', 'execution', 'services', 'runner', 'stores'],
  ...['replay', 'note', 'record', 'mayAct', 'mayAct_', 'cancellation', 'operation', 'incarnation', 'sweep'],
  ...['underWay', 'transport', 'beforeStore', 'membership', 'definition', 'child', 'erase', 'db', 'file'],
])

/** Names and numbers in what is read of the log are data. */
const isPart = (value: object, key: string): boolean => {
  const member: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
  return typeof member === 'function' || typeof member === 'object'
}

const given: { [name: string]: unknown } = {}

const touched = tool({
  name: 'touched',
  description: 'Keeps what it is given.',
  input: anything,
  permission: 'compute',
  execute: (_input, context) => {
    given.tool = context
    return { done: true }
  },
})

const other = agent({ name: 'other', run: () => ({ said: 'a word' }) })

const curious = agent({
  name: 'curious',
  model: scriptedModel(() => 'a word'),
  tools: [touched],
  async run(_input, context: AgentContext) {
    const { state, knowledge, scratchpad, signal } = context
    scratchpad.pin('a fact')
    await knowledge.add({ id: 'k', text: 'some words' })
    await state.set('x', { deep: [1] })
    Object.assign(given, {
      context,
      state,
      knowledge,
      scratchpad,
      signal,
      global: state.in('global'),
      watch: state.watch('x', { signal }),
      subscription: state.subscribe('x', { signal }),
      subject: context.subject(),
      log: await context.log.read(),
      entry: await state.entry('x'),
      history: await state.history('x'),
      hits: await knowledge.search('words'),
      tool: await context.tool('touched', {}),
      model: await context.model('say a word'),
      called: await context.call('other', null),
      recalled: await context.recalled(),
      transaction: await state.transaction((tx) => {
        given.tx = tx
        return 1
      }),
      unknown: await context.tool('none').catch((error: unknown) => error),
      failed: await context.call('none', null).catch((error: unknown) => error),
      waits: await context.approve('May I?').catch((error: unknown) => error),
    })
    return 'looked'
  },
})

describe('the context of an agent', () => {
  it('leads to no runner, journal, store or run, by whatever property, symbol or prototype', async () => {
    const concord = await concordWith({
      agents: [curious, other],
      plan: () => [{ id: 'a', agent: 'curious' }],
    })
    const handle = await concord.start({ text: 'x', team: 't', subject: 'ada' })
    await handle.settled()
    const found = reachable(given)
    assert.ok(found.size > 200, `${found.size} objects`)
    const own = new Map<object, string>()
    for (const [name, value] of Object.entries(concord))
      if (typeof value === 'object' && value !== null && name !== 'logger') own.set(value, `concord.${name}`)
    const reached: string[] = []
    for (const [value, path] of found) {
      const name = own.get(value)
      if (name !== undefined) reached.push(`${path} is ${name}`)
      for (const key of Reflect.ownKeys(value))
        if (typeof key === 'string' && inside.has(key) && isPart(value, key)) reached.push(`${path}.${key}`)
    }
    assert.deepEqual(reached, [])
  })
})

describe('what all agents of a team are given', () => {
  it('is changed by none of them', async () => {
    const refused: string[] = []
    const vandal = agent({
      name: 'vandal',
      run(_input, context: AgentContext) {
        const tries: { [what: string]: () => unknown } = {
          card: () => Object.assign(context.agents[0]!, { name: 'another' }),
          list: () => (context.agents as unknown[]).push('another'),
          logger: () => Object.assign(context.logger, { warn: () => undefined }),
          context: () => Object.assign(Object.getPrototypeOf(context), { model: () => 'mine' }),
        }
        for (const [what, attempt] of Object.entries(tries))
          try {
            attempt()
          } catch (error) {
            if (error instanceof TypeError) refused.push(what)
          }
      },
    })
    const reader = agent({ name: 'reader', run: (_input, { agents }) => agents.map(({ name }) => name) })
    const concord = await concordWith({
      agents: [vandal, reader],
      plan: () => [
        { id: 'a', agent: 'vandal' },
        { id: 'b', agent: 'reader' },
      ],
    })
    const run = await concord.run({ text: 'x', team: 't' })
    assert.deepEqual(run.output, ['vandal', 'reader'])
    assert.deepEqual(refused, ['card', 'list', 'logger', 'context'])
  })
})
