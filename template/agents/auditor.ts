import { agent, type Verdict } from '@concord-agents/concord'
import type { Draft } from './clerk.ts'
import { orders, refundDue } from './orders.ts'

/**
 * A checker: it sees the goal and the results, and says whether they will do. Code is the best
 * judge of what code can judge.
 */
export const auditor = agent({
  name: 'auditor',
  run({ results: [draft], steps: [step = ''] }: { results: Draft[]; steps: string[] }): Verdict {
    if (draft === undefined) return { met: false, reasons: ['there is no draft'] }
    const order = orders[draft.order]
    const due = order === undefined ? 0 : refundDue(order)
    const reasons = []
    if (draft.refund !== due) reasons.push(`the refund is ${due}, not ${draft.refund}`)
    if (!draft.reply.includes(String(due))) reasons.push(`the letter does not name the amount: ${due}`)
    if (reasons.length === 0) return { met: true, reasons: ['amount and letter agree with the order'] }
    return { met: false, reasons, redo: [{ step, feedback: reasons.join('; ') }] }
  },
})
