import type { Failure } from './errors.ts'
import type { Event, EventOf, EventType, Read } from './event.ts'
import type { Json } from './json.ts'
import type { RunStatus } from './summary.ts'
import { statusOf } from './summary.ts'

export type TraceKind =
  | 'run'
  | 'plan'
  | 'step'
  | 'item'
  | 'attempt'
  | 'model'
  | 'tool'
  | 'recorded'
  | 'check'
  | 'wait'
  | 'signal'
  | 'owner'
  | 'redo'
  | 'budget'

export type TraceStatus =
  | RunStatus
  | 'proposed'
  | 'accepted'
  | 'rejected'
  | 'skipped'
  | 'met'
  | 'unmet'
  | 'retried'
  | 'redone'
  | 'interrupted'

/** One thing that happened, with what happened inside it in order. Plain JSON. */
export type TraceNode = {
  kind: TraceKind
  /** Step id, call id, plan version, who judged: what the thing is called. */
  name: string
  status?: TraceStatus
  agent?: string
  /** Versions of its first and its last event in the run's stream: what `fork --at` takes. */
  first: number
  last: number
  /** Instants, ms since the epoch; `ms` is absent while it goes on. */
  at: number
  ms?: number
  /** Spent inside it. */
  tokens: number
  money: number
  /** Why: of a plan, a verdict, a skip, a redo, a failure. */
  reasons: string[]
  failure?: Failure
  input?: Json
  output?: Json
  reads?: Read[]
  /** Items of a fan-out. */
  items?: number
  attempt?: number
  redo?: number
  children: TraceNode[]
}

/** A run's trace: the root is the run; `goal`, `team`, `strategy` and what it descends from stand beside it. */
export type Trace = TraceNode & {
  goal: Extract<Event, { type: 'run.queued' }>['data']['goal']
  strategy: string
  parent?: string
  forkedFrom?: { run: string; version: number }
  events: number
}

/*
 * The fold. Invariants, each kept by the function named:
 * 1. A node is found by its step id, its plan and its redo: what comes late for an older redo does not land in a newer one  (stepNode)
 * 2. Amounts are added to a model call and to everything it is inside of                                                    (spend)
 * 3. Every event of a node widens its `first` to `last`                                                                      (touch)
 */
class Builder {
  readonly root: Trace
  plan: TraceNode | undefined
  /** Steps and items of the plan in force, and the run's own agents, by id. */
  readonly #steps = new Map<string, TraceNode>()
  /** The attempt under way, by step or item id. */
  readonly attempts = new Map<string, TraceNode>()
  readonly #calls = new Map<string, TraceNode>()
  readonly parents = new Map<TraceNode, TraceNode>()

  constructor(first: Event | undefined) {
    const queued = first?.type === 'run.queued' ? first : undefined
    this.root = {
      ...blank('run', first?.run ?? first?.stream.replace(/^run\//, '') ?? '', first),
      goal: queued?.data.goal ?? { text: '', team: '' },
      strategy: queued?.data.strategy ?? '',
      events: 0,
      ...(queued?.data.parent === undefined ? {} : { parent: queued.data.parent.run }),
      ...(queued?.data.forkedFrom === undefined ? {} : { forkedFrom: queued.data.forkedFrom }),
    }
  }

  add(parent: TraceNode, node: TraceNode): TraceNode {
    parent.children.push(node)
    this.parents.set(node, parent)
    return node
  }

  touch(node: TraceNode, event: Event): void {
    for (let at: TraceNode | undefined = node; at !== undefined; at = this.parents.get(at))
      at.last = event.version
  }

  close(node: TraceNode, event: Event, status: TraceStatus): void {
    node.status = status
    node.ms = event.at - node.at
    this.touch(node, event)
  }

  spend(node: TraceNode, tokens: number, money: number): void {
    for (let at: TraceNode | undefined = node; at !== undefined; at = this.parents.get(at)) {
      at.tokens += tokens
      at.money += money
    }
  }

  startPlan(event: EventOf<'plan.proposed'>): void {
    const { version, steps, reason } = event.data
    const before = this.#steps.get('$plan')
    this.plan = this.add(this.root, blank('plan', String(version), event))
    this.plan.status = 'proposed'
    this.plan.output = { steps: steps.map(({ id, agent }) => ({ id, agent })) }
    if (reason !== undefined) this.plan.reasons.push(reason)
    // Making the plan is told inside it.
    if (before !== undefined && this.parents.get(before) === this.root) {
      this.root.children.splice(this.root.children.indexOf(before), 1)
      this.add(this.plan, before)
      this.plan.tokens += before.tokens
      this.plan.money += before.money
      this.plan.first = before.first
      this.plan.at = before.at
    }
    this.#steps.clear()
    this.attempts.clear()
  }

  /** The step, item or internal agent an event is about; made when it is new. */
  stepNode(event: Event): TraceNode {
    const id = event.step ?? ''
    const known = this.#steps.get(id)
    if (known !== undefined) {
      if (event.agent !== undefined) known.agent = event.agent
      return known
    }
    const slash = id.lastIndexOf('/')
    const isItem = slash > 0
    const parent = isItem
      ? (this.#steps.get(id.slice(0, slash)) ?? this.plan ?? this.root)
      : id === '$plan'
        ? this.root
        : (this.plan ?? this.root)
    const node = this.add(parent, blank(isItem ? 'item' : id === '$check' ? 'check' : 'step', id, event))
    if (event.agent !== undefined) node.agent = event.agent
    this.#steps.set(id, node)
    return node
  }

  /** Where calls of a step belong. */
  attemptOf(event: Event): TraceNode {
    return this.attempts.get(event.step ?? '') ?? this.stepNode(event)
  }

  startCall(kind: TraceKind, call: string, name: string, event: Event): TraceNode {
    const node = this.add(this.attemptOf(event), blank(kind, name, event))
    node.status = 'running'
    this.#calls.set(`${event.step}|${call}`, node)
    this.touch(node, event)
    return node
  }

  endCall(kind: TraceKind, call: string, name: string, event: Event): TraceNode {
    const key = `${event.step}|${call}`
    const node = this.#calls.get(key) ?? this.startCall(kind, call, name, event)
    this.#calls.delete(key)
    this.touch(node, event)
    return node
  }

  startAttempt(event: EventOf<'step.started'>): void {
    const id = event.step ?? ''
    // Each judgement of the results is one of its own.
    if (id === '$check' && this.#steps.get(id)?.redo !== event.data.redo) this.#steps.delete(id)
    const step = this.stepNode(event)
    if (id === '$check') step.redo = event.data.redo
    const open = this.attempts.get(id)
    step.status = 'running'
    delete step.ms
    delete step.failure
    // A step that waited goes on in the attempt that waited.
    if (open !== undefined && open.attempt === event.data.attempt && open.redo === event.data.redo) {
      open.status = 'running'
      const wait = open.children.findLast((node) => node.kind === 'wait')
      if (wait?.status === 'waiting') this.close(wait, event, 'succeeded')
      this.touch(open, event)
      return
    }
    const attempt = this.add(step, blank('attempt', String(event.data.attempt), event))
    attempt.attempt = event.data.attempt
    attempt.redo = event.data.redo
    attempt.status = 'running'
    this.attempts.set(id, attempt)
    this.touch(attempt, event)
  }

  forgetAttempt(step: string): void {
    this.attempts.delete(step)
    // Looked through for a whole step only: n items redone cost n.
    if (step.includes('/')) return
    for (const id of this.attempts.keys()) if (id.startsWith(`${step}/`)) this.attempts.delete(id)
  }
}

const blank = (kind: TraceKind, name: string, event: Event | undefined): TraceNode => ({
  kind,
  name,
  first: event?.version ?? 0,
  last: event?.version ?? 0,
  at: event?.at ?? 0,
  tokens: 0,
  money: 0,
  reasons: [],
  children: [],
})

type Folds = { [T in EventType]?: (builder: Builder, event: EventOf<T>) => void }

const signalText = (signal: EventOf<'signal.received'>['data']['signal']): string[] => {
  const value =
    signal.value === undefined
      ? []
      : [typeof signal.value === 'string' ? signal.value : JSON.stringify(signal.value)]
  return [...(signal.by === undefined ? [] : [`by ${signal.by}`]), ...value]
}

const note = (
  builder: Builder,
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

const verdict = (builder: Builder, event: EventOf<'check.met'> | EventOf<'check.unmet'>): void => {
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

const folds: Folds = {
  'run.claimed': (builder, event) => {
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
    const { call, model, answer, failure, tokens, money, ms } = event.data
    const node = builder.endCall('model', call, model, event)
    node.status = failure === undefined ? 'succeeded' : 'failed'
    node.ms = ms
    if (answer !== undefined) node.output = answer
    if (failure !== undefined) node.failure = failure
    builder.spend(node, tokens, money)
  },
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
    if (signal.kind !== 'child') note(builder, 'signal', signal.kind, event, signalText(signal))
  },
}

/** A fan-out lasts as long as its items; it ends with the last of them. */
const closeFanOut = (builder: Builder, node: TraceNode, event: Event): void => {
  if (node.kind !== 'item') return
  const step = builder.parents.get(node)
  if (step?.items === undefined) return
  step.ms = event.at - step.at
  builder.touch(step, event)
}

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
  const builder = new Builder(events[0])
  const { root } = builder
  root.status = 'queued'
  root.events = events.length
  for (const event of events) {
    const fold = folds[event.type] as ((builder: Builder, event: Event) => void) | undefined
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
