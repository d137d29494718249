import type { Failure } from '../domain/errors.ts'
import { type Feasible, infeasibilities, unpricedModel } from '../domain/feasibility.ts'
import { asJson, canonicalJson, copyJson, type Json } from '../domain/json.ts'
import { readPlan, type Step } from '../domain/plan.ts'
import { isObject, type Reference, referencesIn } from '../domain/reference.ts'
import type { Work } from '../domain/run.ts'
import type { StrategyContext } from './strategy.ts'

/** Gets a plan proposed, judged by code, then by a model where one is configured, and accepted or rejected. */
export const planning = (context: StrategyContext): void => {
  const { run, team } = context
  if (run.proposed !== undefined) return judge(context, run.proposed.steps, run.proposed.version)
  const version = run.plansProposed + 1
  if (version === 1 && failsForPrice(context)) return
  if (version > team.bounds.plansMax) return giveUp(context)
  if (team.plan !== undefined) return fixedPlan(context, team.plan, version)
  const work = run.works.get('$plan')
  if (work === undefined || work.plan !== version) {
    context.start('$plan', team.planner ?? '', { plan: version, redo: 0, attempt: 1 })
  } else if (work.status === 'succeeded') propose(context, work, version)
  else if (work.status === 'failed') {
    const failure = work.failure ?? { code: 'agent.failed', message: 'the planner failed' }
    context.record('run.failed', { failure, reasons: [`no plan: ${failure.message}`] })
  }
}

/** No plan can do without the agents that every plan is made, judged and checked by. */
const failsForPrice = (context: StrategyContext): boolean => {
  const { planner, feasibility, checker } = context.team
  const unpriced = unpricedUnder(context)
  for (const name of [planner, feasibility, checker]) {
    const model = name === undefined ? undefined : unpriced?.get(name)
    if (model === undefined) continue
    context.fail(
      'plan.infeasible',
      `Cannot work on the goal with agent "${name}": its ${unpricedModel(model)}`,
    )
    return true
  }
  return false
}

const unpricedUnder = ({ run, team }: StrategyContext): Feasible['unpriced'] =>
  run.goal.budget?.money === undefined ? undefined : team.unpriced

const giveUp = (context: StrategyContext): void => {
  const { run, team } = context
  const reasons = run.past.at(-1)?.reasons ?? []
  const unmet = run.verdict?.met === false || run.checks > 0
  context.fail(
    unmet ? 'goal.unmet' : 'plan.infeasible',
    `Cannot reach the goal as the bound plansMax allows ${team.bounds.plansMax} plans and each was rejected: ${reasons.join('; ')}`,
    reasons,
  )
}

const fixedPlan = (
  context: StrategyContext,
  plan: NonNullable<StrategyContext['team']['plan']>,
  version: number,
): void => {
  if (version > 1) {
    const reasons = context.run.past.at(-1)?.reasons ?? []
    const unpriced = unpricedUnder(context)
    const isPrice = context.run.past.at(-1)?.steps.some(({ agent }) => unpriced?.has(agent)) === true
    const wayOut = isPrice ? '' : `; correct "plan" in the team's definition`
    const message = `Cannot carry out the plan of team "${context.team.name}" as it cannot work: ${reasons.join('; ')}${wayOut}`
    return void context.fail('plan.infeasible', message, reasons)
  }
  let steps: Json
  try {
    // A copy: what the function does with its steps later must not reach into the run.
    steps = copyJson(plan(context.run.goal))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return void context.fail('plan.infeasible', `the team's plan could not be made: ${message}`)
  }
  proposeSteps(context, steps, version)
}

const propose = (context: StrategyContext, work: Work, version: number): void => {
  const answer = work.output ?? null
  const reason = isObject(answer) && typeof answer.reason === 'string' ? answer.reason : undefined
  proposeSteps(context, answer, version, reason)
}

const proposeSteps = (context: StrategyContext, answer: Json, version: number, reason?: string): void => {
  const read = readPlan(answer)
  const because = reason === undefined ? {} : { reason }
  if ('problems' in read) {
    context.record('plan.proposed', { version, steps: [], ...because })
    context.record('plan.rejected', { version, reasons: read.problems, by: 'code' })
  } else context.record('plan.proposed', { version, steps: read.steps, ...because })
}

/**
 * The failure of the plan that was run last, where the steps are the same and nothing they are
 * called with can differ.
 */
const sameFailure = ({ run }: StrategyContext, steps: Step[]): Failure | undefined => {
  const last = run.past.findLast(({ ran }) => ran)
  if (last?.failure === undefined) return undefined
  const isSame = canonicalJson(asJson(last.steps)) === canonicalJson(asJson(steps))
  return isSame && !referencesIn(asJson(steps)).some(readsState) ? last.failure : undefined
}

/** Others may have written it since. */
const readsState = (reference: Reference): boolean =>
  '$state' in reference && !reference.$state.startsWith('step:')

/**
 * A plan whose steps were tried as often as they may be is not run again. The planner hears of it
 * once and may make another; when it repeats the plan, the run ends with the failure.
 */
const notAgain = (context: StrategyContext, failure: Failure, version: number): void => {
  const { run, team } = context
  const reason = `plan ${version} is the plan that just failed, and is not run again (${failure.message})`
  context.record('plan.rejected', { version, reasons: [reason], by: 'code' })
  const last = run.past.at(-1)
  if (last?.ran === true && version < team.bounds.plansMax) return
  const before = run.past.findLast(({ ran }) => ran)?.reasons ?? []
  context.record('run.failed', { failure, reasons: [...before, reason] })
}

const judge = (context: StrategyContext, steps: Step[], version: number): void => {
  const { run, team } = context
  const failure = sameFailure(context, steps)
  if (failure !== undefined) return notAgain(context, failure, version)
  // Of a child run: what it may have at the most, which is more than it begins with.
  const stepsMax = run.parent?.ceiling?.steps ?? run.book.limits.steps
  const unpriced = unpricedUnder(context)
  const reasons = infeasibilities(steps, {
    agents: team.agents,
    ...(stepsMax === undefined ? {} : { stepsLeft: stepsMax - run.book.steps }),
    ...(unpriced === undefined ? {} : { unpriced }),
  })
  if (reasons.length > 0) return context.record('plan.rejected', { version, reasons, by: 'code' })
  if (team.feasibility === undefined) return context.record('plan.accepted', { version })
  const work = run.works.get('$feasible')
  if (work === undefined || work.plan !== version)
    return context.start('$feasible', team.feasibility, { plan: version, redo: 0, attempt: 1 })
  // A judge that fails is no reason to stop: code has found the plan feasible.
  if (work.status === 'failed') return context.record('plan.accepted', { version })
  if (work.status !== 'succeeded') return
  const verdict = isObject(work.output) ? work.output : {}
  const said = Array.isArray(verdict.reasons) ? verdict.reasons.map(String) : []
  if (verdict.feasible === false) context.record('plan.rejected', { version, reasons: said, by: 'model' })
  else context.record('plan.accepted', { version })
}
