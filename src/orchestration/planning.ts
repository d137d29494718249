import type { Failure } from '../domain/errors.ts'
import { type Feasible, infeasibilities, unpricedModel } from '../domain/feasibility.ts'
import { asJson, canonicalJson, copyJson, type Json } from '../domain/json.ts'
import { readPlan, type Step } from '../domain/plan.ts'
import { isObject, type Reference, referencesIn } from '../domain/reference.ts'
import type { Work } from '../domain/run.ts'
import type { Decider } from './decider.ts'

/** Gets a plan proposed, judged by code, then by a model where one is configured, and accepted or rejected. */
export const planning = (decider: Decider): void => {
  const { run, team } = decider
  if (run.proposed !== undefined) return judge(decider, run.proposed.steps, run.proposed.version)
  const version = run.plansProposed + 1
  if (version === 1 && failsForPrice(decider)) return
  if (version > team.bounds.plansMax) return giveUp(decider)
  if (team.plan !== undefined) return fixedPlan(decider, team.plan, version)
  const work = run.works.get('$plan')
  if (work === undefined || work.plan !== version) {
    decider.start('$plan', team.planner ?? '', { plan: version, redo: 0, attempt: 1 })
  } else if (work.status === 'succeeded') propose(decider, work, version)
  else if (work.status === 'failed') {
    const failure = work.failure ?? { code: 'agent.failed', message: 'the planner failed' }
    decider.record('run.failed', { failure, reasons: [`no plan: ${failure.message}`] })
  }
}

/** No plan can do without the agents that every plan is made, judged and checked by. */
const failsForPrice = (decider: Decider): boolean => {
  const { planner, feasibility, checker } = decider.team
  const unpriced = unpricedUnder(decider)
  for (const name of [planner, feasibility, checker]) {
    const model = name === undefined ? undefined : unpriced?.get(name)
    if (model === undefined) continue
    decider.fail(
      'plan.infeasible',
      `Cannot work on the goal with agent "${name}": its ${unpricedModel(model)}`,
    )
    return true
  }
  return false
}

const unpricedUnder = ({ run, team }: Decider): Feasible['unpriced'] =>
  run.goal.budget?.money === undefined ? undefined : team.unpriced

const giveUp = (decider: Decider): void => {
  const { run, team } = decider
  const reasons = run.past.at(-1)?.reasons ?? []
  const unmet = run.verdict?.met === false || run.checks > 0
  decider.fail(
    unmet ? 'goal.unmet' : 'plan.infeasible',
    `Cannot reach the goal as the bound plansMax allows ${team.bounds.plansMax} plans and each was rejected: ${reasons.join('; ')}`,
    reasons,
  )
}

const fixedPlan = (decider: Decider, plan: NonNullable<Decider['team']['plan']>, version: number): void => {
  if (version > 1) {
    const reasons = decider.run.past.at(-1)?.reasons ?? []
    const unpriced = unpricedUnder(decider)
    const isPrice = decider.run.past.at(-1)?.steps.some(({ agent }) => unpriced?.has(agent)) === true
    const wayOut = isPrice ? '' : `; correct "plan" in the team's definition`
    const message = `Cannot carry out the plan of team "${decider.team.name}" as it cannot work: ${reasons.join('; ')}${wayOut}`
    return void decider.fail('plan.infeasible', message, reasons)
  }
  let steps: Json
  try {
    // A copy: what the function does with its steps later must not reach into the run.
    steps = copyJson(plan(decider.run.goal))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return void decider.fail('plan.infeasible', `the team's plan could not be made: ${message}`)
  }
  proposeSteps(decider, steps, version)
}

const propose = (decider: Decider, work: Work, version: number): void => {
  const answer = work.output ?? null
  const reason = isObject(answer) && typeof answer.reason === 'string' ? answer.reason : undefined
  proposeSteps(decider, answer, version, reason)
}

const proposeSteps = (decider: Decider, answer: Json, version: number, reason?: string): void => {
  const read = readPlan(answer)
  const because = reason === undefined ? {} : { reason }
  if ('problems' in read) {
    decider.record('plan.proposed', { version, steps: [], ...because })
    decider.record('plan.rejected', { version, reasons: read.problems, by: 'code' })
  } else decider.record('plan.proposed', { version, steps: read.steps, ...because })
}

/** The failure of the plan that was run last, where the steps are the same and nothing they are called with can differ. */
const sameFailure = ({ run }: Decider, steps: Step[]): Failure | undefined => {
  const last = run.past.findLast(({ ran }) => ran)
  if (last?.failure === undefined) return undefined
  const isSame = canonicalJson(asJson(last.steps)) === canonicalJson(asJson(steps))
  return isSame && !referencesIn(asJson(steps)).some(readsState) ? last.failure : undefined
}

/** Others may have written it since. */
const readsState = (reference: Reference): boolean =>
  '$state' in reference && !reference.$state.startsWith('step:')

/**
 * Its steps were tried as often as they may be: it is not run again. The planner is told once, and may make another plan; when
 * it does not, the run ends with the failure.
 */
const notAgain = (decider: Decider, failure: Failure, version: number): void => {
  const { run, team } = decider
  const reason = `plan ${version} is the plan that just failed, and is not run again (${failure.message})`
  decider.record('plan.rejected', { version, reasons: [reason], by: 'code' })
  const last = run.past.at(-1)
  if (last?.ran === true && version < team.bounds.plansMax) return
  const before = run.past.findLast(({ ran }) => ran)?.reasons ?? []
  decider.record('run.failed', { failure, reasons: [...before, reason] })
}

const judge = (decider: Decider, steps: Step[], version: number): void => {
  const { run, team } = decider
  const failure = sameFailure(decider, steps)
  if (failure !== undefined) return notAgain(decider, failure, version)
  // Of a child run: what it may have at the most, which is more than it begins with.
  const stepsMax = run.parent?.ceiling?.steps ?? run.book.limits.steps
  const unpriced = unpricedUnder(decider)
  const reasons = infeasibilities(steps, {
    agents: team.agents,
    ...(stepsMax === undefined ? {} : { stepsLeft: stepsMax - run.book.steps }),
    ...(unpriced === undefined ? {} : { unpriced }),
  })
  if (reasons.length > 0) return decider.record('plan.rejected', { version, reasons, by: 'code' })
  if (team.feasibility === undefined) return decider.record('plan.accepted', { version })
  const work = run.works.get('$feasible')
  if (work === undefined || work.plan !== version)
    return decider.start('$feasible', team.feasibility, { plan: version, redo: 0, attempt: 1 })
  // A judge that fails is no reason to stop: code has found the plan feasible.
  if (work.status === 'failed') return decider.record('plan.accepted', { version })
  if (work.status !== 'succeeded') return
  const verdict = isObject(work.output) ? work.output : {}
  const said = Array.isArray(verdict.reasons) ? verdict.reasons.map(String) : []
  if (verdict.feasible === false) decider.record('plan.rejected', { version, reasons: said, by: 'model' })
  else decider.record('plan.accepted', { version })
}
