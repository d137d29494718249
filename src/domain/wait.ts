import { hash } from 'node:crypto'
import type { SignalKind, Wait } from './event.ts'
import { asJson, canonicalJson } from './json.ts'

/** The execution that waits. */
export type Waiting = { run: string; step: string; plan: number; redo: number }

/** Characters of a hash that are shown; a decision may name a wait by its first eight or more. */
const hashShown = 12
export const hashTypedMin = 8

export const shortHash = (whole: string): string => whole.slice(0, hashShown)

/** What a person decides: it counts for the one wait it names, and is never kept for later. */
export const isDecision = (kind: SignalKind): kind is 'approve' | 'reject' | 'answer' =>
  kind === 'approve' || kind === 'reject' || kind === 'answer'

/**
 * A wait for a person with the hash of everything it is about: what would be done, by whom, with which
 * input, in which execution of which step of which run. If any of it differs, so does the hash.
 */
export const sealed = (wait: Wait, waiting: Waiting): Wait => {
  if (wait.hash !== undefined || (wait.for !== 'approval' && wait.for !== 'answer')) return wait
  const { run, step, plan, redo } = waiting
  return { ...wait, hash: hash('sha256', canonicalJson(asJson({ run, step, plan, redo, wait })), 'hex') }
}

/** Sealed, under a name that no other wait has: sent twice, a decision by name does not fit what is asked next. */
export const named = (wait: Wait, waiting: Waiting): Wait => {
  const whole = sealed(wait, waiting)
  return whole.hash === undefined ? whole : { ...whole, name: `${wait.name}@${shortHash(whole.hash)}` }
}
