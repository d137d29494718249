import { z } from 'zod'
import { agent, type TeamDefinition, tool } from '../../src/index.ts'
import type { Message, ModelRequest } from '../../src/ports/model.ts'
import { callsTool, scriptedModel } from '../../src/testing/model.ts'

export const contextTokensMax = 3000
const lookups = 40

/** What is known of the task from the conversation alone: how far it is, as an agent that was condensed must still see it. */
const done = (messages: readonly Message[]): number => {
  const ids = JSON.stringify(messages).match(/page-(\d+)/g) ?? []
  return Math.max(0, ...ids.map((id) => Number(id.slice('page-'.length))))
}

const read = tool({
  name: 'read',
  description: 'Reads a page.',
  input: z.object({ page: z.number() }),
  permission: 'compute',
  execute: (input) => `text of ${JSON.stringify(input)} ${'lorem ipsum '.repeat(70)}`,
})

/** An agent that reads forty pages one after the other: far more than its context holds. `onCall` sees every request. */
export const readingTeam = (onCall: (request: ModelRequest) => void | Promise<void>): TeamDefinition => ({
  agents: [
    agent({
      name: 'reader',
      instructions: 'Read all pages.',
      bounds: { turnsMax: 100, contextTokensMax },
      tools: [read],
      model: scriptedModel(async (request) => {
        await onCall(request)
        const page = done(request.messages) + 1
        return page > lookups ? `read ${page - 1} pages` : callsTool('read', { page }, `page-${page}`)
      }),
    }),
  ],
})
