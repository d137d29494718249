import { agent } from '@concord-agents/concord'
import { z } from 'zod'
import { findOrder } from './orders.ts'

export const Draft = z.object({
  order: z.string().describe('The number of the order'),
  refund: z.number().describe('0 when none is due'),
  reply: z.string().describe('The letter to the customer'),
})
export type Draft = z.infer<typeof Draft>

/** A model with a tool. What it answers is validated against `output`. */
export const clerk = agent({
  name: 'clerk',
  description: 'Drafts the answer to a letter',
  instructions: `You answer letters that ask for a refund. Look the order up first.
The refund is the price of the order when it arrived at most 30 days ago, and 0 otherwise.
The letter to the customer names the order and the amount.`,
  tools: [findOrder],
  requiredTools: ['find_order'],
  output: Draft,
})
