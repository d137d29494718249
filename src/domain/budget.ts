/** Hard limits of a run and everything below it. Absent means unlimited, except `depth` (8). Money is in the config's currency. */
export type Limits = { timeMs?: number; tokens?: number; money?: number; steps?: number; depth?: number }

/** An amount of the two things that are reserved before they are spent. */
export type Amount = { tokens: number; money: number }

export type Ledger = { limits: Limits; spent: Amount; reserved: Map<string, Amount>; steps: number }

export const depthMaxDefault = 8

export const ledger = (limits: Limits = {}): Ledger => ({
  limits,
  spent: { tokens: 0, money: 0 },
  reserved: new Map(),
  steps: 0,
})

/** Does the run limit tokens or money, so that spending must be reserved first? */
export const isMetered = ({ tokens, money }: Limits): boolean => tokens !== undefined || money !== undefined

const sum = (amounts: Iterable<Amount>, pick: keyof Amount): number => {
  let total = 0
  for (const amount of amounts) total += amount[pick]
  return total
}

export type Shortage = { limit: keyof Limits; allowed: number; used: number; asked: number }

/** What stands in the way of reserving `ask`; undefined when it fits beside all that is spent and reserved. */
export const shortage = (book: Ledger, ask: Amount): Shortage | undefined => {
  for (const limit of ['tokens', 'money'] as const) {
    const allowed = book.limits[limit]
    if (allowed === undefined) continue
    const used = book.spent[limit] + sum(book.reserved.values(), limit)
    if (used + ask[limit] > allowed) return { limit, allowed, used, asked: ask[limit] }
  }
  return undefined
}

/** What is left to hand to a child run; undefined where there is no limit. */
export const remaining = (book: Ledger, limit: 'tokens' | 'money'): number | undefined => {
  const allowed = book.limits[limit]
  if (allowed === undefined) return undefined
  return Math.max(0, allowed - book.spent[limit] - sum(book.reserved.values(), limit))
}

export const shortageText = ({ limit, allowed, used, asked }: Shortage): string =>
  `Cannot spend ${asked} more ${limit} as the budget allows ${allowed}: ${used} are spent or reserved; raise the budget (--budget ${limit}=…) or ask for less`
