/**
 * Where in an agent's flow of control code runs: each branch of a `Promise.all` has a place of its own. What
 * is entered holds for what the same branch does next, and for branches that it begins. `agent` tells the calls of agents
 * apart: one that has entered no place yet is nowhere, whatever called it.
 */
export interface Place {
  current(agent: number): string | undefined
  enter(agent: number, place: string): void
  /** Calls `fn`; the place of its caller is what it was. */
  apart<T>(fn: () => T): T
}
