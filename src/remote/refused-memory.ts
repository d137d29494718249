import type { ConcordError } from '../domain/errors.ts'
import type { AgentMemory } from '../memory/agent-memory.ts'
import type { Knowledge } from '../memory/knowledge/knowledge.ts'
import type { State } from '../memory/state.ts'

/** Refuses when it is used, not before: an agent that needs no memory is served all the same. */
export const refusedMemory = (error: ConcordError): AgentMemory => {
  const refuse = (): never => {
    throw error
  }
  const refusing = { get: () => refuse }
  return {
    state: new Proxy<State>({} as State, refusing),
    knowledge: new Proxy<Knowledge>({} as Knowledge, refusing),
    log: { read: async () => refuse() },
    recalled: async () => refuse(),
    thread: async () => refuse(),
    subject: refuse,
  }
}
