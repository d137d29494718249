import { countText, moneyText, plural, shorten, timeText } from './amounts.ts'
import type { Event } from './event.ts'
import type { Json } from './json.ts'
import { basisOf } from './narrative-basis.ts'
import { listText, quoted, sentence } from './narrative-words.ts'
import { traceOf } from './trace.ts'
import type { Trace, TraceNode } from './trace-node.ts'

/** Names told in a list before the rest is counted. */
const namedMost = 6
/** A step is worth telling as slow from this share of the run's time. */
const slowShare = 0.3

const stepsOf = (plan: TraceNode): TraceNode[] =>
  plan.children.filter((node) => node.kind === 'step' && !node.name.startsWith('$'))

const attemptsOf = (node: TraceNode): TraceNode[] => node.children.filter((child) => child.kind === 'attempt')

const paramText = ([key, value]: [string, Json | undefined]): string =>
  `${key} = ${shorten(JSON.stringify(value ?? null), 60)}`

const limitText = ([limit, most]: [string, number]): string => {
  if (limit === 'timeMs') return timeText(most)
  if (limit === 'money') return `${moneyText(most)} in money`
  return limit === 'depth' ? `child runs ${countText(most)} deep` : `${countText(most)} ${limit}`
}

const asked = (trace: Trace): string[] => {
  const { text, team, params, criteria, budget } = trace.goal
  const given = Object.entries(params ?? {})
  const limits = Object.entries(budget ?? {}).map(limitText)
  const told = [`Run ${trace.name} was asked: ${quoted(text, 600)}`]
  told.push(
    `The goal went to team ${team}${given.length === 0 ? '' : `, with ${listText(given.map(paramText))}`}`,
  )
  if (criteria !== undefined && criteria.length > 0)
    told.push(`It counts as reached when ${listText(criteria)}`)
  if (limits.length > 0) told.push(`Its budget was ${listText(limits)}`)
  if (trace.forkedFrom !== undefined)
    told.push(
      `It is a fork of run ${trace.forkedFrom.run} and shares its first ${plural(trace.forkedFrom.version, 'event')}`,
    )
  if (trace.parent !== undefined) told.push(`Run ${trace.parent} asked for it as a part of its own work`)
  return told
}

const planned = (plan: TraceNode, plans: number): string[] => {
  const planner = plan.children.find((node) => node.name === '$plan')
  const names = proposedSteps(plan)
  const shown = names.slice(0, namedMost * 2)
  const steps = `${plural(names.length, 'step')}: ${listText(shown)}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}`
  const which = plans > 1 ? `Plan ${plan.name}` : 'The plan'
  const told: string[] = []
  const rejected = plan.reasons.filter((reason) => reason.startsWith('rejected by '))
  const why = plan.reasons.filter((reason) => !reason.startsWith('rejected by '))
  const from =
    planner?.agent === undefined ? "is the team's own for such a goal" : `came from ${planner.agent}`
  told.push(`${which} ${from} and has ${names.length === 0 ? 'no steps' : steps}`)
  if (why.length > 0) told.push(`Its reason: ${why.join('; ')}`)
  if (plan.status === 'rejected') told.push(rejection(plan, which, rejected))
  else if (plan.status === 'accepted') told.push('It was found feasible')
  return told
}

/** A plan that never began was turned down; one that had begun was given up. */
const rejection = (plan: TraceNode, which: string, reasons: string[]): string => {
  const by = /^rejected by (\w+)/.exec(reasons[0] ?? '')?.[1]
  const texts = reasons.map((reason) => reason.replace(/^rejected by \w+: /, ''))
  const because = texts.length === 0 ? '' : ` because ${shorten(texts.join('; '), 500)}`
  if (stepsOf(plan).length > 0) return `${which} was given up${because}`
  return `${which} was rejected${by === 'model' ? ' by a model' : by === 'code' ? ' before anything was done' : ''}${because}`
}

const proposedSteps = (plan: TraceNode): string[] => {
  const { output } = plan
  const steps =
    typeof output === 'object' && output !== null && !Array.isArray(output) ? output.steps : undefined
  if (!Array.isArray(steps)) return []
  return steps.map((step) => {
    const { id, agent } = step as { id: string; agent: string }
    return id === agent ? id : `${id} (${agent})`
  })
}

/** What is out of the ordinary about one step; nothing for a step that simply was done. */
const stepStory = (step: TraceNode, total: number): string[] => {
  const told: string[] = []
  const name = quoted(step.name)
  if (step.items !== undefined) told.push(fanOutText(step))
  else if (step.ms !== undefined && total > 0 && step.ms >= total * slowShare && step.ms >= 1000)
    told.push(`Step ${name} took ${timeText(step.ms)}, ${Math.round((100 * step.ms) / total)}% of the time`)
  if (step.status === 'skipped') told.push(`Step ${name} was skipped: ${step.reasons.join('; ')}`)
  told.push(...retries(step), ...redos(step))
  if (step.status === 'failed' && step.items === undefined)
    told.push(`Step ${name} failed: ${step.failure?.message ?? 'no reason given'}`)
  return [...told, ...callStory(step)]
}

/** Time at work, without the time between its attempts. */
const workedMs = (node: TraceNode): number =>
  attemptsOf(node).reduce((sum, attempt) => sum + (attempt.ms ?? 0), 0)

const fanOutText = (step: TraceNode): string => {
  const items = step.children.filter((child) => child.kind === 'item')
  const failed = items.filter((item) => item.status === 'failed')
  const done = items.filter((item) => item.status === 'succeeded').length
  const slowest = items.reduce<TraceNode | undefined>(
    (most, item) => (most === undefined || workedMs(item) > workedMs(most) ? item : most),
    undefined,
  )
  const parts = [`Step ${quoted(step.name)} worked through ${plural(step.items ?? items.length, 'item')}`]
  if (step.ms !== undefined) parts.push(` in ${timeText(step.ms)}`)
  if (done < (step.items ?? 0) && failed.length === 0) parts.push(`, of which ${countText(done)} are done`)
  if (items.length > 1 && slowest !== undefined)
    parts.push(`; the slowest, ${slowest.name}, took ${timeText(workedMs(slowest))}`)
  if (failed.length > 0) {
    const named = failed
      .slice(0, namedMost)
      .map((item) => `${item.name} (${shorten(item.failure?.message ?? '', 120)})`)
    const more = failed.length > named.length ? ` and ${countText(failed.length - named.length)} more` : ''
    parts.push(`; ${countText(failed.length)} failed: ${listText(named)}${more}`)
  }
  return parts.join('')
}

const retries = (step: TraceNode): string[] => {
  const parts = step.items === undefined ? [step] : step.children.filter((child) => child.kind === 'item')
  const failed = parts.flatMap((part) =>
    attemptsOf(part)
      .filter((attempt) => attempt.status === 'retried')
      .map((attempt) => ({ part, attempt })),
  )
  const [first] = failed
  if (first === undefined) return []
  const reason = shorten(first.attempt.failure?.message ?? '', 160)
  if (failed.length === 1)
    return [`In ${quoted(first.part.name)} one attempt failed (${reason}) and was tried again`]
  const names = [...new Set(failed.map(({ part }) => part.name))]
  const more = names.length > namedMost ? ` and ${names.length - namedMost} more` : ''
  return [
    `${countText(failed.length)} attempts failed and were tried again, in ${listText(names.slice(0, namedMost))}${more}; the first said: ${reason}`,
  ]
}

const redos = (step: TraceNode): string[] => {
  const parts = [step, ...step.children.filter((child) => child.kind === 'item')]
  const done = parts.flatMap((part) =>
    part.children.filter((child) => child.kind === 'redo').map((redo) => ({ part, redo })),
  )
  const told = done.slice(0, namedMost).map(({ part, redo }) => {
    const feedback = redo.reasons.join('; ')
    return `${part.kind === 'item' ? 'Item' : 'Step'} ${quoted(part.name)} was done again${feedback === '' ? ', as what it built on had changed' : `, with the feedback: ${quoted(feedback, 300)}`}`
  })
  if (done.length > told.length) told.push(`${countText(done.length - told.length)} more were done again`)
  return told
}

type Calls = { made: number; failed: number; first?: string }

/** Tools and models of a step, counted by name. */
const callStory = (step: TraceNode): string[] => {
  const tools = new Map<string, Calls>()
  const models = new Map<string, Calls>()
  const count = (node: TraceNode): void => {
    if (node.kind === 'tool' || node.kind === 'model') {
      const calls = node.kind === 'tool' ? tools : models
      const known = calls.get(node.name) ?? { made: 0, failed: 0 }
      known.made++
      if (node.failure !== undefined) {
        known.failed++
        known.first ??= node.failure.message
      }
      calls.set(node.name, known)
    }
    for (const child of node.children) count(child)
  }
  count(step)
  const texts = (calls: Map<string, Calls>) =>
    [...calls].map(
      ([name, { made, failed, first }]) =>
        `${name} ${made === 1 ? 'once' : `${countText(made)} times`}${failed === 0 ? '' : ` (${countText(failed)} failed: ${shorten(first ?? '', 120)})`}`,
    )
  const told = [...texts(tools), ...texts(models)]
  return told.length === 0 ? [] : [`For ${quoted(step.name)} it called ${listText(told)}`]
}

const ordinary = (steps: TraceNode[], told: ReadonlySet<TraceNode>): string[] => {
  const plain = steps.filter((step) => step.status === 'succeeded' && !told.has(step))
  if (plain.length === 0) return []
  const names = plain
    .slice(0, namedMost)
    .map((step) => `${quoted(step.name)}${step.ms === undefined ? '' : ` (${timeText(step.ms)})`}`)
  const more = plain.length > names.length ? ` and ${countText(plain.length - names.length)} more` : ''
  return [
    `${plain.length === steps.length ? 'All steps' : 'The others'} went as planned: ${listText(names)}${more}`,
  ]
}

const worked = (plan: TraceNode, total: number): string[] => {
  const steps = stepsOf(plan)
  const stories = steps.map((step) => ({ step, told: stepStory(step, total) }))
  const told = new Set(stories.filter((story) => story.told.length > 0).map((story) => story.step))
  const most = namedMost * 4
  const sentences = stories.flatMap((story) => story.told)
  return [
    ...sentences.slice(0, most),
    ...(sentences.length > most
      ? [`${countText(sentences.length - most)} more such remarks are in the trace`]
      : []),
    ...ordinary(steps, told),
  ]
}

const checked = (plan: TraceNode): string[] =>
  plan.children
    .filter((node) => node.kind === 'check' && (node.status === 'met' || node.status === 'unmet'))
    .map((node, i, all) => {
      const reasons = [...new Set(node.reasons)].filter((reason) => !reason.startsWith('redo '))
      const because = reasons.length === 0 ? '' : `: ${shorten(reasons.join('; '), 400)}`
      const who = node.agent === undefined ? 'The check' : `The checker, ${node.agent},`
      const again = i > 0 && i === all.length - 1 ? ' this time' : ''
      return node.status === 'met'
        ? `${who} accepted the result${again}${because}`
        : `${who} did not accept the result${because}`
    })

const interrupted = (trace: Trace): string[] => {
  const of = (name: string) => trace.children.filter((node) => node.kind === 'owner' && node.name === name)
  const takeovers = trace.children.filter(
    (node) => node.kind === 'owner' && node.reasons[0]?.startsWith('took over'),
  ).length
  const suspensions = of('suspended')
  const told: string[] = []
  if (suspensions.length > 0)
    told.push(
      `It was suspended ${times(suspensions.length)} (${listText([...new Set(suspensions.flatMap((node) => node.reasons))])})`,
    )
  if (takeovers > 0)
    told.push(
      `A process took it over ${times(takeovers)} and went on from the log; what was done was not done again`,
    )
  return [...told, ...people(trace)]
}

const times = (count: number): string =>
  count === 1 ? 'once' : count === 2 ? 'twice' : `${countText(count)} times`

const signalVerbs: { [kind: string]: string } = {
  approve: 'approved',
  reject: 'rejected',
  answer: 'answered',
  cancel: 'cancelled',
  pause: 'paused',
}

const signalVerb = (kind: string): string => signalVerbs[kind] ?? `sent a ${kind}`

/** What was asked of people, and what they said. */
const people = (trace: Trace): string[] => {
  const told = trace.children
    .filter((node) => node.kind === 'signal' && node.name !== 'resume')
    .map((node) => {
      const by = node.reasons.find((reason) => reason.startsWith('by '))?.slice(3)
      const value = node.reasons.find((reason) => !reason.startsWith('by '))
      return `${signalVerb(node.name)} by ${by ?? 'somebody'}${value === undefined ? '' : `: ${quoted(value, 200)}`}`
    })
  const waits = trace.children.filter((node) => node.kind === 'wait')
  if (told.length === 0 && waits.length === 0) return []
  const asked = [...new Set(waits.flatMap((node) => node.reasons))]
    .slice(0, namedMost)
    .map((prompt) => quoted(prompt, 200))
  return [
    ...(waits.length === 0
      ? []
      : [`It waited ${times(waits.length)}${asked.length === 0 ? '' : ` for ${listText(asked)}`}`]),
    ...(told.length === 0 ? [] : [`It was ${listText(told.slice(0, namedMost))}`]),
  ]
}

/** The model calls of a child run are in the child's own narrative. */
const hasChildRun = ({ kind, name, children }: TraceNode): boolean =>
  (kind === 'recorded' && name.startsWith('child:')) || children.some(hasChildRun)

const cost = (trace: Trace): string[] => {
  const parts = [
    ...(trace.ms === undefined ? [] : [timeText(trace.ms)]),
    ...(trace.tokens > 0 ? [plural(trace.tokens, 'token')] : []),
    ...(trace.money > 0 ? [`${moneyText(trace.money)} in money`] : []),
  ]
  if (parts.length === 0) return []
  const free = trace.tokens === 0 && !hasChildRun(trace) ? ', and no model was asked' : ''
  return [`It took ${listText(parts)}${free}`]
}

const endings: { [status: string]: (trace: Trace) => string } = {
  succeeded: (trace) =>
    trace.strategy !== 'hierarchical'
      ? `It succeeded because its strategy (${trace.strategy}) ended it${trace.reasons.length === 0 ? '' : `: ${shorten(trace.reasons.join('; '), 400)}`}`
      : trace.reasons.length > 0
        ? `It succeeded because the check was met: ${shorten(trace.reasons.join('; '), 400)}`
        : trace.children.some((plan) => plan.children.some((node) => node.status === 'met'))
          ? 'It succeeded because the check was met'
          : 'It succeeded because every step of the plan was done; the team has no checker',
  failed: (trace) =>
    `It failed (${trace.failure?.code ?? 'no code'}): ${trace.failure?.message ?? 'no reason given'}`,
  cancelled: (trace) => `It was cancelled: ${trace.reasons.join('; ')}`,
  waiting: (trace) => {
    const waits = trace.children.findLast((node) => node.kind === 'wait')?.reasons ?? []
    return `It waits${waits.length === 0 ? '' : ` for ${listText(waits.map((wait) => quoted(wait, 200)))}`}`
  },
  suspended: () => 'It is suspended and continues when it is resumed',
  running: () => 'It has not ended yet',
  queued: () => 'It has not begun yet',
}

/** Why a run ended as it did, in sentences made from its log: asked, planned, done, checked, spent, what the answer rests on. */
export const narrate = (events: readonly Event[]): string => {
  if (events.length === 0) return 'Nothing is known of this run: its log is empty.\n'
  const trace = traceOf(events)
  const plans = trace.children.filter((node) => node.kind === 'plan')
  const total = trace.ms ?? Math.max(0, (events.at(-1)?.at ?? trace.at) - trace.at)
  const ending = endings[trace.status ?? ''] ?? endings.running
  const paragraphs = [
    asked(trace),
    ...plans.flatMap((plan) => [planned(plan, plans.length), worked(plan, total), checked(plan)]),
    interrupted(trace),
    [...(ending === undefined ? [] : [ending(trace)]), ...cost(trace)],
    basisOf(events, trace),
  ]
  return `${paragraphs
    .filter((sentences) => sentences.length > 0)
    .map((sentences) => sentences.map(sentence).join(' '))
    .join('\n\n')}\n`
}
