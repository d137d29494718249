import { close, journalKey, startWork, stepOf, write } from './advance-steps.ts'
import { childKey, settleChild } from './budget.ts'
import type { Draft, EventData, Signal } from './event.ts'
import { agentsRun } from './item-run.ts'
import { isObject } from './reference.ts'
import type { Run, Work } from './run.ts'
import { receiveBudget } from './top-up.ts'
import { isDecision, sealed } from './wait.ts'

// What waiting and signals do to a run: who waits for what, and what came before anybody waited for it.

export const wait = (run: Run, data: EventData['step.waiting'], event: Draft): void => {
  const id = event.step ?? ''
  let work = close(run, id)
  const state = stepOf(run, id)
  if (work === undefined || work.plan !== data.plan || work.redo !== data.redo) {
    const { plan, redo, state: known } = data
    startWork(run, { plan, redo, attempt: 0, ...(known === undefined ? {} : { state: known }) }, event)
    run.book.steps--
    work = close(run, id)
  }
  if (work === undefined) return
  work.status = 'waiting'
  work.wait = sealed(data.wait, { run: agentsRun(run), step: id, plan: work.plan, redo: work.redo })
  run.idle.add(id)
  run.plan?.attention.delete(state?.step.id ?? '')
  // What it waits for may have come before it began to wait.
  const early = run.early.findIndex((signal) => fits(run, work, signal))
  if (early >= 0) answer(run, work, run.early.splice(early, 1)[0] as Signal)
}

const answer = (run: Run, work: Work, signal: Signal): void => {
  if (work.wait !== undefined)
    write(work, journalKey(work.wait), { type: 'signal.received', data: signal, wait: work.wait })
  work.status = 'resumable'
  // A fan-out that was approved is not executed itself: its items are to be scheduled.
  if (work.attempt > 0 || work.index !== undefined || work.step.forEach === undefined) return
  if (signal.kind === 'reject') return
  run.idle.delete(work.id)
  run.plan?.attention.add(work.id)
}

const fits = (run: Run, work: Work, signal: Signal): boolean => {
  const { wait: waiting } = work
  if (work.status !== 'waiting' || waiting === undefined) return false
  if (signal.step !== undefined && signal.step !== work.id) return false
  if (signal.name !== undefined && signal.name !== waiting.name) return false
  // A decision names what it is about: sent twice, it must not decide, unseen, what is asked next. In 0.1 it need not.
  if (run.byContent && isDecision(signal.kind) && signal.name === undefined && signal.hash === undefined)
    return false
  if (signal.hash !== undefined && signal.hash !== waiting.hash) return false
  if (signal.kind === 'child') return waiting.for === 'child' && waiting.run === signal.run
  if (signal.kind === 'approve' || signal.kind === 'reject')
    return waiting.for === 'approval' || waiting.for === 'answer'
  if (signal.kind === 'answer') return waiting.for === 'answer'
  if (signal.kind === 'message') return waiting.for === 'message'
  return waiting.for === 'signal'
}

/** Kept until somebody waits for it. The end of a child only while the step that started it is at work. */
const isExpected = (run: Run, signal: Signal): boolean =>
  signal.kind === 'child'
    ? signal.step === undefined || run.underWay.has(signal.step)
    : !isDecision(signal.kind)

export const receive = (run: Run, data: EventData['signal.received']): void => {
  const { signal } = data
  run.inbox = Math.max(run.inbox, data.inbox)
  if (signal.kind === 'cancel') run.cancelling = signal
  else if (signal.kind === 'pause') run.pausing = true
  else if (signal.kind === 'child' && signal.run !== undefined) childEnded(run, signal, signal.run)
  else if (signal.kind === 'budget') receiveBudget(run, signal.run, signal.value)
  else if (signal.kind === 'resume') {
    run.pausing = false
    run.resuming = run.status === 'suspended'
  } else deliver(run, signal)
}

const deliver = (run: Run, signal: Signal): void => {
  for (const id of run.idle) {
    const work = run.works.get(id)
    if (work === undefined || !fits(run, work, signal)) continue
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
