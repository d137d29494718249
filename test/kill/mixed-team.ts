import { z } from 'zod'
import { agent, type Step, type TeamDefinition, team, tool } from '../../src/index.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'

/** A small team with everything that is journaled: steps, tools, a model with turns, state, a fan-out, a failure, a redo, a child run. */
export const mixedTeam = (note: (line: string) => void): TeamDefinition => {
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks a word up.',
    input: z.object({ word: z.string() }),
    permission: 'write',
    execute: ({ word }, context) => {
      note(`tool ${context.idempotencyKey}`)
      return { word, length: word.length }
    },
  })
  const model = scriptedModel((request) => {
    const turns = request.messages.filter((message) => message.role === 'assistant').length
    note(`model turn ${turns + 1}`)
    return turns < 3
      ? callsTool('look_up', { word: 'x'.repeat(turns + 1) }, `call-${turns}`)
      : 'looked up three words'
  })
  const thinker = agent({ name: 'thinker', instructions: 'Look words up.', model, tools: [lookUp] })
  const worker = agent<{ n: number }, unknown>({
    name: 'worker',
    run: async ({ n }, context) => {
      const first = await context.step('first', (key) => {
        note(`effect ${key}`)
        return n * 2
      })
      if (n === 2 && context.attempt === 1) throw new Error('once')
      await context.state.update('total', (total) => (typeof total === 'number' ? total : 0) + first)
      return first
    },
  })
  const writer = agent<{ feedback?: string }, unknown>({
    name: 'writer',
    run: async ({ feedback }, context) => ({
      output: { text: `written ${feedback ?? 'plainly'}`, total: (await context.state.get('total')) ?? null },
      writes: [{ key: 'final', value: feedback ?? 'plainly' }],
    }),
  })
  const checker = agent<{ results: unknown[] }, unknown>({
    name: 'checker',
    run: ({ results }) =>
      JSON.stringify(results).includes('plainly')
        ? { met: false, reasons: ['too plain'], redo: [{ step: 'write', feedback: 'with care' }] }
        : { met: true, reasons: [], output: results },
  })
  return team({
    agents: [thinker, worker, writer],
    policy: { tools: { look_up: 'allow' } },
    checker,
    plan: (): Step[] => [
      { id: 'think', agent: 'thinker', payload: 'go', dependsOn: [] },
      { id: 'work', agent: 'worker', forEach: [1, 2, 3], payload: { n: { $item: '' } }, dependsOn: [] },
      { id: 'write', agent: 'writer', payload: {}, dependsOn: ['think', 'work'] },
    ],
  })
}
