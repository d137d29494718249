import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type AnyAgent, agent, type Event, openConcord, type TeamDefinition } from '../index.ts'
import { narrate } from './narrative.ts'
import { traceOf } from './trace.ts'
import type { TraceNode } from './trace-node.ts'
import { formatTrace } from './trace-text.ts'

const eventsOf = async (definition: TeamDefinition, text = 'the goal'): Promise<Event[]> => {
  const concord = await openConcord({ config: { stores: { kind: 'memory' }, teams: { t: definition } } })
  try {
    const run = await concord.run({ text, team: 't' })
    return await concord.events(run.id)
  } finally {
    await concord.close()
  }
}

const all = (node: TraceNode): TraceNode[] => [node, ...node.children.flatMap(all)]

const find = (node: TraceNode, kind: TraceNode['kind'], name: string): TraceNode => {
  const found = all(node).find((one) => one.kind === kind && one.name === name)
  assert.ok(found, `${kind} ${name}`)
  return found
}

const crowd = (count: number, failing: ReadonlySet<number> = new Set()): TeamDefinition => ({
  agents: [
    agent({ name: 'list', run: () => Array.from({ length: count }, (_, i) => i) }),
    agent<number>({
      name: 'work',
      attemptsMax: 1,
      run: (i) => {
        if (failing.has(i)) throw new Error(`item ${i} is bad`)
        return i
      },
    }),
  ],
  plan: () => [
    { id: 'list', agent: 'list' },
    { id: 'work', agent: 'work', forEach: { $step: 'list' }, optional: true },
  ],
})

const replanning = (): TeamDefinition => {
  let plans = 0
  const planner: AnyAgent = {
    name: 'planner',
    run: () => {
      plans++
      if (plans === 1) return { steps: [{ id: 'a', agent: 'ghost' }], reason: 'a ghost may do it' }
      return { steps: [{ id: 'a', agent: 'echo' }] }
    },
  }
  return {
    agents: [agent({ name: 'echo', run: () => 'said' }), agent({ name: 'other', run: () => '' })],
    planner,
  }
}

describe('a trace', () => {
  it('holds every plan, why it was rejected, and what making it took', async () => {
    const trace = traceOf(await eventsOf(replanning()))
    const plans = trace.children.filter((node) => node.kind === 'plan')
    assert.deepEqual(
      plans.map(({ name, status }) => [name, status]),
      [
        ['1', 'rejected'],
        ['2', 'accepted'],
      ],
    )
    assert.match(
      plans[0]?.reasons.join() ?? '',
      /a ghost may do it.*rejected by code: step "a" wants agent "ghost"/,
    )
    for (const plan of plans) assert.equal(plan.children[0]?.name, '$plan')
    assert.equal(find(trace, 'step', 'a').output, 'said')
  })

  it('is plain JSON, covers every event once it is over, and nests first and last', async () => {
    const events = await eventsOf(crowd(20, new Set([3])))
    const trace = traceOf(events)
    assert.deepEqual(JSON.parse(JSON.stringify(trace)), trace)
    assert.equal(trace.last, events.length)
    for (const node of all(trace))
      for (const child of node.children) {
        assert.ok(
          child.first >= node.first && child.last <= node.last,
          `${child.kind} ${child.name} in ${node.kind} ${node.name}`,
        )
        assert.ok(child.first <= child.last)
      }
  })

  it('makes sense of any beginning of a log', async () => {
    const replanned = await eventsOf(replanning())
    const crowded = await eventsOf(crowd(5, new Set([1])))
    fc.assert(
      fc.property(fc.constantFrom(replanned, crowded), fc.nat(), (log, cut) => {
        const part = log.slice(0, cut % (log.length + 1))
        const trace = traceOf(part)
        assert.equal(trace.events, part.length)
        assert.ok(formatTrace(trace).length > 0)
        assert.ok(narrate(part).endsWith('\n'))
      }),
    )
  })

  it('counts what models and tools took in everything they are inside of', async () => {
    const base = (await eventsOf(crowd(1))).slice(0, 6)
    const at = base[0]?.at ?? 0
    const event = (version: number, type: string, data: object): Event =>
      ({
        id: '',
        stream: 'run/r',
        version,
        position: version,
        at: at + version,
        epoch: 1,
        type,
        step: 'list',
        agent: 'list',
        data,
      }) as Event
    const answered = { call: 'model#1', attempt: 1, model: 'p/m', tokens: 120, money: 0.5, ms: 7 }
    const trace = traceOf([
      ...base,
      event(7, 'model.called', { call: 'model#1', attempt: 1, model: 'p/m', turn: 1, messages: [] }),
      event(8, 'model.answered', {
        ...answered,
        failure: { code: 'model.rate-limited', message: 'slow down' },
      }),
      event(9, 'model.called', { call: 'model#1', attempt: 2, model: 'p/m', turn: 1, messages: [] }),
      event(10, 'model.answered', { ...answered, attempt: 2, answer: { text: 'ok', toolCalls: [] } }),
    ])
    for (const node of [trace, find(trace, 'plan', '1'), find(trace, 'step', 'list')])
      assert.deepEqual([node.tokens, node.money], [240, 1])
    const calls = all(trace).filter((node) => node.kind === 'model')
    assert.deepEqual(
      calls.map(({ status, ms }) => [status, ms]),
      [
        ['failed', 7],
        ['succeeded', 7],
      ],
    )
    assert.match(formatTrace(trace), /model p\/m, attempt 2 7 ms, 120 tokens/)
    assert.match(
      narrate([...base, event(7, 'model.called', { ...answered, turn: 1, messages: [] })]),
      /p\/m once/,
    )
  })
})

describe('a crowd of items', () => {
  it('is summarised: the failed, the slowest, and a count of the rest', async () => {
    const events = await eventsOf(crowd(3000, new Set([7, 1500])))
    const trace = traceOf(events)
    const work = find(trace, 'step', 'work')
    assert.equal(work.children.filter((node) => node.kind === 'item').length, 3000)
    const text = formatTrace(trace)
    assert.ok(text.split('\n').length < 60, `${text.split('\n').length} lines`)
    assert.match(text, /work\/7 .*item 7 is bad/)
    assert.match(text, /work\/1500 .*item 1500 is bad/)
    assert.match(text, /and 2,9\d\d more, on average/)
    const story = narrate(events)
    assert.match(
      story,
      /worked through 3,000 items in .*; 2 failed: work\/7 \(item 7 is bad\) and work\/1500 \(item 1500 is bad\)/,
    )
    assert.ok(story.length < 3000)
  })

  it('costs in proportion to its items', async () => {
    const tell = (events: Event[], times: number): number => {
      const before = performance.now()
      for (let i = 0; i < times; i++) {
        formatTrace(traceOf(events))
        narrate(events)
      }
      return performance.now() - before
    }
    const small = await eventsOf(crowd(600))
    const large = await eventsOf(crowd(9600))
    tell(small, 16)
    // As much work on both sides, in turn, so that others who use the machine hit both; the least disturbed round of each.
    const rounds = Array.from({ length: 7 }, () => ({ small: tell(small, 16), large: tell(large, 1) }))
    const least = (side: 'small' | 'large') => Math.min(...rounds.map((round) => round[side]))
    const ratio = (16 * least('large')) / least('small')
    // 16 times the items: 256 times the work if any part were quadratic.
    assert.ok(ratio < 160, `16 times the items took ${ratio.toFixed(1)} times as long`)
  })
})
