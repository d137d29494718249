import {
  fail,
  redo,
  settle,
  settleCalls,
  startWork,
  stepOf,
  succeed,
  tendItems,
  write,
} from './advance-steps.ts'
import { receive, wait } from './advance-waits.ts'
import { childOf, giveBack, isChildKey, ledger, settleChild } from './budget.ts'
import type { Draft, EventData } from './event.ts'
import { isSpread } from './item-run.ts'
import { bothLabels, labelsOfTool, withLabels } from './labels.ts'
import { graphOf } from './plan.ts'
import { isFinal, isSuspect, type Run, resultsOf, type StepState } from './run.ts'
import { closedBy, interrupted, statusOf } from './summary.ts'

/*
 * The fold. Invariants, each kept by the function named:
 * 1. A step is in `attention` exactly while decide() may have something to do for it        (advance-steps.ts: settle, redo, startWork)
 * 2. `plan.open` counts steps not settled; `state.open` a step's dependencies not settled    (advance-steps.ts: settle, redo)
 * 3. `underWay` holds the ids of works started and not closed; nothing else is executed      (advance-steps.ts: startWork, close)
 * 4. Events of a final run change nothing                                                    (advance)
 */

/** Who suspends a run that this process cannot execute. */
export const blockedBy = 'code'

type Fold<T extends Draft['type']> = (run: Run, data: EventData[T], event: Draft) => void

const acceptPlan = (run: Run, data: EventData['plan.accepted']): void => {
  const steps = run.proposed?.steps ?? []
  const graph = graphOf(steps)
  const states = new Map<string, StepState>()
  const attention = new Set<string>()
  steps.forEach((step, i) => {
    const open = graph.dependencies.get(step.id)?.length ?? 0
    states.set(step.id, {
      step,
      status: open === 0 ? 'ready' : 'pending',
      redo: 0,
      open,
      references: graph.references[i] ?? [],
      output: undefined,
      feedback: undefined,
      items: undefined,
    })
    if (open === 0) attention.add(step.id)
  })
  run.plan = { version: data.version, steps: states, order: steps, graph, attention, open: steps.length }
  run.verdict = undefined
}

const settleAllCalls = (run: Run): void => {
  for (const id of run.underWay) {
    const work = run.works.get(id)
    if (work?.held !== undefined) settleCalls(run, work)
  }
}

/**
 * Claimed at an instant before its last event, by a process that knows another time: nothing waits longer than what was left
 * then. Within one ownership time only goes forward.
 */
const shiftInstants = (run: Run, ms: number): void => {
  if (run.startedAt !== undefined) run.startedAt += ms
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work?.retryAt !== undefined) work.retryAt += ms
    if (work?.wait?.until !== undefined) work.wait = { ...work.wait, until: work.wait.until + ms }
  }
}

const rejectPlan = (run: Run, data: EventData['plan.rejected']): void => {
  const steps = run.plan?.order ?? run.proposed?.steps ?? []
  run.past.push({
    version: data.version,
    steps,
    reasons: data.reasons,
    ran: run.plan !== undefined,
    ...(run.plan?.failed === undefined ? {} : { failure: run.plan.failed.failure }),
    results: run.plan === undefined ? {} : resultsOf(run.plan),
  })
  run.plan = undefined
  run.proposed = undefined
  settleAllCalls(run)
  run.works.clear()
  run.underWay.clear()
  run.idle.clear()
}

const reservedForChild = (run: Run, data: EventData['budget.reserved'], event: Draft): void => {
  const child = childOf(data.key)
  if (!data.raised) {
    run.book.holders.set(child, event.step ?? '')
    return
  }
  run.book.asks.delete(child)
  run.book.answers.set(child, { allows: data.amount })
}

const folds: { [T in Draft['type']]?: Fold<T> } = {
  'run.queued': (run, data, event) => {
    run.goal = data.goal
    if (data.recalled !== undefined) run.recalled = data.recalled
    if (data.readable !== undefined) run.readable = data.readable
    if (data.unattended) run.unattended = true
    if (data.principal !== undefined) run.principal = data.principal
    if (data.trace !== undefined) run.trace = data.trace
    run.labels = withLabels(run.labels, data.labels ?? [])
    // Earlier turns may hold what other runs have read; facts are about a person.
    const { thread = [], facts = [] } = data.recalled ?? {}
    if (thread.length + facts.length > 0) run.labels = withLabels(run.labels, bothLabels)
    run.strategy = data.strategy
    run.byContent = data.journal === 'content'
    if (data.teamDigest !== undefined) run.teamDigest = data.teamDigest
    run.parent = data.parent
    if (data.item !== undefined) run.item = data.item
    run.depth = data.depth
    run.forkedFrom = data.forkedFrom
    run.createdAt = event.at
    run.book = ledger(data.goal.budget)
  },
  'run.started': (run, _data, event) => {
    run.startedAt ??= event.at
  },
  'run.claimed': (run, data) => {
    // Who rested let go of it, and who claims it again is alive.
    const died = run.owner !== undefined && run.owner !== data.owner
    run.owner = data.owner
    run.claimant = data.owner
    run.epoch = data.epoch
    run.blocked = undefined
    // Whoever is still short asks again: the word may not have been sent.
    run.asking = undefined
    for (const id of run.underWay) {
      const work = run.works.get(id)
      // Of a spread step the child run is executed, and its owners are the ones that die.
      if (work === undefined || isSpread(work)) continue
      if (died && (!isSuspect(work) || work.alone)) work.losses++
      work.alone = false
    }
  },
  'step.suspected': (run, _data, event) => {
    const work = run.works.get(event.step ?? '')
    if (work !== undefined) work.alone = true
  },
  'run.waiting': (run) => {
    run.owner = undefined
  },
  'run.resumed': (run) => {
    run.owner = run.claimant
    run.resuming = false
  },
  'run.suspended': (run, { reason, by }) => {
    run.owner = undefined
    if (by === blockedBy) run.blocked = reason
    run.left = by === closedBy && !reason.startsWith(interrupted)
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
    for (const key of work.held?.keys() ?? [])
      if (key.endsWith(`/${data.call}/${data.attempt}`)) work.held?.set(key, true)
  },
  'model.answered': (run, data, event) => {
    run.book.spent.tokens += data.tokens
    run.book.spent.money += data.money
    run.cachedTokens += data.cachedTokens ?? 0
    if (data.failure === undefined)
      write(run.works.get(event.step ?? ''), data.call, { type: 'model.answered', data })
  },
  'tool.called': (run, data) => {
    run.labels = withLabels(run.labels, labelsOfTool(data.permission))
  },
  'labels.raised': (run, data) => {
    run.labels = withLabels(run.labels, data.labels)
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
  'budget.reserved': (run, data, event) => {
    run.book.reserved.set(data.key, data.amount)
    if (isChildKey(data.key)) reservedForChild(run, data, event)
    const work = run.works.get(event.step ?? '')
    if (work === undefined || isChildKey(data.key)) return
    work.held ??= new Map()
    work.held.set(data.key, false)
  },
  'budget.settled': (run, data, event) => {
    giveBack(run.book, data.key)
    run.works.get(event.step ?? '')?.held?.delete(data.key)
    if (data.child !== undefined) settleChild(run.book, data.child, data.amount)
  },
  'budget.asked': (run, { total }) => {
    run.asking = total
  },
  'budget.exhausted': (run, { child }) => {
    const ask = child === undefined ? undefined : run.book.asks.get(child)
    if (child === undefined || ask === undefined) return
    run.book.asks.delete(child)
    run.book.answers.set(child, { refuses: ask.total })
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
  if (event.type === 'run.claimed' && event.at < run.updatedAt) shiftInstants(run, event.at - run.updatedAt)
  run.updatedAt = event.at
  const fold = folds[event.type] as Fold<typeof event.type> | undefined
  fold?.(run, event.data as never, event)
  const status = statusOf(event.type)
  if (status !== undefined) run.status = status
  if (isFinal(run)) settleAllCalls(run)
  return run
}
