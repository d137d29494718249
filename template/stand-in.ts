import { callsTool, scriptedModel } from '@concord-agents/concord/testing'
import { type Order, refundDue } from './agents/orders.ts'

/**
 * Stands in for a language model, so that the project works without a key: it reads the letter by
 * a rule, calls the tool, and writes the answer. It forgets the amount until it gets feedback, so
 * that you see the checker at work.
 */
export const standIn = scriptedModel(
  ({ messages }) => {
    const letter = messages.find(({ role }) => role === 'user')?.content
    const text = typeof letter === 'string' ? letter : JSON.stringify(letter)
    const number = /A-\d+/.exec(text)?.[0] ?? 'unknown'
    const last = messages.at(-1)
    if (last?.role !== 'tool') return callsTool('find_order', { number })
    const order: Partial<Order> = JSON.parse(last.content)
    const { item = 'goods', price = 0, daysAgo = 99 } = order
    const refund = refundDue({ item, price, daysAgo })
    const amount = text.includes('feedback') ? `${refund} ` : ''
    const reply = `Thank you for your letter about order ${number} (${item}). Your refund: ${amount}euros.`
    return JSON.stringify({ order: number, refund, reply })
  },
  { id: 'stand-in/clerk' },
)
