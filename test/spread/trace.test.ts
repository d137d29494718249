import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Event } from '../../src/domain/event.ts'
import { traceOf } from '../../src/domain/trace.ts'
import type { TraceNode } from '../../src/domain/trace-node.ts'
import { agent, openConcord, team } from '../../src/index.ts'

const working = agent<{ item: number }, number>({
  name: 'working',
  run: async ({ item }, { step }) => {
    let tries = 0
    await step('one', () => item)
    return step('two', () => (tries += item))
  },
})

type Shown = { kind: string; name: string; status: string | undefined; children: Shown[] }

const shown = ({ kind, name, status, children }: TraceNode): Shown => ({
  kind,
  name,
  status,
  children: children.map(shown),
})

const traced = async (spread: boolean): Promise<{ tree: Shown; events: Event[]; root: TraceNode }> => {
  await using concord = await openConcord({
    keep: false,
    config: {
      stores: { kind: 'memory' },
      teams: {
        t: team({
          agents: [working],
          plan: () => [
            { id: 'each', agent: 'working', forEach: [1, 2], payload: { item: { $item: '' } }, spread },
          ],
        }),
      },
    },
  })
  const { id } = await concord.run('x')
  const events = await concord.eventsWithItems(id)
  const root = traceOf(events)
  const tree = shown(root)
  return { tree: { ...tree, name: 'run' }, events, root }
}

const nodesOf = (node: TraceNode): TraceNode[] => [node, ...node.children.flatMap(nodesOf)]

describe('the trace of a run with a spread step', () => {
  it('shows what each item did under its step, as without spread, and which process executed it', async () => {
    const [local, spread] = [await traced(false), await traced(true)]
    assert.deepEqual(spread.tree, local.tree)
    const items = nodesOf(spread.root).filter(({ kind }) => kind === 'item')
    assert.equal(items.length, 2)
    for (const { process } of items) assert.ok(process !== undefined)
    assert.ok(spread.events.some(({ type }) => type === 'step.recorded'))
  })
})
