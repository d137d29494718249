/** A piece of text that a model of a run is writing: shown, never stored. */
export type Delta = { type: 'delta'; run: string; step: string; agent: string; text: string }

type At = Omit<Delta, 'type' | 'text'>

const charsMax = 200_000

/**
 * What agents write while they write it. What was written before a listener came is kept for as long as the call is under
 * way, so that each hears it from the first token; of a call longer than the bound, from where it was cut.
 */
export class Deltas {
  readonly #listeners = new Set<(delta: Delta) => void>()
  readonly #underWay = new Map<string, Delta>()
  /** Whether models stream even while nobody listens. */
  readonly always: boolean

  constructor(always: boolean) {
    this.always = always
  }

  get wanted(): boolean {
    return this.always || this.#listeners.size > 0
  }

  listen(listener: (delta: Delta) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What a run's calls under way have written so far. */
  soFar(run: string): Delta[] {
    return [...this.#underWay.values()].filter((delta) => delta.run === run).map((delta) => ({ ...delta }))
  }

  write(at: At, text: string): void {
    const delta: Delta = { type: 'delta', ...at, text }
    const before = this.#underWay.get(keyOf(at))
    if (before === undefined) this.#underWay.set(keyOf(at), { ...delta })
    else before.text = (before.text + text).slice(-charsMax)
    for (const listener of this.#listeners) listener(delta)
  }

  /** What was written there is complete; without an agent, all of the step's. */
  end({ run, step, agent }: Omit<At, 'agent'> & { agent?: string }): void {
    if (this.#underWay.size === 0) return
    if (agent !== undefined) this.#underWay.delete(keyOf({ run, step, agent }))
    else
      for (const [key, delta] of this.#underWay)
        if (delta.run === run && delta.step === step) this.#underWay.delete(key)
  }
}

const keyOf = ({ run, step, agent }: At): string => `${run}\0${step}\0${agent}`
