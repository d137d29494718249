import type { Signal } from '../domain/event.ts'
import { asJson, copyJson } from '../domain/json.ts'
import { stale } from '../runtime/work-journal.ts'
import type { CallSite } from './call-site.ts'
import type { PersonMessage } from './context.ts'

type Told = { messages: PersonMessage[]; through: number }

const told = ({ value = null, by }: Signal): PersonMessage => ({
  value: copyJson(value),
  ...(by === undefined ? {} : { by }),
})

const isFor =
  (step: string) =>
  (signal: Signal): boolean =>
    signal.step === undefined || signal.step === step || step.startsWith(`${signal.step}/`)

/** What people told a run, as one execution of a step has heard it so far. */
export class PersonMessages {
  readonly #context: CallSite
  /** How many of the run's messages were read. */
  #told = 0

  constructor(context: CallSite) {
    this.#context = context
  }

  async messages(): Promise<PersonMessage[]> {
    const context = this.#context
    const call = context.call_('messages')
    if (!context.wanted_) throw stale()
    const { journal, run } = context.execution
    const before = journal.entry(call)
    if (before?.type === 'step.recorded') {
      const { messages, through } = before.data.value as Told
      this.#told = through
      return structuredClone(messages)
    }
    // None was told here the last time: what came meanwhile is told where the journal ends.
    if (journal.replaying) return []
    // People speak to the run that an item belongs to.
    const { item, parent } = run
    const isItem = item !== undefined && parent !== undefined
    const spokenTo = isItem ? await context.services.items.parent(parent.run) : run
    if (spokenTo.messages.length <= this.#told) return []
    const messages = spokenTo.messages.slice(this.#told).filter(isFor(context.stepId)).map(told)
    this.#told = spokenTo.messages.length
    if (messages.length > 0) {
      context.raise_(['untrusted'], 'messages')
      const value = { messages: structuredClone(messages), through: this.#told }
      const draft = context.draft('step.recorded', { call, name: 'messages', value: asJson(value) })
      journal.note([draft])
      return structuredClone((draft.data.value as Told).messages)
    }
    return messages
  }
}
