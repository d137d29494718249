import type { Json } from '../domain/json.ts'

/** Working memory of one execution of one agent: lives as long as its loop. */
export class Scratchpad {
  readonly #values = new Map<string, Json>()

  get(key: string): Json | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Json): void {
    this.#values.set(key, value)
  }

  entries(): [string, Json][] {
    return [...this.#values]
  }
}
