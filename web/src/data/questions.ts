import type { Trace, TraceNode } from '../../../src/client.ts'
import type { Plan } from './plan.ts'
import { count, duration, money, plural } from './words.ts'

/** A line of an answer and what it rests on, by the version of its first event. */
export type Line = { text: string; node?: TraceNode; weight?: number }
export type Question = { name: string; asked: string; lines: Line[]; none: string }

export const nodesOf = (trace: TraceNode): TraceNode[] => {
  const found: TraceNode[] = []
  const open = [trace]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    found.push(node)
    for (let i = node.children.length - 1; i >= 0; i--) open.push(node.children[i]!)
  }
  return found
}

/** Without the hash that tells one wait from another. */
export const nameOf = ({ name }: TraceNode): string => name.replace(/@[0-9a-f]{12}$/, '')

/** Steps, and of fan-outs their items. */
const workIn = (trace: TraceNode) =>
  nodesOf(trace).filter(
    ({ kind, items }) =>
      items === undefined && (kind === 'step' || kind === 'item' || kind === 'check'),
  )

const goesOn = new Set<string | undefined>(['running', 'waiting', 'queued', 'suspended'])

/** Milliseconds so far; of what has neither an end nor goes on, none. */
export const durationOf = (node: TraceNode, now: number): number =>
  node.ms ?? (goesOn.has(node.status) ? Math.max(0, now - node.at) : 0)

const byAgent = (nodes: TraceNode[]): Map<string, TraceNode[]> => {
  const found = new Map<string, TraceNode[]>()
  for (const node of nodes)
    if (node.agent !== undefined) found.set(node.agent, [...(found.get(node.agent) ?? []), node])
  return found
}

const tookPart = (trace: Trace, now: number): Question => ({
  name: 'part',
  asked: 'Which agents took part?',
  none: 'None has begun yet.',
  lines: [...byAgent(workIn(trace))].map(([agent, steps]) => {
    const ms = steps.reduce((sum, step) => sum + durationOf(step, now), 0)
    const tokens = steps.reduce((sum, { tokens }) => sum + tokens, 0)
    const spent = tokens === 0 ? '' : `, ${count(tokens)} tokens`
    return {
      text: `${agent}: ${plural(steps.length, 'step')}, ${duration(ms)}${spent}`,
      node: steps[0]!,
    }
  }),
})

/** Whose result another step was given, in the plan in force. */
const handedOver = (trace: Trace, plans: readonly Plan[]): Question => {
  const steps = plans.at(-1)?.steps ?? []
  const agentOf = new Map(steps.map(({ id, agent }) => [id, agent]))
  const lines: Line[] = steps
    .filter(({ node }) => node !== undefined)
    .flatMap((step) =>
      step.dependsOn.map((from) => ({
        text: `${agentOf.get(from) ?? from} gave ${from} to ${step.agent} for ${step.id}`,
        node: step.node!,
      })),
    )
  for (const node of nodesOf(trace))
    if (node.kind === 'recorded' && /^(?:call|agent|delegate):/.test(node.name))
      lines.push({
        text: `${node.agent ?? 'an agent'} called ${node.name.replace(/^\w+:/, '')}`,
        node,
      })
  return {
    name: 'handed',
    asked: 'Who handed what to whom?',
    none: 'Nothing was handed on.',
    lines,
  }
}

const looped = (trace: Trace): Question => {
  const lines: Line[] = []
  for (const node of nodesOf(trace)) {
    if (node.kind === 'plan' && node.status === 'rejected')
      lines.push({
        text: `plan ${node.name} was given up: ${node.reasons.at(-1) ?? 'no reason'}`,
        node,
      })
    if (node.kind === 'redo')
      lines.push({ text: `${node.name} was done again: ${node.reasons[0] ?? 'no reason'}`, node })
    if (node.kind === 'check' && node.status === 'unmet')
      lines.push({ text: `the check was not met: ${node.reasons[0] ?? 'no reason'}`, node })
    const attempts = node.children.filter(({ kind }) => kind === 'attempt')
    const retried = attempts.filter(({ status }) => status === 'retried' || status === 'failed')
    if (retried.length > 0 && attempts.length > 1)
      lines.push({ text: `${node.name} took ${plural(attempts.length, 'attempt')}`, node })
  }
  return {
    name: 'loops',
    asked: 'Where did it loop?',
    none: 'Nowhere: each step was done once.',
    lines,
  }
}

const failed = (trace: Trace): Question => ({
  name: 'failed',
  asked: 'What failed?',
  none: 'Nothing.',
  lines: nodesOf(trace)
    .filter(({ kind, failure }) => failure !== undefined && kind !== 'attempt')
    .map((node) => ({ text: `${node.name}: ${node.failure?.message ?? ''}`, node })),
})

const leafKinds = new Set(['model', 'tool', 'wait', 'recorded'])
const shownMost = 6

const spent = (trace: Trace, now: number): Question => {
  const whole = Math.max(1, durationOf(trace, now))
  const parts = nodesOf(trace)
    .filter(({ kind, name }) => (leafKinds.has(kind) && name !== 'waiting') || kind === 'step')
    .filter(
      (node) => node.kind !== 'step' || !nodesOf(node).some(({ kind }) => leafKinds.has(kind)),
    )
    .map((node) => ({ node, ms: durationOf(node, now) }))
    .filter(({ node, ms }) => ms > 0 || node.tokens > 0)
    .sort((a, b) => b.ms - a.ms || b.node.tokens - a.node.tokens)
    .slice(0, shownMost)
  return {
    name: 'spent',
    asked: 'Where did time and tokens go?',
    none: 'Nothing was spent yet.',
    lines: parts.map(({ node, ms }) => {
      const tokens = node.tokens === 0 ? '' : `, ${count(node.tokens)} tokens`
      const cost = node.money === 0 ? '' : `, ${money(node.money)}`
      return {
        text: `${nameOf(node)}: ${duration(ms)}${tokens}${cost}`,
        node,
        weight: Math.min(1, ms / whole),
      }
    }),
  }
}

/** What a person asks first of a run; each line leads to what it rests on. */
export const questionsOf = (trace: Trace, plans: readonly Plan[], now: number): Question[] => [
  tookPart(trace, now),
  handedOver(trace, plans),
  looped(trace),
  failed(trace),
  spent(trace, now),
]
