import { z } from 'zod'
import { agent, type Step, type TeamDefinition, team, tool } from '../../src/index.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'
import { seeded } from '../seed.ts'

export type Note = (line: string) => void

type Given = { n: number; feedback?: string }

const agentsWith = (note: Note) => {
  const effect = agent<Given, unknown>({
    name: 'effect',
    run: async ({ n, feedback }, context) => {
      const once = await context.step('once', (key) => {
        note(`effect ${key}`)
        return n * 2
      })
      await context.sleep(1 + (n % 20))
      await context.state.update('sum', (sum) => Number(sum ?? 0) + 1)
      return { once, feedback: feedback ?? null }
    },
  })
  const flaky = agent<Given, unknown>({
    name: 'flaky',
    run: async ({ n }, context) => {
      await context.messages()
      const kept = await context.step('kept', () => n)
      if (context.attempt === 1) throw new Error('the first time it fails')
      return kept
    },
  })
  const boss = agent<Given, unknown>({
    name: 'boss',
    run: ({ n }, context) => context.delegate('small', `child ${n}`, { params: { n } }),
  })
  const asks = agent<Given, unknown>({
    name: 'asks',
    run: async ({ n }, context) => [n, await context.ask('how many?')],
  })
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks a word up.',
    input: z.object({ word: z.string() }),
    permission: 'write',
    execute: ({ word }, context) => {
      note(`effect ${context.idempotencyKey}`)
      return word.length
    },
  })
  const model = scriptedModel(
    ({ messages }) => {
      const turns = messages.filter((message) => message.role === 'assistant').length
      const usage = { inputTokens: 10, outputTokens: 40 }
      return turns < 3
        ? { ...callsTool('look_up', { word: 'x'.repeat(turns + 1) }, `call-${turns}`), usage }
        : { text: 'looked up', usage }
    },
    { outputTokensMax: 40 },
  )
  const allowed = { tools: { look_up: 'allow' } } as const
  const thinker = agent({
    name: 'thinker',
    instructions: 'Look words up.',
    model,
    tools: [lookUp],
    policy: allowed,
  })
  return [effect, flaky, boss, asks, thinker]
}

const checker = agent<{ results: unknown[] }, unknown>({
  name: 'checker',
  run: ({ results }) =>
    JSON.stringify(results).includes('"again"')
      ? { met: true, reasons: [], output: results }
      : { met: false, reasons: ['once more'], redo: [{ step: 's0', feedback: 'again' }] },
})

/** Steps drawn by chance: who depends on whom, fan-outs, approvals; `s0` always leaves an effect. */
const stepsOf = (random: () => number): Step[] => {
  const below = (limit: number): number => Math.floor(random() * limit)
  const names = ['effect', 'effect', 'flaky', 'boss', 'asks', 'thinker']
  return Array.from({ length: 3 + below(5) }, (_, i): Step => {
    const step: Step = {
      id: `s${i}`,
      agent: i === 0 ? 'effect' : (names[below(names.length)] ?? 'effect'),
      payload: { n: i },
      dependsOn: Array.from({ length: i }, (_each, j) => `s${j}`).filter(() => random() < 0.35),
    }
    if (step.agent === 'effect' && random() < 0.4) {
      step.forEach = Array.from({ length: 1 + below(5) }, (_each, n) => n)
      step.payload = { n: { $item: '' } }
    }
    if (random() < 0.15) step.requireApproval = true
    return step
  })
}

/** Teams `chaos0`, `chaos1` ... of one seed, and the one their children run on. */
export const chaosTeams = (seed: number, runs: number, note: Note): { [name: string]: TeamDefinition } => {
  const agents = agentsWith(note)
  const teams: { [name: string]: TeamDefinition } = {
    small: team({
      agents,
      plan: () => [
        { id: 'e', agent: 'effect' },
        { id: 't', agent: 'thinker' },
      ],
    }),
  }
  for (let i = 0; i < runs; i++) {
    const random = seeded(seed * 1000 + i)
    const steps = stepsOf(random)
    teams[`chaos${i}`] = team({ agents, plan: () => steps, ...(random() < 0.5 ? { checker } : {}) })
  }
  return teams
}
