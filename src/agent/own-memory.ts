import { ConcordError } from '../domain/errors.ts'
import { asJson, type Json } from '../domain/json.ts'
import { bothLabels } from '../domain/labels.ts'
import { globalNamespace, isAtHome, namespaceOfChannel, runNamespace, runStream } from '../domain/names.ts'
import { type AgentMemory, subjectMeant } from '../memory/agent-memory.ts'
import { checkOwner } from '../memory/fence.ts'
import { reachedKnowledge } from '../memory/reach.ts'
import { scopedState } from '../memory/scoped-state.ts'
import type { State } from '../memory/state.ts'
import type { Conflict } from '../memory/state-update.ts'
import { subjectMemory } from '../memory/subject.ts'
import { eventsIn, type MemoryReach, recalledIn } from '../policy/memory.ts'
import type { CallSite, Invoke } from './call-site.ts'

type Parts = { prefix: string; invoke: Invoke }

/** The memory of an agent in the process of its run: what it writes carries whose it is, and is refused once the execution is no longer wanted. */
export const ownMemory = (context: CallSite, parts: Parts): AgentMemory => {
  const { execution, services, agent, runId, stepId } = context
  const { run, journal } = execution
  const holder = run.item === undefined ? {} : { holder: run.id }
  const provenance = { run: runId, step: stepId, agent, epoch: run.epoch, ...holder }
  let state: State | undefined

  const reach = labelling(context)

  const memory: AgentMemory = {
    get state() {
      state ??= scopedState({
        store: services.state,
        namespace: runNamespace(runId),
        provenance,
        operationPrefix: context.idempotencyKey + parts.prefix,
        repeatable: true,
        failures: context.failures_,
        clock: services.clock,
        result: (step) => context.result(step),
        reads: context.reads,
        reach,
        mediate: (mediator, conflict) => mediated(context, parts, mediator, conflict),
        resolved: (data) => journal.note([context.draft('conflict.resolved', data)]),
        guard: () => context.mayAct_(),
      })
      return state
    },
    get knowledge() {
      const all = services.knowledge(globalNamespace, {
        reads: () => context.reads,
        // For what is stored elsewhere than in the run's database.
        async fence() {
          await context.mayAct_()
          await checkOwner(services.state, provenance)
        },
        knows: reach.knows,
      })
      return reachedKnowledge(all, globalNamespace, reach)
    },
    log: {
      read: async ({ after = 0, limit } = {}) => {
        const page = { afterVersion: after, ...(limit === undefined ? {} : { limit }) }
        return eventsIn(await services.log.read(runStream(runId), page), context.reach.sees)
      },
    },
    async recalled() {
      return recalledIn(structuredClone(run.recalled ?? {}), context.reach.sees)
    },
    async thread() {
      context.reach.checkThread()
      return structuredClone(run.recalled?.thread ?? [])
    },
    subject: (subject) =>
      subjectMemory({
        subject: subjectMeant(subject, run.goal.subject),
        state: memory.state,
        source: { run: runId, step: stepId, agent },
        now: () => context.now(),
      }),
  }
  return memory
}

/** What is read beyond the run's own memory is private, and may have been written by any run. */
const labelling = (context: CallSite): MemoryReach => {
  const { reach } = context
  const home = runNamespace(context.runId)
  const read = (namespace: string) => {
    if (!isAtHome(namespace, home)) context.raise_(bothLabels, `memory of ${namespace}`)
  }
  return {
    ...reach,
    check(namespace, wanted) {
      reach.check(namespace, wanted)
      if (wanted === 'read') read(namespace)
    },
    hears(channel) {
      const hears = reach.hears(channel)
      if (hears) read(namespaceOfChannel(channel))
      return hears
    },
  }
}

/** Named by what stands in the way: a step that is executed again asks about the same conflict under the same name, about another under another. */
const mediated = async (
  context: CallSite,
  { prefix, invoke }: Parts,
  mediator: string,
  conflict: Conflict,
): Promise<Json> => {
  const card = context.agents.find(({ name }) => name === mediator)
  if (card !== undefined && card.role !== 'mediator')
    throw new ConcordError(
      'agent.unknown',
      `Cannot ask agent "${mediator}" to mediate as its role must be mediator: ${card.role}; declare it with role: 'mediator'`,
    )
  const { namespace, key, theirs } = conflict
  const name = `${prefix}mediate:${namespace}/${key}@${theirs.version}/`
  return invoke(context, mediator, asJson(conflict), name)
}
