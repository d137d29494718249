import type { Scratchpad } from '../memory/scratchpad.ts'
import { digestOf } from '../runtime/call.ts'

/**
 * Digest of what a model is told, turn after turn. Each message is hashed once, so that a turn costs what is new in it, however
 * long the conversation is.
 */
export class Told {
  readonly #pad: Scratchpad
  #replaced = -1
  #count = 0
  #digest = ''

  constructor(pad: Scratchpad) {
    this.#pad = pad
  }

  digest(): string {
    if (this.#pad.replaced !== this.#replaced) {
      this.#replaced = this.#pad.replaced
      this.#count = 0
      this.#digest = ''
    }
    for (const message of this.#pad.from(this.#count)) {
      this.#digest = digestOf([this.#digest, message])
      this.#count++
    }
    return this.#digest
  }
}
