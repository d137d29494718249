import type { Failure } from './errors.ts'
import type { Draft, EventData, Wait } from './event.ts'
import type { Json } from './json.ts'
import type { Step } from './plan.ts'
import type { ActivePlan, Items, JournalEntry, Run, StepState, Work } from './run.ts'

// What events about steps, and items of a fan-out, do to a run; the invariants are those of advance.ts.

const settled = (state: StepState): boolean => state.status === 'succeeded' || state.status === 'skipped'

export const settle = (
  plan: ActivePlan,
  state: StepState,
  status: 'succeeded' | 'skipped',
  output?: Json,
): void => {
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
export const tendItems = (plan: ActivePlan, state: StepState, items: Items): void => {
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

export const write = (work: Work | undefined, call: string, entry: JournalEntry): void => {
  if (work === undefined) return
  work.losses = 0
  work.journal ??= new Map()
  entry.attempt = work.attempt
  if (failureOf(entry) !== undefined) entry.failures = (work.journal.get(call)?.failures ?? 0) + 1
  work.journal.set(call, entry)
}

/** The failure that a call ended with. */
export const failureOf = (entry: JournalEntry): Failure | undefined =>
  entry.type === 'tool.answered' || entry.type === 'step.recorded' ? entry.data.failure : undefined

/** Where the end of a wait stands in the step's journal. */
export const journalKey = ({ call, name }: Wait): string => `wait:${call ?? name}`

const ownItem = ({ item }: Run, id: string): Step | undefined => (item?.id === id ? item.step : undefined)

const internal = (event: Draft): Step => ({ id: event.step ?? '', agent: event.agent ?? '' })

export const startWork = (run: Run, data: EventData['step.started'], event: Draft): void => {
  const id = event.step ?? ''
  const { step, index } = baseOf(id)
  const state = run.plan?.steps.get(step)
  const before = run.works.get(id)
  const continued = before !== undefined && before.plan === data.plan && before.redo === data.redo
  const work: Work = continued
    ? before
    : {
        id,
        step: data.task ?? state?.step ?? ownItem(run, id) ?? internal(event),
        index,
        isTask: data.task === undefined ? undefined : true,
        plan: data.plan,
        redo: data.redo,
        attempt: data.attempt,
        status: 'started',
        startedAt: event.at,
        losses: 0,
        // Said now, so that what is set later changes no object's shape.
        journal: undefined,
        state: undefined,
        wait: undefined,
        retryAt: undefined,
        output: undefined,
        feedback: undefined,
      }
  if (continued && before.wait?.for === 'timer')
    write(work, journalKey(before.wait), {
      type: 'signal.received',
      data: { kind: 'signal', name: before.wait.name },
      wait: before.wait,
    })
  const attemptBefore = continued ? before.attempt : 1
  work.attempt = data.attempt
  work.losses = 0
  work.status = 'started'
  work.wait = undefined
  work.retryAt = undefined
  if (data.state !== undefined) work.state = data.state
  run.works.set(id, work)
  run.underWay.add(id)
  run.idle.delete(id)
  // What an item executes first, its parent has counted; a retry only the item knows of.
  if (run.item === undefined || data.attempt > attemptBefore) run.book.steps++
  if (state === undefined || run.plan === undefined) return
  work.feedback = (index === undefined ? undefined : state.items?.feedback.get(index)) ?? state.feedback
  state.status = 'running'
  if (state.items === undefined || index === undefined) run.plan.attention.delete(step)
  else if (!continued) startItem(run.plan, state, state.items, index)
}

const startItem = (plan: ActivePlan, state: StepState, items: Items, index: number): void => {
  items.active++
  const again = items.again.indexOf(index)
  if (again >= 0) items.again.splice(again, 1)
  // Those between are started later: a fork leaves out what its origin had not settled.
  for (; items.next < index; items.next++) items.again.push(items.next)
  if (items.next === index) items.next++
  tendItems(plan, state, items)
}

/**
 * No answer of an execution that is over is recorded any more: its calls that were sent are charged all that was reserved for
 * them, the others nothing.
 */
export const settleCalls = (run: Run, work: Work): void => {
  for (const [key, sent] of work.held ?? []) {
    const amount = run.book.reserved.get(key)
    run.book.reserved.delete(key)
    if (amount === undefined || !sent) continue
    run.book.spent.tokens += amount.tokens
    run.book.spent.money += amount.money
  }
  work.held = undefined
}

export const close = (run: Run, id: string): Work | undefined => {
  const work = run.works.get(id)
  if (work?.held !== undefined) settleCalls(run, work)
  run.underWay.delete(id)
  run.idle.delete(id)
  return work
}

/** The ends of its children concern nobody once a step is closed. */
const forget = (run: Run, id: string): void => {
  if (run.early.length > 0)
    run.early = run.early.filter((signal) => signal.kind !== 'child' || signal.step !== id)
}

export const succeed = (run: Run, data: EventData['step.succeeded'], event: Draft): void => {
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

export const fail = (run: Run, data: EventData['step.failed'], event: Draft): void => {
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

export const redo = (run: Run, data: EventData['step.redone'], event: Draft): void => {
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
