import { childKey, ledger, settleChild } from './budget.ts'
import type { Draft, EventData, Signal } from './event.ts'
import type { Json } from './json.ts'
import { graphOf, type Step } from './plan.ts'
import { isObject } from './reference.ts'
import {
  type ActivePlan,
  type Items,
  isFinal,
  type JournalEntry,
  type Run,
  resultsOf,
  type StepState,
  type Work,
} from './run.ts'
import { statusOf } from './summary.ts'

/*
 * The fold. Invariants, each kept by the function named:
 * 1. A step is in `attention` exactly while decide() may have something to do for it        (settle, redo, startWork)
 * 2. `plan.open` counts steps not settled; `state.open` a step's dependencies not settled    (settle, redo)
 * 3. `underWay` holds the ids of works started and not closed; nothing else is executed      (startWork, close)
 * 4. Events of a final run change nothing                                                    (advance)
 */

type Fold<T extends Draft['type']> = (run: Run, data: EventData[T], event: Draft) => void

const settled = (state: StepState): boolean => state.status === 'succeeded' || state.status === 'skipped'

const settle = (plan: ActivePlan, state: StepState, status: 'succeeded' | 'skipped', output?: Json): void => {
  if (settled(state)) return
  state.status = status
  state.output = output
  plan.open--
  plan.attention.delete(state.step.id)
  for (const id of plan.graph.dependents.get(state.step.id) ?? []) {
    const next = plan.steps.get(id)
    if (next === undefined) continue
    next.open--
    if (next.open === 0 && next.status === 'pending') {
      next.status = 'ready'
      plan.attention.add(id)
    }
  }
}

const baseOf = (id: string): { step: string; index?: number } => {
  const slash = id.lastIndexOf('/')
  return slash < 0 ? { step: id } : { step: id.slice(0, slash), index: Number(id.slice(slash + 1)) }
}

export const stepOf = (run: Run, id: string): StepState | undefined => run.plan?.steps.get(baseOf(id).step)

/** A fan-out needs attention while an item may start; it is settled when all its items are. */
const tendItems = (plan: ActivePlan, state: StepState, items: Items): void => {
  if (items.settled === items.count) {
    settle(
      plan,
      state,
      'succeeded',
      items.outputs.map((output) => output ?? null),
    )
    return
  }
  if (items.next < items.count || items.again.length > 0) plan.attention.add(state.step.id)
  else plan.attention.delete(state.step.id)
}

const write = (work: Work | undefined, call: string, entry: JournalEntry): void => {
  if (work === undefined) return
  work.journal ??= new Map()
  work.journal.set(call, entry)
}

const internal = (event: Draft): Step => ({ id: event.step ?? '', agent: event.agent ?? '' })

const startWork = (run: Run, data: EventData['step.started'], event: Draft): void => {
  const id = event.step ?? ''
  const { step, index } = baseOf(id)
  const state = run.plan?.steps.get(step)
  const before = run.works.get(id)
  const continued = before !== undefined && before.plan === data.plan && before.redo === data.redo
  const work: Work = continued
    ? before
    : {
        id,
        step: state?.step ?? internal(event),
        index,
        plan: data.plan,
        redo: data.redo,
        attempt: data.attempt,
        status: 'started',
        startedAt: event.at,
        losses: 0,
      }
  if (continued && before.wait?.for === 'timer')
    write(work, `wait:${before.wait.name}`, {
      type: 'signal.received',
      data: { kind: 'signal', name: before.wait.name },
    })
  work.attempt = data.attempt
  work.status = 'started'
  work.wait = undefined
  work.retryAt = undefined
  if (data.state !== undefined) work.state = data.state
  run.works.set(id, work)
  run.underWay.add(id)
  run.idle.delete(id)
  run.book.steps++
  if (state === undefined || run.plan === undefined) return
  work.feedback = (index === undefined ? undefined : state.items?.feedback.get(index)) ?? state.feedback
  state.status = 'running'
  if (state.items === undefined || index === undefined) run.plan.attention.delete(step)
  else if (!continued) startItem(run.plan, state, state.items, index)
}

const startItem = (plan: ActivePlan, state: StepState, items: Items, index: number): void => {
  items.active++
  if (items.again[0] === index) items.again.shift()
  else if (index >= items.next) items.next = index + 1
  tendItems(plan, state, items)
}

const close = (run: Run, id: string): Work | undefined => {
  const work = run.works.get(id)
  run.underWay.delete(id)
  run.idle.delete(id)
  return work
}

/** The ends of its children concern nobody once a step is closed. */
const forget = (run: Run, id: string): void => {
  if (run.early.length > 0)
    run.early = run.early.filter((signal) => signal.kind !== 'child' || signal.step !== id)
}

const succeed = (run: Run, data: EventData['step.succeeded'], event: Draft): void => {
  const id = event.step ?? ''
  const work = close(run, id)
  if (work !== undefined) {
    work.status = 'succeeded'
    work.output = data.output
    work.journal = undefined
  }
  forget(run, id)
  const state = stepOf(run, id)
  if (state === undefined || run.plan === undefined) return
  const { index } = baseOf(id)
  if (state.items !== undefined && index !== undefined) {
    state.items.outputs[index] = data.output
    state.items.active--
    state.items.settled++
    run.works.delete(id)
    tendItems(run.plan, state, state.items)
  } else settle(run.plan, state, 'succeeded', data.output)
}

const fail = (run: Run, data: EventData['step.failed'], event: Draft): void => {
  const id = event.step ?? ''
  const work = close(run, id)
  if (work !== undefined) {
    work.failure = data.failure
    work.status = data.retryAt === undefined ? 'failed' : 'backoff'
    work.retryAt = data.retryAt
    if (data.retryAt !== undefined) run.idle.add(id)
  }
  if (data.retryAt !== undefined) return
  forget(run, id)
  const state = stepOf(run, id)
  if (state === undefined || run.plan === undefined) return
  const { index } = baseOf(id)
  if (state.items !== undefined && index !== undefined) {
    state.items.active--
    if (state.step.optional) {
      state.items.outputs[index] = null
      state.items.settled++
      tendItems(run.plan, state, state.items)
      return
    }
  }
  state.failure = data.failure
  if (state.step.optional) settle(run.plan, state, 'skipped')
  else {
    state.status = 'failed'
    run.plan.failed ??= { step: id, failure: data.failure }
  }
}

const wait = (run: Run, data: EventData['step.waiting'], event: Draft): void => {
  const id = event.step ?? ''
  let work = close(run, id)
  const state = stepOf(run, id)
  if (work === undefined || work.plan !== data.plan || work.redo !== data.redo) {
    startWork(run, { plan: data.plan, redo: data.redo, attempt: 0 }, event)
    run.book.steps--
    work = close(run, id)
  }
  if (work === undefined) return
  work.status = 'waiting'
  work.wait = data.wait
  run.idle.add(id)
  run.plan?.attention.delete(state?.step.id ?? '')
  // What it waits for may have come before it began to wait.
  const early = run.early.findIndex((signal) => fits(work, signal))
  if (early >= 0) answer(run, work, run.early.splice(early, 1)[0] as Signal)
}

const answer = (run: Run, work: Work, signal: Signal): void => {
  write(work, `wait:${work.wait?.name}`, { type: 'signal.received', data: signal })
  work.status = 'resumable'
  // A fan-out that was approved is not executed itself: its items are to be scheduled.
  if (work.attempt > 0 || work.index !== undefined || work.step.forEach === undefined) return
  if (signal.kind === 'reject') return
  run.idle.delete(work.id)
  run.plan?.attention.add(work.id)
}

const redo = (run: Run, data: EventData['step.redone'], event: Draft): void => {
  const id = event.step ?? ''
  const plan = run.plan
  const state = stepOf(run, id)
  run.verdict = undefined
  close(run, id)
  run.works.delete(id)
  if (plan === undefined || state === undefined) return
  const { index } = baseOf(id)
  const wasSettled = settled(state)
  if (wasSettled) {
    plan.open++
    for (const next of plan.graph.dependents.get(state.step.id) ?? []) {
      const dependent = plan.steps.get(next)
      if (dependent !== undefined) dependent.open++
    }
  }
  state.failure = undefined
  state.output = undefined
  if (index !== undefined && state.items !== undefined) {
    state.status = 'running'
    state.feedback = undefined
    state.items.settled--
    state.items.again.push(index)
    state.items.redos.set(index, data.redo)
    itemFeedback(state.items, index, data.feedback)
    plan.attention.add(state.step.id)
    return
  }
  state.redo = data.redo
  state.feedback = data.feedback
  state.items = undefined
  state.status = state.open === 0 ? 'ready' : 'pending'
  if (state.status === 'ready') plan.attention.add(state.step.id)
  else plan.attention.delete(state.step.id)
}

const itemFeedback = (items: Items, index: number, feedback: string | undefined): void => {
  if (feedback !== undefined) items.feedback.set(index, feedback)
}

const acceptPlan = (run: Run, data: EventData['plan.accepted']): void => {
  const steps = run.proposed?.steps ?? []
  const graph = graphOf(steps)
  const states = new Map<string, StepState>()
  const attention = new Set<string>()
  for (const [i, step] of steps.entries()) {
    const open = graph.dependencies.get(step.id)?.length ?? 0
    states.set(step.id, {
      step,
      status: open === 0 ? 'ready' : 'pending',
      redo: 0,
      open,
      references: graph.references[i] ?? [],
    })
    if (open === 0) attention.add(step.id)
  }
  run.plan = { version: data.version, steps: states, order: steps, graph, attention, open: steps.length }
  run.verdict = undefined
}

const rejectPlan = (run: Run, data: EventData['plan.rejected']): void => {
  const steps = run.plan?.order ?? run.proposed?.steps ?? []
  run.past.push({
    version: data.version,
    steps,
    reasons: data.reasons,
    results: run.plan === undefined ? {} : resultsOf(run.plan),
  })
  run.plan = undefined
  run.proposed = undefined
  run.works.clear()
  run.underWay.clear()
  run.idle.clear()
}

const fits = (work: Work, signal: Signal): boolean => {
  const { wait: waiting } = work
  if (work.status !== 'waiting' || waiting === undefined) return false
  if (signal.step !== undefined && signal.step !== work.id) return false
  if (signal.name !== undefined && signal.name !== waiting.name) return false
  if (signal.kind === 'child') return waiting.for === 'child' && waiting.run === signal.run
  if (signal.kind === 'approve' || signal.kind === 'reject')
    return waiting.for === 'approval' || waiting.for === 'answer'
  if (signal.kind === 'answer') return waiting.for === 'answer'
  if (signal.kind === 'message') return waiting.for === 'message'
  return waiting.for === 'signal'
}

/** What a person decides counts for what was asked: said twice, it must not decide, unseen, what is asked next. */
const decisions: ReadonlySet<Signal['kind']> = new Set(['approve', 'reject', 'answer'])

/** Kept until somebody waits for it. The end of a child only while the step that started it is at work. */
const isExpected = (run: Run, signal: Signal): boolean =>
  signal.kind === 'child'
    ? signal.step === undefined || run.underWay.has(signal.step)
    : !decisions.has(signal.kind)

const receive = (run: Run, data: EventData['signal.received']): void => {
  const { signal } = data
  run.inbox = Math.max(run.inbox, data.inbox)
  if (signal.kind === 'cancel') run.cancelling = signal
  else if (signal.kind === 'pause') run.pausing = true
  else if (signal.kind === 'child' && signal.run !== undefined) childEnded(run, signal, signal.run)
  else if (signal.kind === 'resume') {
    run.pausing = false
    run.resuming = run.status === 'suspended'
  } else deliver(run, signal)
}

const deliver = (run: Run, signal: Signal): void => {
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work === undefined || !fits(work, signal)) continue
    answer(run, work, signal)
    return
  }
  if (signal.kind === 'message') run.messages.push(signal)
  else if (isExpected(run, signal)) run.early.push(signal)
}

/** A child of an execution that is no longer wanted still has to be paid for; nobody waits for its word. */
const childEnded = (run: Run, signal: Signal, child: string): void => {
  const { value } = signal
  if (run.book.reserved.has(childKey(child)) && isObject(value)) {
    const { tokens, money, steps } = value
    settleChild(run.book, child, { tokens: Number(tokens), money: Number(money), steps: Number(steps) })
  }
  deliver(run, signal)
}

const folds: { [T in Draft['type']]?: Fold<T> } = {
  'run.queued': (run, data, event) => {
    run.goal = data.goal
    if (data.recalled !== undefined) run.recalled = data.recalled
    if (data.readable !== undefined) run.readable = data.readable
    run.strategy = data.strategy
    run.parent = data.parent
    run.depth = data.depth
    run.forkedFrom = data.forkedFrom
    run.createdAt = event.at
    run.book = ledger(data.goal.budget)
  },
  'run.started': (run, _data, event) => {
    run.startedAt ??= event.at
  },
  'run.claimed': (run, data) => {
    run.owner = data.owner
    run.claimant = data.owner
    run.epoch = data.epoch
    for (const id of run.underWay) {
      const work = run.works.get(id)
      if (work !== undefined) work.losses++
    }
  },
  'run.waiting': (run) => {
    run.owner = undefined
  },
  'run.resumed': (run) => {
    run.owner = run.claimant
    run.resuming = false
  },
  'run.suspended': (run) => {
    run.owner = undefined
    run.pausing = false
  },
  'run.succeeded': (run, data) => {
    run.output = data.output
    run.reasons = data.reasons ?? []
  },
  'run.failed': (run, data) => {
    run.failure = data.failure
    run.reasons = data.reasons
  },
  'run.cancelled': (run, data) => {
    run.failure = { code: 'run.cancelled', message: data.reason }
    run.reasons = [data.reason]
  },
  'plan.proposed': (run, data, event) => {
    if (event.step !== undefined) return
    run.proposed = { version: data.version, steps: data.steps }
    run.plansProposed = data.version
  },
  'plan.accepted': (run, data, event) => {
    if (event.step === undefined) acceptPlan(run, data)
  },
  'plan.rejected': (run, data, event) => {
    if (event.step === undefined) rejectPlan(run, data)
  },
  'step.scheduled': (run, data, event) => {
    const state = run.plan?.steps.get(event.step ?? '')
    if (state === undefined || run.plan === undefined) return
    // Where the fan-out was approved, the wait for that is over.
    run.works.delete(state.step.id)
    state.status = 'running'
    state.items = {
      count: data.items,
      next: 0,
      active: 0,
      settled: 0,
      again: [],
      outputs: new Array(data.items),
      redos: new Map(),
      feedback: new Map(),
      state: data.state,
    }
    tendItems(run.plan, state, state.items)
  },
  'step.started': startWork,
  'step.succeeded': succeed,
  'step.failed': fail,
  'step.waiting': wait,
  'step.skipped': (run, data, event) => {
    const state = stepOf(run, event.step ?? '')
    if (run.plan !== undefined && state !== undefined && data.plan === run.plan.version)
      settle(run.plan, state, 'skipped')
  },
  'step.redone': redo,
  'step.recorded': (run, data, event) => {
    write(run.works.get(event.step ?? ''), data.call, { type: 'step.recorded', data })
  },
  'model.called': (run, data, event) => {
    const work = run.works.get(event.step ?? '')
    if (work === undefined) return
    work.sent ??= new Map()
    work.sent.set(data.call, data.attempt)
  },
  'model.answered': (run, data, event) => {
    run.book.spent.tokens += data.tokens
    run.book.spent.money += data.money
    if (data.failure === undefined)
      write(run.works.get(event.step ?? ''), data.call, { type: 'model.answered', data })
  },
  'tool.answered': (run, data, event) => {
    write(run.works.get(event.step ?? ''), data.call, { type: 'tool.answered', data })
  },
  'scratchpad.noted': (run, { call }, event) => {
    write(run.works.get(event.step ?? ''), call, { type: 'scratchpad.noted', data: { call } })
  },
  'scratchpad.compacted': (run, data, event) => {
    write(run.works.get(event.step ?? ''), data.call, { type: 'scratchpad.compacted', data })
  },
  'check.met': (run, data, event) => {
    if (event.step !== undefined) return
    run.checks++
    run.verdict = { met: true, reasons: data.reasons, summary: data.summary }
  },
  'check.unmet': (run, data, event) => {
    if (event.step !== undefined) return
    run.checks++
    run.verdict = { met: false, reasons: data.reasons, redo: data.redo }
  },
  'budget.reserved': (run, data) => {
    run.book.reserved.set(data.key, data.amount)
  },
  'budget.settled': (run, data) => {
    run.book.reserved.delete(data.key)
    if (data.child !== undefined) settleChild(run.book, data.child, data.amount)
  },
  'signal.received': receive,
}

/**
 * The run after one more event. The run given is consumed: it is changed in place, so that a fold over n events costs n.
 * Accepts drafts as well, which lets an owner decide on what it is about to commit.
 */
export const advance = (run: Run, event: Draft & { version?: number }): Run => {
  run.version = event.version ?? run.version + 1
  if (isFinal(run)) return run
  run.updatedAt = event.at
  const fold = folds[event.type] as Fold<typeof event.type> | undefined
  fold?.(run, event.data as never, event)
  const status = statusOf(event.type)
  if (status !== undefined) run.status = status
  return run
}
