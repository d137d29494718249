import type { Verdict } from '../domain/check.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { Json } from '../domain/json.ts'

/** Bounds of one agent's loop by name; reaching one ends the step with `bound.reached`. */
export type LoopBounds = {
  /** Times the agent plans (model turns). Default 25. */
  turnsMax: number
  /** Answers that may fail the self-check before the step fails. Default 3. */
  revisionsMax: number
  /** Actions of one plan under way at once. Default 8. */
  actionsAtOnce: number
  /** Characters of one tool result that the model sees. Default 20,000. */
  observationCharsMax: number
  /** Tokens of one request: beyond it older turns are condensed. Default 100,000, or what the model's window leaves beside its answer if less. */
  contextTokensMax: number
}

export const defaultLoopBounds: LoopBounds = {
  turnsMax: 25,
  revisionsMax: 3,
  actionsAtOnce: 8,
  observationCharsMax: 20_000,
  contextTokensMax: 100_000,
}

/** `problem`: why it cannot be meant as it is written. */
export type Action = { id: string; tool: string; input: Json; problem?: string }

/** What an action brought: seen by the next plan. */
export type Observation = { action: Action; output?: Json; failed?: string }

/** What was learned since the last plan. */
export type Learned = { observations: Observation[]; reasons: string[] }

/** `refused`: actions that must not be executed, whatever they say; each is observed as failed with the reason. */
export type Proposal<Output> =
  | { actions: Action[] }
  | { answer: Output }
  | { refused: Action[]; reason: string }

/** The parts of a reasoning loop that differ between a model and code. */
export type Reasoner<Output> = {
  /** The next actions, or the answer. `learned` is what the last actions brought, why they were infeasible, or why an answer was not accepted. */
  plan(learned: Learned): Promise<Proposal<Output>> | Proposal<Output>
  /** Why an action cannot work; by code, before anything is done. */
  feasible?(action: Action): string[] | Promise<string[]>
  act(action: Action): Promise<Observation>
  /** Is the goal met? */
  check?(answer: Output): Verdict | Promise<Verdict>
}

type Emit = (drafts: { type: Draft['type']; data: Draft['data'] }[]) => void

/**
 * goal -> plan -> feasible? -> act -> observe -> goal met? -> return, or plan again with what was learned. Throws `bound.reached`
 * when the agent has planned `turnsMax` times, `agent.output-invalid` when `revisionsMax` answers were not accepted or refused.
 */
export const reasoningLoop = async <Output>(
  name: string,
  reasoner: Reasoner<Output>,
  bounds: LoopBounds,
  emit: Emit,
): Promise<Output> => {
  let learned: Learned = { observations: [], reasons: [] }
  let revisions = 0
  for (let turn = 1; turn <= bounds.turnsMax; turn++) {
    const proposal = await reasoner.plan(learned)
    if ('actions' in proposal) {
      learned = await actOn(reasoner, proposal.actions, bounds.actionsAtOnce, turn, emit)
      continue
    }
    if ('refused' in proposal) {
      const { refused, reason } = proposal
      emit([{ type: 'plan.rejected', data: { version: turn, reasons: [reason], by: 'code' } }])
      revisions++
      if (revisions >= bounds.revisionsMax) throw notAccepted(name, revisions, [reason])
      learned = { observations: refused.map((action) => ({ action, failed: reason })), reasons: [reason] }
      continue
    }
    const verdict = (await reasoner.check?.(proposal.answer)) ?? { met: true, reasons: [] }
    const { met, reasons } = verdict
    emit([{ type: met ? 'check.met' : 'check.unmet', data: { by: name, reasons } }])
    if (met) return proposal.answer
    revisions++
    if (revisions >= bounds.revisionsMax) throw notAccepted(name, revisions, reasons)
    learned = { observations: [], reasons }
  }
  throw new ConcordError(
    'bound.reached',
    `Cannot continue agent "${name}" as the bound turnsMax allows ${bounds.turnsMax} turns; raise bounds.turnsMax or give it a smaller goal`,
  )
}

const notAccepted = (name: string, revisions: number, reasons: string[]): ConcordError =>
  new ConcordError(
    'agent.output-invalid',
    `Cannot accept the answer of agent "${name}" as its check was not met ${revisions} times, the bound revisionsMax: ${reasons.join('; ')}`,
    { details: { reasons } },
  )

const actOn = async <Output>(
  reasoner: Reasoner<Output>,
  actions: Action[],
  atOnce: number,
  turn: number,
  emit: Emit,
): Promise<Learned> => {
  const observations: Observation[] = new Array(actions.length)
  const reasons: string[] = []
  const feasible: number[] = []
  for (const [i, action] of actions.entries()) {
    const problems = (await reasoner.feasible?.(action)) ?? []
    if (problems.length === 0) feasible.push(i)
    else {
      observations[i] = { action, failed: problems.join('; ') }
      reasons.push(`${action.tool}: ${problems.join('; ')}`)
    }
  }
  if (reasons.length > 0) emit([{ type: 'plan.rejected', data: { version: turn, reasons, by: 'code' } }])
  let next = 0
  const worker = async () => {
    for (let at = feasible[next++]; at !== undefined; at = feasible[next++]) {
      const action = actions[at]
      if (action !== undefined) observations[at] = await reasoner.act(action)
    }
  }
  const workers = Math.min(atOnce, feasible.length)
  if (workers === 1) await worker()
  else if (workers > 1) await settleAll(Array.from({ length: workers }, worker))
  return { observations, reasons }
}

/** Waits for all, so that nothing is left running behind an error, then fails with the first. */
const settleAll = async (promises: Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
