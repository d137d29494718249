import { type Amount, type Ask, childKey, type Ledger, remaining, shortage, usedOf } from './budget.ts'
import { isObject } from './reference.ts'
import type { Run } from './run.ts'

/*
 * How a child run that is short asks its parent for more (docs/decisions/0051). All amounts are totals: what the child's limits
 * would be, so that saying it twice changes nothing. A child's limits are never above what its parent has reserved for it.
 */

const shared = ['tokens', 'money', 'steps'] as const

const isAmount = (value: unknown): value is Amount =>
  isObject(value) &&
  typeof value.tokens === 'number' &&
  typeof value.money === 'number' &&
  (value.steps === undefined || typeof value.steps === 'number')

const sameAmount = (a: Amount | undefined, b: Amount | undefined): boolean =>
  a !== undefined && b !== undefined && shared.every((limit) => a[limit] === b[limit])

/** What a run may ask its parent for so that `ask` fits: undefined where that is above its ceiling, or was refused. */
export const askFor = (run: Run, ask: Amount): Ask | undefined => {
  const ceiling = run.parent?.ceiling
  if (ceiling === undefined) return undefined
  const total: Amount = { tokens: 0, money: 0 }
  const most: Amount = { tokens: 0, money: 0 }
  for (const limit of shared) {
    const allowed = run.book.limits[limit]
    if (allowed === undefined) continue
    const needed = Math.max(allowed, usedOf(run.book, limit) + (ask[limit] ?? 0))
    const highest = ceiling[limit] ?? allowed
    if (needed > allowed && needed > highest) return undefined
    total[limit] = needed
    most[limit] = highest
  }
  return sameAmount(total, run.refused) ? undefined : { total, most }
}

/** Of the steps, one for each that waits to start is kept back. */
export const stepsKept = (run: Run): number =>
  Math.max(0, (run.plan?.open ?? 0) - run.underWay.size - run.idle.size)

/** Among how many what is left is shared: those that start while a child is at work must find something. */
export const sharers = (run: Run): number => Math.max(1, run.underWay.size, run.plan?.open ?? 0)

const raiseOf = (book: Ledger, child: string, { total }: Ask): Amount => {
  const held = book.reserved.get(childKey(child))
  const raise: Amount = { tokens: 0, money: 0 }
  for (const limit of shared) {
    const more = (total[limit] ?? 0) - (held?.[limit] ?? 0)
    if (total[limit] !== undefined) raise[limit] = Math.max(0, more)
  }
  return raise
}

const withKept = (run: Run, raise: Amount): Amount =>
  raise.steps === undefined || raise.steps === 0 ? raise : { ...raise, steps: raise.steps + stepsKept(run) }

/** What is asked for and half a share of what is then left, so that not every call has to ask. */
const granted = (run: Run, { total, most }: Ask, raise: Amount): Amount => {
  const amount = { ...total }
  for (const limit of shared) {
    const left = remaining(run.book, limit)
    const asked = total[limit]
    if (left === undefined || asked === undefined || !(Number(raise[limit]) > 0)) continue
    const free = left - Number(raise[limit]) - (limit === 'steps' ? stepsKept(run) : 0)
    const extra = Math.max(0, free) / (2 * sharers(run))
    const whole = limit === 'money' ? extra : Math.floor(extra)
    amount[limit] = Math.max(asked, Math.min(most[limit] ?? asked, asked + whole))
  }
  return amount
}

/**
 * Whether some of what is reserved may come back while nobody is given more: a child that holds it works, and does not ask. Calls
 * of the run itself do not count: one that a killed process made is reserved until its step ends, which may be what waits.
 */
const mayComeBack = (run: Run): boolean => {
  for (const [child, step] of run.book.holders)
    if (!run.book.asks.has(child) && run.underWay.has(step)) return true
  return false
}

/** Whether `ask` would fit if all came back that is reserved, and some of it may. */
export const mayFit = (run: Run, ask: Amount): boolean => {
  const { book } = run
  const fits = shared.every((limit) => {
    const spent = limit === 'steps' ? book.steps : book.spent[limit]
    return spent + (ask[limit] ?? 0) <= (book.limits[limit] ?? Number.POSITIVE_INFINITY)
  })
  return fits && mayComeBack(run)
}

export type Granting =
  | { do: 'grant'; child: string; amount: Amount }
  | { do: 'ask'; ask: Ask }
  | { do: 'refuse'; child: string; raise: Amount }
  | undefined

/** What to do next for the children that ask; undefined while others may give back, or the parent's own parent thinks. */
export const grantingOf = (run: Run): Granting => {
  const { book } = run
  if (book.asks.size === 0) return undefined
  for (const [child, ask] of book.asks) {
    const raise = raiseOf(book, child, ask)
    if (shortage(book, withKept(run, raise)) === undefined)
      return { do: 'grant', child, amount: granted(run, ask, raise) }
  }
  const last = [...book.asks].at(-1)
  if (last === undefined || run.asking !== undefined || mayComeBack(run)) return undefined
  const [child, ask] = last
  const raise = withKept(run, raiseOf(book, child, ask))
  const more = askFor(run, raise)
  return more === undefined ? { do: 'refuse', child, raise } : { do: 'ask', ask: more }
}

/** What a signal about the budget does: a child asks, or the parent answers. */
export const receiveBudget = (run: Run, from: string | undefined, value: unknown): void => {
  if (!isObject(value)) return
  const { book } = run
  const { total, most, allows, refuses } = value
  if (isAmount(total) && isAmount(most)) {
    if (from !== undefined && book.reserved.has(childKey(from))) book.asks.set(from, { total, most })
    return
  }
  const ceiling = run.parent?.ceiling
  if (isAmount(allows)) {
    book.limits = { ...book.limits }
    for (const limit of shared) {
      const now = book.limits[limit]
      const most = ceiling?.[limit] ?? now
      if (now === undefined || most === undefined) continue
      book.limits[limit] = Math.max(now, Math.min(most, allows[limit] ?? 0))
    }
    const { asking } = run
    if (asking !== undefined && shared.every((limit) => (allows[limit] ?? 0) >= (asking[limit] ?? 0)))
      run.asking = undefined
  } else if (isAmount(refuses) && sameAmount(refuses, run.asking)) {
    run.refused = refuses
    run.asking = undefined
  }
}
