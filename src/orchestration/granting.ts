import { childKey, shortage } from '../domain/budget.ts'
import { grantingOf } from '../domain/top-up.ts'
import type { Decider } from './decider.ts'

/** Gives child runs that are short more of what is free, asks this run's own parent, or refuses one where no more can come. */
export const granting = (decider: Decider): void => {
  const { run } = decider
  const next = grantingOf(run)
  if (next === undefined) return
  if (next.do === 'ask') return decider.record('budget.asked', next.ask)
  const { child } = next
  if (next.do === 'grant') {
    decider.record('budget.reserved', { key: childKey(child), amount: next.amount, raised: true })
    return
  }
  const short = shortage(run.book, next.raise)
  if (short !== undefined) decider.record('budget.exhausted', { ...short, child })
}
