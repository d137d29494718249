import type { Event } from '../domain/event.ts'
import { globalNamespace, runNamespace } from '../domain/names.ts'
import type { Recalled, Turn } from '../domain/recall.ts'
import { type AgentMemory, type RunLog, subjectMeant } from '../memory/agent-memory.ts'
import type { State } from '../memory/state.ts'
import { subjectMemory } from '../memory/subject.ts'
import { requester } from '../stores/http/request.ts'
import { claimsOf, endpointOf } from './address.ts'
import { clientClock } from './clock.ts'
import { remoteKnowledge } from './knowledge.ts'
import { type RemoteStateOptions, remoteState } from './state.ts'

export type RemoteMemoryOptions = RemoteStateOptions & {
  /** Whose log and thread; default the run that `memoryToken` names. */
  run?: string
}

const pageMax = 1000

/**
 * The memory of a server as an agent in its process has it: state, knowledge, log, thread and facts, over HTTP. An agent that was called needs nothing but the
 * two headers of the call: `remoteMemory({ url: headers['concord-memory'], memoryToken: headers['concord-token'] })`.
 */
export const remoteMemory = (options: RemoteMemoryOptions): AgentMemory => {
  const claims = claimsOf(options.memoryToken)
  const { run = claims.run, namespace = run === undefined ? undefined : runNamespace(run) } = options
  let made: State | undefined
  /** On first use: a call that brings no good token concerns only who uses the memory. */
  const state = (): State => {
    made ??= remoteState({ ...options, ...(namespace === undefined ? {} : { namespace }) })
    return made
  }
  const send = requester(endpointOf(options))
  const get = async <T>(path: string, query: { [name: string]: string | number }): Promise<T> => {
    const named = { ...(run === undefined ? {} : { run }), ...query }
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(named)) parameters.set(name, String(value))
    return (await send(`${path}?${parameters}`)).json() as T
  }
  const log: RunLog = {
    async read({ after = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      const events: Event[] = []
      for (let last = after; events.length < limit; ) {
        const page = { after: last, limit: Math.min(pageMax, limit - events.length) }
        const read = await get<{ events: Event[]; next?: number }>('/log', page)
        events.push(...read.events)
        if (read.next === undefined) break
        last = read.next
      }
      return events
    },
  }
  return {
    get state() {
      return state()
    },
    knowledge: remoteKnowledge(send, globalNamespace, options.guard),
    log,
    recalled: () => get<Recalled>('/recalled', {}),
    thread: async () => (await get<{ turns: Turn[] }>('/thread', {})).turns,
    subject(subject) {
      const { step, agent = 'user' } = claims
      return subjectMemory({
        subject: subjectMeant(subject, claims.subject),
        state: state(),
        source: {
          ...(run === undefined ? {} : { run }),
          ...(step === undefined ? {} : { step }),
          agent,
        },
        now: clientClock.now,
      })
    },
  }
}
