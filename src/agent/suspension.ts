import type { Wait } from '../domain/event.ts'

/** Thrown to leave an agent whose step has to wait; the step is executed again, from its journal, when what it waits for has come. */
export class Suspension extends Error {
  readonly wait: Wait

  constructor(wait: Wait) {
    super(`waiting for ${wait.for} "${wait.name}"`)
    this.name = 'Suspension'
    this.wait = wait
  }
}
