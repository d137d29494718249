import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  agent,
  type Concord,
  type Json,
  openConcord,
  type RunView,
  type Step,
  team,
} from '../../src/index.ts'

/** Everything an agent can see, by what its context offers. */
const seer = agent<{ item: string }, Json>({
  name: 'seer',
  run: async ({ item }, context) => {
    const { state } = context
    const asked = await context.ask(`what of ${item}?`)
    const allowed = await context.approve(`do ${item}?`)
    await state.set(`seen:${item}`, { item })
    const updated = await state.update(`count:${item}`, (n) => Number(n ?? 0) + 1)
    const stepped = await context.step('effect', (key) => key)
    const told = await context.call('echo', { said: item })
    const handed = await context.delegate('helpers', `help with ${item}`)
    await state.publish(`news:${item}`, { item })
    await context.sleep(1)
    const went = await context.waitFor(`go:${item}`)
    const entry = await state.entry(`seen:${item}`)
    return {
      output: {
        agent: context.agent,
        step: context.stepId,
        isRun: state.namespace === `run/${context.runId}`,
        key: context.idempotencyKey.replace(context.runId, 'RUN'),
        goal: context.goal,
        first: context.result('first') ?? null,
        own: (await state.get('step:first')) ?? null,
        attempt: context.attempt,
        updated: updated.version,
        stepped: stepped.replace(context.runId, 'RUN'),
        provenance: {
          ofRun: entry?.provenance.run === context.runId,
          step: entry?.provenance.step ?? null,
          known: Object.keys(entry?.provenance ?? {}).sort(),
        },
        messages: (await context.messages()).map(({ value }) => value),
        recalled: (await context.recalled()) as Json,
        asked,
        allowed,
        told,
        handed,
        went,
      } as Json,
      writes: [{ key: `written:${item}`, value: item }],
    } as never
  },
})
const echo = agent<{ said: string }, string>({
  name: 'echo',
  run: ({ said }, { stepId }) => `${said} in ${stepId}`,
})
const first = agent<Json, string>({ name: 'first', run: () => 'what was first' })
const failing = agent<{ item: string }, string>({
  name: 'failing',
  attemptsMax: 2,
  run: (_, { attempt, step }) =>
    step('try', () => {
      if (attempt === 1) throw new Error('not yet')
      return `done in attempt ${attempt}`
    }),
})

const steps = (spread: boolean): Step[] => [
  { id: 'first', agent: 'first' },
  {
    id: 'each',
    agent: 'seer',
    forEach: ['a', 'b', 'c'],
    payload: { item: { $item: '' } },
    dependsOn: ['first'],
    spread,
  },
  { id: 'again', agent: 'failing', payload: { item: 'x' }, dependsOn: ['each'], spread },
]

const open = (spread: boolean): Promise<Concord> =>
  openConcord({
    keep: false,
    config: {
      stores: { kind: 'memory' },
      team: 'fan',
      teams: {
        fan: team({
          agents: [first, seer, echo, failing],
          plan: () => steps(spread),
          checker: agent<{ results: Json[] }, Json>({
            name: 'checker',
            run: ({ results }) => ({ met: true, reasons: [], output: results }),
          }),
        }),
        helpers: team({
          agents: [agent<{ goal: string }, string>({ name: 'helper', run: ({ goal }) => goal })],
        }),
      },
    },
  }) as Promise<Concord>

const seen = async (spread: boolean): Promise<Json> => {
  await using concord = await open(spread)
  const run = await concord.start({
    text: 'see',
    team: 'fan',
    params: { p: 1 },
    budget: { tokens: 1000, steps: 100, timeMs: 60_000 },
  })
  const shown: string[] = []
  let view: RunView = await run.settled()
  await run.message('hello')
  for (let round = 0; round < 20 && view.status === 'waiting'; round++) {
    for (const wait of view.waits) {
      shown.push(`${wait.step} ${wait.for} ${wait.prompt ?? wait.name}`)
      if (wait.for === 'answer') await run.answer({ hash: wait.hash! }, 'an answer')
      else if (wait.for === 'approval') await run.approve({ hash: wait.hash! })
      else if (wait.for === 'signal') await run.signal(wait.name, { went: true })
    }
    view = await run.settled()
  }
  const written = await concord.state(`run/${run.id}`).list({})
  return {
    status: view.status,
    failure: view.failure === undefined ? null : view.failure.message,
    output: view.output ?? null,
    shown: shown.sort(),
    spent: { steps: view.spent.steps },
    steps: (view.plan?.steps ?? []).map(({ id, status, items }) => ({ id, status, items: items ?? null })),
    state: written.map(({ key, value, version }) => ({ key, value, version })),
  } as unknown as Json
}

describe('an agent of a spread step', () => {
  it('sees, does and waits for the same as without spread', async () => {
    const [local, spread] = [await seen(false), await seen(true)]
    assert.deepEqual(spread, local)
    assert.equal((local as { status: string }).status, 'succeeded')
  })
})
