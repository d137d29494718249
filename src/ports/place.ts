/**
 * Where in an agent's flow of control code runs: each branch of a `Promise.all` has a place of its own. What
 * is entered holds for what the same branch does next, and for branches that it begins.
 */
export interface Place {
  current(): string | undefined
  enter(place: string): void
  /** Calls `fn` at a place; the caller's is what it was. */
  within<T>(place: string, fn: () => T): T
}
