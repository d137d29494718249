import { type Redo, readVerdict, type Verdict } from '../domain/check.ts'
import { errorTable, type Failure, usageExit } from '../domain/errors.ts'
import { copyJson, type Json } from '../domain/json.ts'
import { jsonIn } from '../domain/json-in-text.ts'
import type { ActivePlan, Run } from '../domain/run.ts'
import { cut } from '../domain/text/cut.ts'
import { validateAtOnce } from '../ports/schema.ts'
import type { StrategyContext } from './strategy.ts'
import type { TeamShape } from './team-shape.ts'

/** All steps are settled: is the goal met? If not, redo what is named, else plan again; both are bounded. */
export const checking = (context: StrategyContext): void => {
  const { run, team } = context
  if (run.verdict !== undefined && !run.verdict.met) return redoUnmet(context, run.verdict)
  if (team.checker === undefined) return succeed(context, undefined)
  const work = run.works.get('$check')
  const version = run.plan?.version ?? 0
  if (work === undefined || work.plan !== version || work.redo !== run.checks)
    return context.start('$check', team.checker, { plan: version, redo: run.checks, attempt: 1 })
  if (work.status === 'failed') {
    const failure = work.failure ?? { code: 'agent.failed' as const, message: 'the checker failed' }
    return context.record('run.failed', { failure, reasons: [`not checked: ${failure.message}`] })
  }
  if (work.status === 'succeeded') judge(context, team.checker, work.output ?? null)
}

const judge = (context: StrategyContext, by: string, answer: Json): void => {
  const verdict = readVerdict(answer) ?? verdictIn(answer)
  if (verdict === undefined) {
    context.fail(
      'agent.output-invalid',
      `Cannot judge the results as checker "${by}" answered neither {"met"} nor {"valid"}: ${cut(JSON.stringify(answer), 200)}; return {"valid": true, "summary": ...}`,
    )
    return
  }
  const { reasons, redo, summary } = verdict
  if (!verdict.met)
    return context.record('check.unmet', { by, reasons, ...(redo === undefined ? {} : { redo }) })
  context.record('check.met', { by, reasons, ...(summary === undefined ? {} : { summary }) })
  succeed(context, verdict)
}

/** A judge may have written its verdict as text. */
const verdictIn = (answer: Json): Verdict | undefined => {
  const found = typeof answer === 'string' ? jsonIn(answer) : undefined
  return found !== undefined && 'value' in found ? readVerdict(found.value) : undefined
}

const succeed = (context: StrategyContext, verdict: Verdict | undefined): void => {
  const { run, team } = context
  const plan = run.plan
  const chosen = team.output === undefined ? undefined : plan?.steps.get(team.output)?.output
  const answer = chosen ?? (plan === undefined ? undefined : answerOf(plan))
  const judged = judgeAnswer(team, answer === undefined ? whatIsLeft(plan, verdict) : answer)
  if ('reasons' in judged) return refuseAnswer(context, judged.reasons)
  context.record('run.succeeded', {
    output: judged.output,
    ...(verdict === undefined ? {} : { reasons: verdict.reasons }),
  })
}

const whatIsLeft = (plan: ActivePlan | undefined, verdict: Verdict | undefined): Json =>
  verdict?.output ?? verdict?.summary ?? (plan === undefined ? null : lastResult(plan))

/**
 * The output of the step that gives the answer, null when it was skipped; undefined when no step
 * does.
 */
const answerOf = (plan: ActivePlan): Json | undefined => {
  const step = plan.order.find(({ answer }) => answer === true)
  return step === undefined ? undefined : (plan.steps.get(step.id)?.output ?? null)
}

/** The output as the schema of the team's answer leaves it, or why it is none. */
const judgeAnswer = ({ answer }: TeamShape, output: Json): { output: Json } | { reasons: string[] } => {
  if (answer === undefined) return { output }
  const judged = validateAtOnce(answer, copyJson(output))
  if (!judged.ok) return { reasons: judged.problems.map((problem) => `answer ${problem}`) }
  try {
    return { output: copyJson(judged.value) }
  } catch (error) {
    return { reasons: [error instanceof Error ? error.message : String(error)] }
  }
}

const refuseAnswer = (context: StrategyContext, reasons: string[]): void =>
  replan(context, reasons, {
    code: 'agent.output-invalid',
    message: `Cannot return the answer of team "${context.team.name}" as it must fit its schema: ${reasons.join('; ')}; correct the agent that gives it, or "answer" of the team`,
  })

const lastResult = (plan: ActivePlan): Json => {
  for (let i = plan.order.length - 1; i >= 0; i--) {
    const state = plan.steps.get(plan.order[i]?.id ?? '')
    if (state?.status === 'succeeded') return state.output ?? null
  }
  return null
}

const redoUnmet = (context: StrategyContext, verdict: Verdict): void => {
  const { run, team } = context
  const plan = run.plan
  const redo = (verdict.redo ?? []).filter((item) => redosOf(run, item.step) !== undefined)
  if (plan === undefined || redo.length === 0) return replan(context, verdict.reasons)
  const tired = redo.filter((item) => (redosOf(run, item.step) ?? 0) >= team.bounds.redosMax)
  if (tired.length > 0)
    return replan(context, [
      ...verdict.reasons,
      ...tired.map(
        (item) => `step "${item.step}" was redone ${team.bounds.redosMax} times, the bound redosMax`,
      ),
    ])
  for (const { id, feedback } of withDependents(plan, redo))
    context.step('step.redone', id, {
      plan: plan.version,
      redo: (redosOf(run, id) ?? 0) + 1,
      ...(feedback === undefined ? {} : { feedback }),
    })
}

const redosOf = (run: Run, id: string): number | undefined => {
  const whole = run.plan?.steps.get(id)
  if (whole !== undefined) return Math.max(whole.redo, ...(whole.items?.redos.values() ?? []))
  const slash = id.lastIndexOf('/')
  const state = run.plan?.steps.get(id.slice(0, slash))
  const index = Number(id.slice(slash + 1))
  if (state?.items === undefined || !(index >= 0 && index < state.items.count)) return undefined
  return state.items.redos.get(index) ?? state.redo
}

/** The named steps and all that was built on them, dependencies first. */
const withDependents = (plan: ActivePlan, redo: Redo[]): { id: string; feedback?: string }[] => {
  const feedback = new Map<string, string>()
  for (const item of redo)
    feedback.set(item.step, [feedback.get(item.step), item.feedback].filter(Boolean).join('\n'))
  const affected = new Set(
    [...feedback.keys()].map((id) => (plan.steps.has(id) ? id : id.slice(0, id.lastIndexOf('/')))),
  )
  for (const id of affected) for (const next of plan.graph.dependents.get(id) ?? []) affected.add(next)
  const list: { id: string; feedback?: string }[] = []
  for (const id of topological(plan).filter((step) => affected.has(step))) {
    const items = [...feedback.keys()].filter((named) => named.startsWith(`${id}/`) && !plan.steps.has(named))
    if (items.length > 0 && !feedback.has(id))
      for (const item of items) list.push({ id: item, feedback: feedback.get(item) })
    else list.push(feedback.has(id) ? { id, feedback: feedback.get(id) } : { id })
  }
  return list
}

const topological = (plan: ActivePlan): string[] => {
  const order: string[] = []
  const open = new Map([...plan.graph.dependencies].map(([id, list]) => [id, list.length]))
  const ready = plan.order.map((step) => step.id).filter((id) => open.get(id) === 0)
  for (let i = 0; i < ready.length; i++) {
    const id = ready[i] ?? ''
    order.push(id)
    for (const next of plan.graph.dependents.get(id) ?? []) {
      const left = (open.get(next) ?? 0) - 1
      open.set(next, left)
      if (left === 0) ready.push(next)
    }
  }
  return order
}

/** Gives the plan up with what was learned; the run fails when no planner can make another. */
export const replan = (context: StrategyContext, reasons: string[], failure?: Failure): void => {
  const { run, team } = context
  const version = run.plan?.version ?? run.plansProposed
  context.record('plan.rejected', { version, reasons, by: 'run' })
  const canReplan = team.planner !== undefined && run.plansProposed < team.bounds.plansMax
  if (canReplan && !needsPerson(failure)) return
  const message =
    failure?.message ??
    `Cannot accept the result as the check was not met: ${reasons.join('; ') || 'no reason given'}`
  context.record('run.failed', { failure: failure ?? { code: 'goal.unmet', message }, reasons })
}

/** A missing key, package or file is not fixed by another plan: a person has to act. */
const needsPerson = (failure: Failure | undefined): boolean =>
  failure !== undefined && errorTable[failure.code].exit === usageExit
