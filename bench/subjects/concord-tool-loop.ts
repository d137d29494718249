import { z } from 'zod'
import { agent, type Model, openConcord, team, tool } from '../../src/index.ts'
import { inputTokensBound } from '../../src/models/tokens.ts'
import type { SubjectFactory } from '../subject.ts'
import { answerFor, lookUp } from './tool-loop.ts'

/** A model agent with one trivial tool. Not the scripted model of `src/testing`: that one copies each request it is given, which grows. */
const fakeModel = (turns: number): Model => ({
  id: 'fake/model',
  outputTokensMax: 100,
  price: { inputPerMillion: 1, outputPerMillion: 1 },
  inputTokensBound,
  generate: async ({ messages }) => answerFor(messages, turns),
})

export const toolLoop: SubjectFactory = async ({ kind, turns, metered }, directory) => {
  const looker = agent({
    name: 'looker',
    instructions: 'Find it.',
    model: fakeModel(Number(turns)),
    tools: [
      tool({
        name: 'look-up',
        description: 'Looks a key up.',
        permission: 'read',
        input: z.object({ key: z.string() }),
        execute: lookUp,
      }),
    ],
    bounds: { turnsMax: Number(turns) },
  })
  const open = () =>
    openConcord({
      config: {
        stores: kind === 'memory' ? { kind: 'memory' } : { kind: 'sqlite', directory },
        teams: { loop: team({ agents: [looker] }) },
        ...(metered === true ? { budget: { tokens: 1e12 } } : {}),
      },
    })
  let concord = await open()
  return {
    async before() {
      if (kind !== 'memory') return
      await concord.close()
      concord = await open()
    },
    async run(count) {
      for (let n = 0; n < count; n++) {
        const { status, output, failure } = await concord.run({ text: 'find it', team: 'loop' })
        if (status !== 'succeeded' || output !== 'found')
          throw new Error(`the loop is ${status} with ${JSON.stringify(output)}: ${failure?.message}`)
      }
    },
    close: () => concord.close(),
  }
}
