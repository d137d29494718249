import { agent, defineConfig, team } from '@concord-agents/concord'
import { auditor } from './agents/auditor.ts'
import { bookkeeper } from './agents/bookkeeper.ts'
import { cashier } from './agents/cashier.ts'
import { clerk } from './agents/clerk.ts'
import { standIn } from './stand-in.ts'

export default defineConfig({
  // Agents that name no model use this one. It costs nothing and needs no key; `--model
  // openai/gpt-5`, or CONCORD_MODEL in the file .env, puts a real one in its place.
  model: standIn,
  team: 'desk',
  teams: {
    // Writes the answer. The auditor checks it and sends it back with reasons until it is right.
    drafts: team({ agents: [clerk], checker: auditor }),
    // Acts on it. It begins when the draft has passed its check, so nothing that happens here is
    // ever sent back.
    desk: team({
      description: 'Answers a letter that asks for a refund',
      agents: [agent({ name: 'drafts', team: 'drafts' }), cashier, bookkeeper],
      plan: (goal) => [
        { id: 'draft', agent: 'drafts', payload: { goal: goal.text } },
        { id: 'pay', agent: 'cashier', payload: { $step: 'draft' } },
      ],
      // What agents may do with the memory that teams share.
      policy: { memory: { global: 'read', team: 'write' } },
    }),
  },
})
