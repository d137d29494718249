import type { Event, EventData, EventOf } from './event.ts'
import { runOfStream } from './names.ts'
import type { Trace, TraceKind, TraceNode, TraceStatus } from './trace-node.ts'

/*
 * The fold. Invariants, each kept by the function named:
 * 1. A node is found by its step id, its plan and its redo: what comes late for an older redo does not land in a newer one  (stepNode)
 * 2. Amounts are added to a model call and to everything it is inside of                                                    (spend)
 * 3. Every event of a node widens its `first` to `last`                                                                      (touch)
 */
export class TraceBuilder {
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
    const run = first && (first.run ?? runOfStream(first.stream) ?? first.stream)
    this.root = {
      ...blank('run', run ?? '', first),
      goal: queued?.data.goal ?? { text: '', team: '' },
      strategy: queued?.data.strategy ?? '',
      events: 0,
      ...(queued?.data?.principal === undefined ? {} : { principal: queued.data.principal }),
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

  spend(node: TraceNode, { tokens, money, cachedTokens = 0 }: EventData['model.answered']): void {
    for (let at: TraceNode | undefined = node; at !== undefined; at = this.parents.get(at)) {
      at.tokens += tokens
      at.money += money
      if (cachedTokens > 0) at.cachedTokens = (at.cachedTokens ?? 0) + cachedTokens
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
      if (before.cachedTokens !== undefined) this.plan.cachedTokens = before.cachedTokens
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

export const blank = (kind: TraceKind, name: string, event: Event | undefined): TraceNode => ({
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
