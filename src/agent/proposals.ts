import { ConcordError } from '../domain/errors.ts'
import { asJson, copyJson } from '../domain/json.ts'
import { jsonIn } from '../domain/json-in-text.ts'
import { cut } from '../domain/text/cut.ts'
import type { ModelAnswer, ToolCall } from '../ports/model.ts'
import type { Action, Proposal } from './loop.ts'

/** An answer that cannot be read as what was asked for, and why. */
export class Unreadable {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

const actionsOf = (answer: ModelAnswer): Action[] =>
  answer.toolCalls.map((call) => ({
    id: call.id,
    tool: call.tool,
    input: call.invalid === undefined ? copyJson(call.input) : asJson(`not JSON: ${call.invalid}`),
    ...problemOf(call),
  }))

const problemOf = ({ problem, invalid }: ToolCall): { problem?: string } => {
  if (problem !== undefined) return { problem }
  if (invalid === undefined) return {}
  return { problem: `its arguments are not JSON: ${cut(invalid, shownChars)}; write one JSON object` }
}

const shownChars = 200
const empty = 'the answer is empty; write the answer itself, as text'

/** What the answers of one model in one loop propose: tool calls, or the loop's answer. */
export class Proposals {
  readonly #agent: string
  readonly #structured: boolean
  /**
   * The text beside the last tool calls: some models give their answer there, and close with
   * nothing.
   */
  #beside = ''
  #asked = false

  constructor(agent: string, structured: boolean) {
    this.#agent = agent
    this.#structured = structured
  }

  /**
   * An empty answer is asked for once more; when the model stays silent, the text beside its last
   * tool calls is the answer. Throws `model.no-answer` when there is none either.
   */
  of(answer: ModelAnswer): Proposal<unknown> {
    const actions = actionsOf(answer)
    // The call that was cut off may read like a whole one, and what it was to come with is missing.
    if (actions.length > 0 && answer.finish === 'length')
      return { refused: actions, reason: 'cut off at the token limit; call again with less' }
    const isSilent = answer.text.trim() === ''
    if (actions.length > 0) {
      if (!isSilent) this.#beside = answer.text
      this.#asked = false
      return { actions }
    }
    if (answer.finish === 'length')
      return { answer: new Unreadable('the answer was cut off at the token limit; answer more briefly') }
    if (!isSilent) return { answer: this.#read(answer.text) }
    if (!this.#asked) {
      this.#asked = true
      return { answer: new Unreadable(empty) }
    }
    const kept = this.#beside === '' ? undefined : this.#read(this.#beside)
    if (kept === undefined || kept instanceof Unreadable) throw this.#noAnswer(answer)
    this.#beside = ''
    return { answer: kept }
  }

  #read(text: string): unknown {
    if (!this.#structured) return text
    const found = jsonIn(text)
    return 'value' in found ? found.value : new Unreadable(`the answer is not JSON: ${found.problem}`)
  }

  #noAnswer({ model }: ModelAnswer): ConcordError {
    return new ConcordError(
      'model.no-answer',
      `Cannot finish agent "${this.#agent}" as its model must say something: ${model} answered nothing, and nothing again when asked once more; use another model, or change the instructions`,
      { details: { model } },
    )
  }
}
