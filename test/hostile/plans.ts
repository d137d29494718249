import { runOfInbox } from '../../src/domain/names.ts'
import {
  agent,
  type Concord,
  type Json,
  openConcord,
  type Step,
  type TeamDefinition,
  team,
  tool,
} from '../../src/index.ts'
import { volatileStores } from '../../src/stores/volatile/stores.ts'
import type { FaultPlan } from '../../src/testing/hostile/faults.ts'
import { type Hostile, hostileStores } from '../../src/testing/hostile-store.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { anything, decide } from '../runs/fixture.ts'

/** What happened outside while a plan ran, counted by name: calls that were paid for, effects. */
export type Effects = { [name: string]: number }

/** Counts and returns how often it was. */
type Count = (name: string) => number

export type Plan = {
  name: string
  team(count: Count): { [team: string]: TeamDefinition }
  /** What is done to the run besides waiting for its end. */
  during?(concord: Concord, run: string): Promise<void>
}

export type Ending = {
  status: string
  output: Json | undefined
  effects: Effects
  /** Streams whose chain does not verify. */
  broken: string[]
  /** Runs that are not over. */
  left: string[]
  /** Signals in inboxes, by kind; ends of child runs only where they were told twice. */
  signals: Effects
  commits: number
}

const worker = (count: Count, name = 'x') =>
  agent({
    name,
    run: async (_, context) => context.step('effect', () => count(`${name}:effect`)),
  })

export const plans: Plan[] = [
  {
    name: 'one step',
    team: (count) => ({ t: { agents: [worker(count)], plan: () => [{ id: 'a', agent: 'x' }] } }),
  },
  {
    name: 'a pipeline of three',
    team: (count) => ({
      t: {
        agents: [worker(count, 'x'), worker(count, 'y'), worker(count, 'z')],
        plan: () => [
          { id: 'a', agent: 'x' },
          { id: 'b', agent: 'y', needs: ['a'] },
          { id: 'c', agent: 'z', needs: ['b'] },
        ],
      },
    }),
  },
  {
    name: 'a fan-out over five items',
    team: (count) => ({
      t: {
        agents: [agent({ name: 'list', run: () => [1, 2, 3, 4, 5] }), worker(count, 'x')],
        plan: (): Step[] => [
          { id: 'l', agent: 'list' },
          { id: 'f', agent: 'x', forEach: { $step: 'l' } },
        ],
      },
    }),
  },
  {
    name: 'a tool loop on a paid model',
    team: (count) => {
      const double = tool({
        name: 'double',
        description: 'Doubles four.',
        input: anything,
        permission: 'compute',
        execute: () => {
          count('tool')
          return 8
        },
      })
      const model = scriptedModel((_request, index) => {
        count('model')
        return index === 0 ? callsTool('double', {}) : 'eight'
      })
      const asking = agent({ name: 'x', instructions: 'Double four.', model, tools: [double] })
      return { t: { agents: [asking], plan: () => [{ id: 'a', agent: 'x' }] } }
    },
  },
  {
    name: 'an approval, then a signal',
    team: (count) => ({
      t: {
        agents: [worker(count, 'x'), agent({ name: 'y', run: (_, context) => context.waitFor('go') })],
        plan: () => [
          { id: 'a', agent: 'x', requireApproval: true },
          { id: 'b', agent: 'y', needs: ['a'] },
        ],
      },
    }),
    async during(concord, run) {
      await (await concord.handle(run)).settled()
      await decide(concord, run, { kind: 'approve' })
      await concord.runner.resume(run, 'test').catch(() => {})
      await (await concord.handle(run)).settled()
      await concord.signal(run, { kind: 'signal', name: 'go', value: 7 }, { wake: true })
    },
  },
  {
    name: 'a child run',
    team: (count) => ({
      t: {
        agents: [agent({ name: 'x', run: (_, context) => context.delegate('u', 'below') })],
        plan: () => [{ id: 'a', agent: 'x' }],
      },
      u: { agents: [worker(count, 'y')], plan: () => [{ id: 'b', agent: 'y' }] },
    }),
  },
  {
    name: 'state updated with compare-and-set',
    team: () => ({
      t: {
        agents: [
          agent({
            name: 'x',
            run: async (_, context) => {
              const state = context.state
              await state.set('k', 1)
              await state.increment('n', 2)
              await state.update('k', (value) => Number(value) + 1)
              const entry = await state.entry('k')
              await state.compareAndSet('k', entry?.version ?? 0, 10)
              return { k: await state.get('k'), n: await state.get('n') }
            },
          }),
        ],
        plan: () => [
          { id: 'a', agent: 'x' },
          { id: 'b', agent: 'x', needs: ['a'] },
        ],
      },
    }),
  },
  {
    name: 'a timer',
    team: (count) => ({
      t: {
        agents: [
          agent({
            name: 'x',
            run: async (_, context) => {
              await context.step('before', () => count('before'))
              await context.sleep(5)
              return context.step('after', () => count('after'))
            },
          }),
        ],
        plan: () => [{ id: 'a', agent: 'x' }],
      },
    }),
  },
  {
    name: 'a cancelled run',
    team: (count) => ({
      t: {
        agents: [worker(count, 'x'), agent({ name: 'y', run: (_, context) => context.waitFor('never') })],
        plan: () => [
          { id: 'a', agent: 'x' },
          { id: 'b', agent: 'y', needs: ['a'] },
        ],
      },
    }),
    async during(concord, run) {
      await (await concord.handle(run)).settled()
      await concord.signal(run, { kind: 'cancel' }, { wake: true })
    },
  },
]

/** Runs a plan to its end on a hostile store, and says how it ended. */
export const ended = async (plan: Plan, seed: number, faults: FaultPlan): Promise<Ending> => {
  const effects: Effects = {}
  const count: Count = (name) => {
    effects[name] = (effects[name] ?? 0) + 1
    return effects[name]
  }
  let hostile: Hostile | undefined
  const teams = Object.fromEntries(
    Object.entries(plan.team(count)).map(([name, definition]) => [name, team(definition)]),
  )
  let quiet: ReturnType<typeof volatileStores> | undefined
  const concord = await openConcord({
    config: {
      teams,
      stores: {
        open: (parts) => {
          quiet = volatileStores(parts)
          const stores = hostileStores(quiet, { seed, faults })
          hostile = stores.hostile
          return stores
        },
      },
    },
  })
  try {
    const { id } = await concord.start({ text: 'x', team: 't' })
    await plan.during?.(concord, id)
    await (await concord.handle(id)).result().catch(() => {})
    const commits = hostile?.commits ?? 0
    const run = await concord.runner.load(id)
    return { ...(await lookedAt(quiet!)), status: run.status, output: run.output, effects, commits }
  } finally {
    await concord.close()
  }
}

/** What the store holds, read behind the hostile connection. */
const lookedAt = async ({ log }: ReturnType<typeof volatileStores>) => {
  const broken: string[] = []
  const signals: Effects = {}
  for (const stream of await log.streams()) {
    if ((await log.verify(stream)).brokenAt !== undefined) broken.push(stream)
    if (runOfInbox(stream) === undefined) continue
    for (const event of await log.read(stream)) {
      if (event.type !== 'signal.received') continue
      const { kind, name } = event.data.signal
      const told = kind === 'child' ? (name ?? kind) : kind
      signals[told] = (signals[told] ?? 0) + 1
    }
  }
  const open = await log.runs({ status: ['queued', 'running', 'waiting', 'suspended'] })
  // A parent that found its child's end by itself need not be told of it: twice would be wrong.
  for (const told of Object.keys(signals))
    if (told.startsWith('child:') && signals[told] === 1) delete signals[told]
  return { broken, signals, left: open.map(({ run }) => run) }
}
