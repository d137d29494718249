/** Hard limits of a run and everything below it. Absent means unlimited, except `depth` (8). Money is in the config's currency. */
export type Limits = { timeMs?: number; tokens?: number; money?: number; steps?: number; depth?: number }

/** An amount of what is reserved before it is spent; `steps` only for a child run. */
export type Amount = { tokens: number; money: number; steps?: number }

/** What a child asks for (totals), and the most it may ever have. */
export type Ask = { total: Amount; most: Amount }

/** What the parent says to a child that asked. */
export type Answer = { allows: Amount } | { refuses: Amount }

export type Ledger = {
  limits: Limits
  spent: Amount
  reserved: Map<string, Amount>
  /** Child runs whose spending is counted: each is once. */
  children: Set<string>
  /** Child runs that a share is reserved for: the step that each works for. */
  holders: Map<string, string>
  /** Child runs that are short and wait for more, first come first. */
  asks: Map<string, Ask>
  /** What child runs were told, until they are settled: told again after a crash. */
  answers: Map<string, Answer>
  steps: number
}

/** The key a child run's share is reserved under. */
export const childKey = (run: string): string => `child:${run}`

export const childOf = (key: string): string => key.slice('child:'.length)

export const isChildKey = (key: string): boolean => key.startsWith('child:')

/** Takes a reservation away; a child's with all that was said about it. */
export const giveBack = (book: Ledger, key: string): void => {
  book.reserved.delete(key)
  if (!isChildKey(key)) return
  const child = childOf(key)
  book.holders.delete(child)
  book.asks.delete(child)
  book.answers.delete(child)
}

/** Counts what a child spent, once, and gives back what was reserved for it. */
export const settleChild = (book: Ledger, run: string, amount: Amount): void => {
  giveBack(book, childKey(run))
  if (book.children.has(run)) return
  book.children.add(run)
  book.spent.tokens += amount.tokens
  book.spent.money += amount.money
  book.steps += amount.steps ?? 0
}

export const depthMaxDefault = 8

export const ledger = (limits: Limits = {}): Ledger => ({
  limits,
  spent: { tokens: 0, money: 0 },
  reserved: new Map(),
  children: new Set(),
  holders: new Map(),
  asks: new Map(),
  answers: new Map(),
  steps: 0,
})

/** Does the run limit tokens or money, so that spending must be reserved first? */
export const isMetered = ({ tokens, money }: Limits): boolean => tokens !== undefined || money !== undefined

const sum = (amounts: Iterable<Amount>, pick: keyof Amount): number => {
  let total = 0
  for (const amount of amounts) total += amount[pick] ?? 0
  return total
}

const limitNames = ['timeMs', 'tokens', 'money', 'steps', 'depth'] as const

/** What is wrong with limits: an unknown name limits nothing, and nothing exceeds a NaN. */
export const limitsProblem = (limits: Limits): string | undefined => {
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (!limitNames.some((known) => known === name))
      return `${JSON.stringify(name.slice(0, 100))} is not one of ${limitNames.join(', ')}`
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
      return `${name} is ${String(value)}`
  }
  return undefined
}

/**
 * The limits that count: the smaller of the operator's and the caller's, limit by limit. The
 * default depth is the operator's limit where the operator names none.
 */
export const withinLimits = (
  operator: Limits | null | undefined,
  caller: Limits | null | undefined,
): Limits => {
  const limits: Limits = {}
  for (const name of limitNames) {
    const own = caller?.[name]
    const fallback = name === 'depth' && own !== undefined ? depthMaxDefault : undefined
    const ceiling = operator?.[name] ?? fallback
    const least = own === undefined || ceiling === undefined ? (own ?? ceiling) : Math.min(own, ceiling)
    if (least !== undefined) limits[name] = least
  }
  return limits
}

/** All that is spent and reserved of something limited. */
export const usedOf = (book: Ledger, limit: 'tokens' | 'money' | 'steps'): number =>
  (limit === 'steps' ? book.steps : book.spent[limit]) + sum(book.reserved.values(), limit)

/** What a run may have cost at the most when it ended: a call that was never settled may have been billed. */
export const costOf = (book: Ledger): Required<Amount> => ({
  tokens: usedOf(book, 'tokens'),
  money: usedOf(book, 'money'),
  steps: usedOf(book, 'steps'),
})

export type Shortage = { limit: keyof Limits; allowed: number; used: number; asked: number }

/** What stands in the way of reserving `ask`; undefined when it fits beside all that is spent and reserved. */
export const shortage = (book: Ledger, ask: Amount): Shortage | undefined => {
  for (const limit of ['tokens', 'money', 'steps'] as const) {
    const allowed = book.limits[limit]
    const asked = ask[limit]
    if (allowed === undefined || asked === undefined) continue
    const used = usedOf(book, limit)
    if (!(used + asked <= allowed)) return { limit, allowed, used, asked }
  }
  return undefined
}

/** What is left to hand to a child run; undefined where there is no limit. */
export const remaining = (book: Ledger, limit: 'tokens' | 'money' | 'steps'): number | undefined => {
  const allowed = book.limits[limit]
  return allowed === undefined ? undefined : Math.max(0, allowed - usedOf(book, limit))
}

/** `answer`: of the tokens asked for, those that a model's answer may take at the most. */
export const shortageText = ({ limit, allowed, used, asked }: Shortage, answer?: number): string =>
  limit === 'timeMs'
    ? `Cannot continue as the budget allows ${allowed} ms: ${used} ms have passed; raise the budget (--budget timeMs=…, at most the config's)`
    : `${tooMuch({ limit, allowed, used, asked })}${answer === undefined ? '' : `: ${answer} of the tokens are reserved for the answer (outputTokensMax of the agent)`}`

const tooMuch = ({ limit, allowed, used, asked }: Shortage): string =>
  `Cannot spend ${asked} more ${limit} as the budget allows ${allowed}: ${used} are spent or reserved; raise the budget (--budget ${limit}=…, at most the config's) or ask for less`
