import { bothLabels } from '../domain/labels.ts'
import type { AgentMemory } from '../memory/agent-memory.ts'
import type { State } from '../memory/state.ts'
import type { CallSite } from './call-site.ts'

/** Members of a state that lead beyond it, or hear what others publish. */
const beyond = new Set<PropertyKey>(['in', 'diff', 'merge', 'subscribe'])

/**
 * The memory of whoever called a service, as the service's run has read it: what lies beyond the
 * caller's run is private and untrusted. What its run has read comes with the call (`concord-labels`).
 */
export const callersOwn = (context: CallSite, memory: AgentMemory): AgentMemory => {
  const raise = () => context.raise_(bothLabels, 'memory of the caller')
  const raising = <T extends object>(part: T, which: (member: PropertyKey) => boolean): T =>
    new Proxy(part, {
      get(target, member) {
        const value = Reflect.get(target, member) as unknown
        if (typeof value !== 'function' || !which(member)) return value
        return (...given: unknown[]): unknown => {
          raise()
          return value.apply(target, given)
        }
      },
    })
  return {
    get state() {
      return raising<State>(memory.state, (member) => beyond.has(member))
    },
    knowledge: raising(memory.knowledge, () => true),
    log: memory.log,
    async recalled() {
      raise()
      return memory.recalled()
    },
    async thread() {
      raise()
      return memory.thread()
    },
    subject(subject) {
      raise()
      return memory.subject(subject)
    },
  }
}
