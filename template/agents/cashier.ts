import { agent } from '@concord-agents/concord'
import type { Draft } from './clerk.ts'

/**
 * Asks a person before money goes out. While it waits the run holds no worker, and the process
 * may end.
 */
export const cashier = agent({
  name: 'cashier',
  description: 'Pays the refund and sends the letter',
  async run({ order, refund, reply }: Draft, ctx) {
    if (!(await ctx.approve(`Refund ${refund} for order ${order}, and send "${reply}"?`)))
      return { order, paid: 0, sent: false }
    // Done once, whatever is killed. Hand `key` to your bank, so that it refuses the same payment
    // a second time.
    const payment = await ctx.step('pay', (key) => ({ amount: refund, key }))
    await ctx.state.in('team/desk').set(`refund:${order}`, payment.amount)
    return { order, paid: payment.amount, sent: true }
  },
})
