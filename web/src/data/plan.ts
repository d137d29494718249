import { type Event, type Json, referencesIn, type TraceNode } from '../../../src/client.ts'

/** More steps than this are told as a list: a drawing of them shows nothing. */
export const drawnMost = 300

export type PlannedStep = {
  id: string
  agent: string
  dependsOn: string[]
  node: TraceNode | undefined
  /** Of a fan-out: how many items there are, are done, failed. */
  items: { count: number; done: number; failed: number } | undefined
}
export type Plan = { version: number; status: string; reasons: string[]; steps: PlannedStep[] }

/** Steps that a step refers to anywhere in its description. */
const referredTo = (step: unknown): string[] =>
  referencesIn(step as Json).flatMap((reference) => ('$step' in reference ? [reference.$step] : []))

const itemsOf = (node: TraceNode | undefined): PlannedStep['items'] => {
  if (node?.items === undefined) return undefined
  const items = node.children.filter(({ kind }) => kind === 'item')
  const done = items.filter(({ status }) => status === 'succeeded').length
  return {
    count: node.items,
    done,
    failed: items.filter(({ status }) => status === 'failed').length,
  }
}

/** The versions of a run's plan, each with what became of its steps, newest last. */
export const plansOf = (events: readonly Event[], trace: TraceNode): Plan[] => {
  const nodes = trace.children.filter(({ kind }) => kind === 'plan')
  const plans: Plan[] = []
  for (const event of events) {
    if (event.type !== 'plan.proposed' || event.step !== undefined) continue
    const { version, steps } = event.data
    const node = nodes.find(({ name }) => name === String(version))
    const known = new Set(steps.map(({ id }) => id))
    plans.push({
      version,
      status: node?.status ?? 'proposed',
      reasons: node?.reasons ?? [],
      steps: steps.map((step) => {
        const before = new Set([...(step.dependsOn ?? []), ...referredTo(step)])
        const own = node?.children.findLast(({ kind, name }) => kind === 'step' && name === step.id)
        const dependsOn = [...before].filter((id) => known.has(id) && id !== step.id)
        return { id: step.id, agent: step.agent, dependsOn, node: own, items: itemsOf(own) }
      }),
    })
  }
  return plans
}
