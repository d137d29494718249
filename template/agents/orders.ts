import { tool } from '@concord-agents/concord'
import { z } from 'zod'

export type Order = { item: string; price: number; daysAgo: number }

/** Your database would stand here. */
export const orders: { [number: string]: Order | undefined } = {
  'A-1001': { item: 'desk lamp', price: 40, daysAgo: 6 },
  'A-1002': { item: 'office chair', price: 120, daysAgo: 45 },
}

export const refundDue = ({ price, daysAgo }: Order): number => (daysAgo <= 30 ? price : 0)

/**
 * `permission` says what a tool touches: one that only reads is allowed, one that writes would
 * ask a person.
 */
export const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order by its number: the item, its price, and how many days ago it arrived.',
  input: z.object({ number: z.string().describe('Like A-1001') }),
  permission: 'read',
  execute: ({ number }) => orders[number] ?? { unknown: number },
})
