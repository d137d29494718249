import { timeText } from './amounts.ts'
import type { Event, EventOf, EventType } from './event.ts'
import { blank, type TraceBuilder } from './trace-builder.ts'
import type { TraceKind, TraceNode } from './trace-node.ts'

type Folds = { [T in EventType]?: (builder: TraceBuilder, event: EventOf<T>) => void }

/** What is worth saying of the wait before another attempt. */
const longWaitMs = 60_000

const signalText = (signal: EventOf<'signal.received'>['data']['signal']): string[] => {
  const value =
    signal.value === undefined
      ? []
      : [typeof signal.value === 'string' ? signal.value : JSON.stringify(signal.value)]
  return [...(signal.by === undefined ? [] : [`by ${signal.by}`]), ...value]
}

const note = (
  builder: TraceBuilder,
  kind: TraceKind,
  name: string,
  event: Event,
  reasons: string[] = [],
): TraceNode => {
  const node = builder.add(builder.root, blank(kind, name, event))
  node.reasons = reasons
  builder.touch(node, event)
  return node
}

const verdict = (builder: TraceBuilder, event: EventOf<'check.met'> | EventOf<'check.unmet'>): void => {
  const status = event.type === 'check.met' ? 'met' : 'unmet'
  const own = event.step === undefined
  // The run's own verdict closes the check; an agent's about itself stands inside the attempt.
  const parent = own ? (builder.plan ?? builder.root) : builder.attemptOf(event)
  const last = own ? parent.children.findLast((node) => node.kind === 'check') : undefined
  const node =
    last !== undefined && last.reasons.length === 0 && last.status === 'succeeded'
      ? last
      : builder.add(parent, blank('check', own ? '$check' : 'self', event))
  node.status = status
  node.agent ??= event.data.by
  node.reasons = [...new Set(event.data.reasons)]
  if (event.type === 'check.unmet')
    for (const { step, feedback } of event.data.redo ?? [])
      if (!node.reasons.includes(`redo ${step}: ${feedback}`)) node.reasons.push(`redo ${step}: ${feedback}`)
  builder.touch(node, event)
}

/** What each event adds to the trace; the others add nothing. */
export const traceFolds: Folds = {
  'run.claimed': (builder, event) => {
    // Of an item of a spread step: the process that executes it.
    if (event.step !== undefined) {
      builder.stepNode(event).process = event.data.owner
      return
    }
    if (event.data.epoch <= 1) return
    for (const attempt of builder.attempts.values())
      if (attempt.status === 'running') attempt.reasons.push(`executed again by owner ${event.data.epoch}`)
    const { status } = builder.root
    const rested = status === 'waiting' || status === 'suspended'
    note(builder, 'owner', event.data.owner, event, [
      `${rested ? 'goes on with' : 'took over'} the run, epoch ${event.data.epoch}`,
    ])
  },
  'run.waiting': (builder, event) => {
    const whom = event.data.for.map((wait) => wait.prompt ?? `${wait.for} ${wait.name}`)
    note(builder, 'wait', 'waiting', event, whom)
  },
  'run.resumed': (builder, event) => void note(builder, 'owner', 'resumed', event, [`by ${event.data.by}`]),
  'run.suspended': (builder, event) => void note(builder, 'owner', 'suspended', event, [event.data.reason]),
  'run.succeeded': (builder, event) => {
    builder.root.output = event.data.output
    builder.root.reasons = event.data.reasons ?? []
  },
  'run.failed': (builder, event) => {
    builder.root.failure = event.data.failure
    builder.root.reasons = event.data.reasons
  },
  'run.cancelled': (builder, event) => {
    builder.root.reasons = [event.data.reason]
  },
  'plan.proposed': (builder, event) => {
    if (event.step === undefined) builder.startPlan(event)
  },
  'plan.accepted': (builder, event) => {
    if (event.step !== undefined || builder.plan === undefined) return
    builder.plan.status = 'accepted'
    builder.touch(builder.plan, event)
  },
  'plan.rejected': (builder, event) => {
    if (event.step !== undefined) {
      const node = builder.add(builder.attemptOf(event), blank('plan', `turn ${event.data.version}`, event))
      node.status = 'rejected'
      node.reasons = event.data.reasons
    } else if (builder.plan !== undefined) {
      builder.plan.reasons.push(
        ...event.data.reasons.map((reason) => `rejected by ${event.data.by}: ${reason}`),
      )
      builder.close(builder.plan, event, 'rejected')
    }
  },
  'step.scheduled': (builder, event) => {
    const step = builder.stepNode(event)
    step.items = event.data.items
    step.status = event.data.items === 0 ? 'succeeded' : 'running'
    builder.touch(step, event)
  },
  'step.started': (builder, event) => builder.startAttempt(event),
  'step.waiting': (builder, event) => {
    const step = builder.stepNode(event)
    step.status = 'waiting'
    const { wait } = event.data
    const node = builder.add(builder.attemptOf(event), blank('wait', `${wait.for} ${wait.name}`, event))
    node.status = 'waiting'
    if (wait.prompt !== undefined) node.reasons = [wait.prompt]
    builder.touch(node, event)
  },
  'step.recorded': (builder, event) => {
    const node = builder.add(builder.attemptOf(event), blank('recorded', event.data.name, event))
    if (event.data.value !== undefined) node.output = event.data.value
    if (event.data.failure !== undefined) node.failure = event.data.failure
    builder.touch(node, event)
  },
  'step.succeeded': (builder, event) => {
    const step = builder.stepNode(event)
    const attempt = builder.attempts.get(event.step ?? '')
    step.output = event.data.output
    if (event.data.reads !== undefined) step.reads = event.data.reads
    if (attempt !== undefined) builder.close(attempt, event, 'succeeded')
    builder.close(step, event, 'succeeded')
    closeFanOut(builder, step, event)
  },
  'step.failed': (builder, event) => {
    const step = builder.stepNode(event)
    const attempt = builder.attempts.get(event.step ?? '')
    const { failure, retryAt } = event.data
    if (attempt !== undefined) {
      attempt.failure = failure
      if (retryAt !== undefined && retryAt - event.at >= longWaitMs)
        attempt.reasons = [`tried again in ${timeText(retryAt - event.at)}`]
      builder.close(attempt, event, retryAt === undefined ? 'failed' : 'retried')
      builder.attempts.delete(event.step ?? '')
    }
    if (retryAt !== undefined) return
    step.failure = failure
    builder.close(step, event, 'failed')
    closeFanOut(builder, step, event)
  },
  'step.skipped': (builder, event) => {
    const step = builder.stepNode(event)
    step.reasons = [event.data.reason]
    builder.close(step, event, 'skipped')
  },
  'step.redone': (builder, event) => {
    const step = builder.stepNode(event)
    const { redo, feedback } = event.data
    const node = builder.add(step, blank('redo', String(redo), event))
    node.redo = redo
    if (feedback !== undefined) node.reasons = [feedback]
    step.status = 'redone'
    step.redo = redo
    builder.forgetAttempt(event.step ?? '')
    builder.touch(node, event)
  },
  'model.called': (builder, event) => {
    const node = builder.startCall('model', event.data.call, event.data.model, event)
    node.attempt = event.data.attempt
    node.input = event.data.messages
  },
  'model.answered': (builder, event) => {
    const { call, model, answer, failure, ms } = event.data
    const node = builder.endCall('model', call, model, event)
    node.status = failure === undefined ? 'succeeded' : 'failed'
    node.ms = ms
    if (answer !== undefined) node.output = answer
    if (failure !== undefined) node.failure = failure
    const { shared } = event.data
    if (shared !== undefined) node.reasons = [`answered by the same call of step ${shared.step}`]
    builder.spend(node, event.data)
  },
  'labels.raised': (builder, event) =>
    void note(builder, 'labels', `read what is ${event.data.labels.join(' and ')}`, event, [event.data.by]),
  'tool.called': (builder, event) => {
    const node = builder.startCall('tool', event.data.call, event.data.tool, event)
    node.input = event.data.input
  },
  'tool.answered': (builder, event) => {
    const { call, tool, output, failure, ms } = event.data
    const node = builder.endCall('tool', call, tool, event)
    node.status = failure === undefined ? 'succeeded' : 'failed'
    node.ms = ms
    if (output !== undefined) node.output = output
    if (failure !== undefined) node.failure = failure
  },
  'conflict.resolved': (builder, event) => {
    const { key, by, mediator, attempts, theirs } = event.data
    const node = builder.add(builder.attemptOf(event), blank('recorded', `conflict on ${key}`, event))
    node.status = 'succeeded'
    node.reasons = [
      `version ${theirs.version} came between; resolved by ${mediator ?? by}${attempts > 2 ? ` after ${attempts} attempts` : ''}`,
    ]
    builder.touch(node, event)
  },
  'scratchpad.noted': (builder, event) => {
    const parent = builder.attemptOf(event)
    const { kind, text } = event.data
    // All of an attempt are one node: there may be many.
    const node =
      parent.children.find((child) => child.kind === 'recorded' && child.name === scratchpadNotes) ??
      builder.add(parent, blank('recorded', scratchpadNotes, event))
    node.status = 'succeeded'
    node.output = [...(Array.isArray(node.output) ? node.output : []), { [kind]: text }]
    builder.touch(node, event)
  },
  'scratchpad.compacted': (builder, event) => {
    const { from, to, by, tokens, message } = event.data
    const node = builder.add(builder.attemptOf(event), blank('recorded', 'scratchpad condensed', event))
    node.status = 'succeeded'
    node.reasons = [
      `${to - from} messages by ${by}: about ${tokens.before} tokens before, ${tokens.after} after`,
    ]
    node.output = message
    builder.touch(node, event)
  },
  'check.met': verdict,
  'check.unmet': verdict,
  'budget.exhausted': (builder, event) => {
    const { limit, allowed, used, asked } = event.data
    const parent = event.step === undefined ? builder.root : builder.attemptOf(event)
    const node = builder.add(parent, blank('budget', limit, event))
    node.status = 'failed'
    node.reasons = [`${allowed} allowed, ${used} used, ${asked} more wanted`]
  },
  'signal.received': (builder, event) => {
    const { signal } = event.data
    if (signal.kind !== 'child' && signal.kind !== 'budget')
      note(builder, 'signal', signal.kind, event, signalText(signal))
  },
}

const scratchpadNotes = 'scratchpad notes'

/** A fan-out lasts as long as its items; it ends with the last of them. */
const closeFanOut = (builder: TraceBuilder, node: TraceNode, event: Event): void => {
  if (node.kind !== 'item') return
  const step = builder.parents.get(node)
  if (step?.items === undefined) return
  step.ms = event.at - step.at
  builder.touch(step, event)
}
