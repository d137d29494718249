import type { Json } from '../domain/json.ts'
import { bothLabels } from '../domain/labels.ts'
import { continued, formatTraceparent, spanIdOf } from '../domain/trace-context.ts'
import type { CallSite } from './call-site.ts'

/** Calls an agent that runs elsewhere: plain JSON in and out, context in headers. Reached once a key: its answer is journaled with the step. */
export const callRemote = async (context: CallSite, input: Json, deadline: number): Promise<Json> => {
  await context.mayAct_()
  const { definition, execution, services } = context
  const key = context.callKey
  const { labels } = execution.run
  // It answers what it likes, and may have read the run's memory for it.
  context.raise_(bothLabels, `agent ${context.agent} elsewhere`)
  return services.transport.call({
    agent: context.agent,
    url: definition.url ?? '',
    ...(definition.token === undefined ? {} : { token: definition.token }),
    payload: input,
    headers: {
      'Idempotency-Key': key,
      traceparent: formatTraceparent(continued(execution.run, spanIdOf(key))),
      'concord-run': context.runId,
      'concord-step': context.stepId,
      'concord-depth': String(execution.run.depth + 1),
      'concord-deadline': new Date(deadline).toISOString(),
      ...(labels.length === 0 ? {} : { 'concord-labels': labels.join(', ') }),
      ...services.headers?.({ execution, agent: context.agent, key, deadline }),
    },
    deadline,
    signal: context.signal,
  })
}
