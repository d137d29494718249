import type { Message } from '../ports/model.ts'
import { condensedBody, condensedNote, type Note, noteOf, textOf } from './condense.ts'

/*
 * Working memory of one loop: what a model is given at each turn, or what code wants to keep at hand, under a budget of tokens. Invariants:
 * 1. The opening (task, instructions) and pinned facts are never lost                                        (compaction)
 * 2. An assistant's message and the results of the tools it called stay together, as providers demand       (#boundary)
 * 3. What is told to the log is each message once (`fresh`) and each condensation once: a turn costs what is new in it
 * 4. `compaction` is a function of what was added: repeated after a crash it comes to the same
 */

/** Messages `from` to `to` (exclusive) are replaced by one. */
export type Compaction = {
  from: number
  to: number
  message: Message
  tokens: { before: number; after: number }
}

export type ScratchpadOptions = {
  /** Of one request. Default unbounded. */
  tokensMax?: number
  /** Told of what code does to it, so that it can be recorded. Not of what a model's loop adds. */
  changed?: (delta: ScratchpadDelta) => void
}

export type ScratchpadDelta =
  | { kind: 'pinned' | 'observed'; text: string }
  | { kind: 'compacted'; compaction: Compaction }

/** How much of the budget is left filled by a compaction, so that the next is many turns away. */
const keptShare = 0.4
const noteShare = 0.2
const noteTokensMin = 200
/** New text may be denser than what was counted: numbers, code, other scripts. */
const freshMargin = 2
const observationCharsMin = 200
const messageTokens = 16
const utf8 = new TextEncoder()

/** A pinned fact as a message. */
export const pinned = (fact: string): Message => ({ role: 'user', content: `Keep in mind: ${fact}` })
/** An observation as a message. */
export const observed = (text: string): Message => ({ role: 'user', content: text })

/** At least what any tokenizer counts of text: a token a byte. */
const boundOf = (message: Message): number => messageTokens + utf8.encode(JSON.stringify(message)).length

export class Scratchpad {
  #tokensMax: number
  readonly #changed: (delta: ScratchpadDelta) => void
  #opening = 0
  #replaced = 0
  #messages: Message[] = []
  #bounds: number[] = []
  #fresh: Message[] = []
  #pins: string[] = []
  /** Pinned while a model's tool calls are open: results must come first. */
  #held: Message[] = []
  readonly #pinned = new WeakMap<Message, string>()
  readonly #notes = new WeakMap<Message, Note>()
  /** Tokens of what was sent and answered last, as counted by the provider, and the bound of the same messages. */
  #known = 0
  #boundKnown = 0
  #boundTotal = 0

  constructor({ tokensMax = Number.POSITIVE_INFINITY, changed = () => {} }: ScratchpadOptions = {}) {
    this.#tokensMax = tokensMax
    this.#changed = changed
  }

  /** What is kept whatever happens. */
  get pins(): readonly string[] {
    return this.#pins
  }

  /** The conversation as it would be sent. */
  get messages(): Message[] {
    return [...this.#messages]
  }

  /** How often messages were replaced: while it stays the same, messages are only added. */
  get replaced(): number {
    return this.#replaced
  }

  /** The messages from an index on. */
  from(index: number): Message[] {
    return this.#messages.slice(index)
  }

  /** Messages that were added since the last `sent`. */
  get fresh(): readonly Message[] {
    return this.#fresh
  }

  /** Keeps a fact for the rest of the loop, word for word. The same fact is kept once. */
  pin(fact: string): void {
    if (this.#pins.includes(fact)) return
    this.keep(pinned(fact), fact)
    this.#changed({ kind: 'pinned', text: fact })
  }

  /** Adds a message that is never condensed away: `fact` is what remains of it, word for word. Default its text. */
  keep(message: Message, fact = textOf(message)): void {
    this.#pins.push(fact)
    this.#pinned.set(message, fact)
    this.#held.push(message)
    if (this.#opening === 0) this.settle()
  }

  /** Adds what was pinned since; before a request. */
  settle(): void {
    this.add(...this.#held.splice(0))
  }

  /** Sets the budget: of one request, in tokens. */
  limit(tokensMax: number): void {
    this.#tokensMax = tokensMax
  }

  /** Characters that each of `count` observations may have, so that together they take at most half the budget. */
  roomChars(count: number): number {
    return Math.max(
      observationCharsMin,
      Math.floor((this.#tokensMax * this.#charsPerToken()) / 2 / Math.max(1, count)),
    )
  }

  /** Notes what was seen: the first to be condensed. */
  observe(text: string): void {
    this.add(observed(text))
    this.#changed({ kind: 'observed', text })
  }

  /** What is here as text, pinned facts first, for code that writes a prompt of its own; condensed to the budget. */
  text(): string {
    const over = this.compaction()
    if (over !== undefined) {
      this.apply(over)
      this.#changed({ kind: 'compacted', compaction: over })
    }
    const rest = this.#messages.filter((message) => !this.#pinned.has(message))
    const lines = rest.map(textOf)
    return [...this.#pins, ...lines].join('\n')
  }

  /** The task: never condensed. */
  open(messages: readonly Message[]): void {
    const before = this.#messages.splice(0)
    this.#replaced++
    this.#bounds = []
    this.#boundTotal = 0
    this.#fresh = []
    this.add(...messages)
    this.#opening = messages.length
    // Facts that were pinned before the conversation began.
    this.add(...before)
  }

  add(...messages: Message[]): void {
    for (const message of messages) {
      const bound = boundOf(message)
      this.#messages.push(message)
      this.#bounds.push(bound)
      this.#boundTotal += bound
      this.#fresh.push(message)
    }
  }

  /** After a call: what the model said, and what the provider counted (0 where it does not say). */
  answered(said: Message, usage: { inputTokens: number; outputTokens: number }): void {
    const before = this.estimate()
    this.#fresh = []
    const bound = boundOf(said)
    this.#messages.push(said)
    this.#bounds.push(bound)
    this.#boundTotal += bound
    this.#known = usage.inputTokens > 0 ? usage.inputTokens + usage.outputTokens : before + bound
    this.#boundKnown = this.#boundTotal
  }

  /** What the next request will count at most: what the provider counted last, and what is new at twice the tokens a byte it counted until then (a token a byte before it has). */
  estimate(): number {
    const fresh = this.#boundTotal - this.#boundKnown
    return Math.ceil(this.#known + fresh * Math.min(1, this.#ratio() * freshMargin))
  }

  /**
   * What has to be condensed before the next call, by rule; undefined while all fits or nothing can be. `body` is a condensation made
   * by a model instead. Changes nothing.
   */
  compaction(body?: string): Compaction | undefined {
    const before = this.estimate()
    if (before <= this.#tokensMax) return undefined
    const to = this.#boundary()
    const from = this.#opening
    const replaced = this.#messages.slice(from, to)
    const [only] = replaced
    if (only === undefined || (replaced.length === 1 && this.#notes.has(only))) return undefined
    const note = noteOf(replaced, this.#pinned, this.#notes)
    const charsMax = Math.max(noteTokensMin, Math.floor(this.#tokensMax * noteShare)) * this.#charsPerToken()
    const message: Message = {
      role: 'user',
      content: condensedNote(note.pins, body ?? condensedBody(note, charsMax)),
    }
    const dropped = this.#bounds.slice(from, to).reduce((sum, bound) => sum + bound, 0)
    const after = Math.ceil((this.#boundTotal - dropped + boundOf(message)) * this.#ratio())
    return { from, to, message, tokens: { before, after } }
  }

  /** What `compaction` would replace, for a model that condenses it. */
  condensable(): readonly Message[] {
    return this.#messages.slice(this.#opening, this.#boundary())
  }

  apply({ from, to, message }: Pick<Compaction, 'from' | 'to' | 'message'>): void {
    const replaced = this.#messages.slice(from, to)
    this.#notes.set(message, noteOf(replaced, this.#pinned, this.#notes))
    const ratio = this.#ratio()
    const gone = new Set(replaced)
    this.#messages.splice(from, to - from, message)
    this.#replaced++
    this.#bounds.splice(from, to - from, boundOf(message))
    this.#fresh = this.#fresh.filter((one) => !gone.has(one))
    this.#boundTotal = this.#bounds.reduce((sum, bound) => sum + bound, 0)
    const fresh = this.#fresh.reduce((sum, one) => sum + boundOf(one), 0)
    this.#boundKnown = this.#boundTotal - fresh
    this.#known = Math.ceil(this.#boundKnown * ratio)
  }

  /** Tokens a byte as the provider counted last; 1 before it has. */
  #ratio(): number {
    return this.#boundKnown === 0 || this.#known === 0 ? 1 : Math.min(1, this.#known / this.#boundKnown)
  }

  #charsPerToken(): number {
    return Math.min(4, 1 / this.#ratio())
  }

  /** Where the part that is kept begins: at a model's turn, the last one at the latest. Where no model speaks, at any message. */
  #boundary(): number {
    const keep = this.#tokensMax * keptShare
    const spoken = this.#messages.some((message) => message.role === 'assistant')
    let size = 0
    let boundary = this.#messages.length
    let found = false
    for (let at = this.#messages.length - 1; at >= this.#opening; at--) {
      size += (this.#bounds[at] ?? 0) * this.#ratio()
      if (spoken && this.#messages[at]?.role !== 'assistant') continue
      if (found && size > keep) break
      boundary = at
      found = true
    }
    return found ? boundary : this.#opening
  }
}
