import type { AgentContext } from './context.ts'

/** The methods of a context, which agents take apart. */
type Method = {
  [K in keyof AgentContext]-?: AgentContext[K] extends (...given: never[]) => unknown ? K : never
}[keyof AgentContext]

/**
 * The context that an agent's code holds. What the runtime knows of the call is behind a private
 * field: no property, symbol or prototype leads from here to a journal, a store or a runner.
 */
class ExposedContext implements AgentContext {
  readonly #call: AgentContext

  constructor(call: AgentContext) {
    this.#call = call
  }

  get agent() {
    return this.#call.agent
  }
  get runId() {
    return this.#call.runId
  }
  get stepId() {
    return this.#call.stepId
  }
  get goal() {
    return this.#call.goal
  }
  get idempotencyKey() {
    return this.#call.idempotencyKey
  }
  get attempt() {
    return this.#call.attempt
  }
  get agents() {
    return this.#call.agents
  }
  get logger() {
    return this.#call.logger
  }
  get signal() {
    return this.#call.signal
  }
  get hasModel() {
    return this.#call.hasModel
  }
  get scratchpad() {
    return this.#call.scratchpad
  }
  get state() {
    return this.#call.state
  }
  get knowledge() {
    return this.#call.knowledge
  }
  get log() {
    return this.#call.log
  }
  // Bound when they are taken and not for each context: most agents take few of them.
  get now() {
    return this.#bound('now')
  }
  get recalled() {
    return this.#bound('recalled')
  }
  get thread() {
    return this.#bound('thread')
  }
  get subject() {
    return this.#bound('subject')
  }
  get result() {
    return this.#bound('result')
  }
  get step() {
    return this.#bound('step')
  }
  get tool() {
    return this.#bound('tool')
  }
  get messages() {
    return this.#bound('messages')
  }
  get model() {
    return this.#bound('model')
  }
  get call() {
    return this.#bound('call')
  }
  get delegate() {
    return this.#bound('delegate')
  }
  get approve() {
    return this.#bound('approve')
  }
  get ask() {
    return this.#bound('ask')
  }
  get waitFor() {
    return this.#bound('waitFor')
  }
  get sleep() {
    return this.#bound('sleep')
  }
  get emit() {
    return this.#bound('emit')
  }

  #bound<K extends Method>(name: K): AgentContext[K] {
    const method: (...given: never[]) => unknown = this.#call[name]
    return method.bind(this.#call) as AgentContext[K]
  }
}

// One agent's code must not change what another's is given.
Object.freeze(ExposedContext.prototype)

/** The context of a call as the agent's own code may have it. */
export const exposedContext = (call: AgentContext): AgentContext => new ExposedContext(call)
