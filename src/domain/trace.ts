import type { Event } from './event.ts'
import { statusOf } from './summary.ts'
import { TraceBuilder } from './trace-builder.ts'
import { traceFolds } from './trace-folds.ts'
import type { Trace, TraceNode, TraceStatus } from './trace-node.ts'

const settledStatuses: ReadonlySet<TraceStatus | undefined> = new Set(['succeeded', 'failed', 'skipped'])

/** The status of a fan-out follows from its items. One pass at the end, so that n items cost n. */
const settleFanOuts = (node: TraceNode): void => {
  for (const child of node.children) settleFanOuts(child)
  if (node.items === undefined || node.status === 'redone') return
  const items = node.children.filter((child) => child.kind === 'item')
  const open = items.length < node.items || items.some((item) => !settledStatuses.has(item.status))
  if (open) {
    delete node.ms
    node.status = items.some((item) => item.status === 'failed') ? 'failed' : 'running'
  } else node.status = items.every((item) => item.status === 'succeeded') ? 'succeeded' : 'failed'
}

/** The tree of a run: plans, steps and items, attempts, model and tool calls, checks, waits and redos, from its events in order. */
export const traceOf = (events: readonly Event[]): Trace => {
  const builder = new TraceBuilder(events[0])
  const { root } = builder
  root.status = 'queued'
  root.events = events.length
  for (const event of events) {
    const fold = traceFolds[event.type] as ((builder: TraceBuilder, event: Event) => void) | undefined
    fold?.(builder, event)
    root.last = event.version
    const status = statusOf(event.type)
    if (status === undefined) continue
    root.status = status
    if (status === 'succeeded' || status === 'failed' || status === 'cancelled') root.ms = event.at - root.at
    else delete root.ms
  }
  const last = events.at(-1)
  if (builder.plan?.status === 'accepted' && last !== undefined) builder.plan.ms = last.at - builder.plan.at
  settleFanOuts(root)
  return root
}
