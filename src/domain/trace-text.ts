import { countText, plural, shorten, spentText, timeText } from './amounts.ts'
import type { Failure } from './errors.ts'
import { isObject } from './reference.ts'
import type { Trace, TraceNode, TraceStatus } from './trace-node.ts'
import { visible } from './visible.ts'

export type FormatOptions = {
  color?: boolean
  /** Characters of a line. Default 110. */
  width?: number
}

/** Children shown of one kind before the rest is counted; failed ones and the slowest come first. */
const shownMost = 12
const slowestShown = 3

const marks: { [status: string]: [mark: string, style: number] } = {
  succeeded: ['✓', 32],
  met: ['✓', 32],
  accepted: ['✓', 32],
  failed: ['✗', 31],
  unmet: ['✗', 33],
  rejected: ['✗', 33],
  cancelled: ['✗', 31],
  retried: ['!', 33],
  skipped: ['-', 2],
  running: ['…', 36],
  waiting: ['…', 33],
  suspended: ['…', 33],
  redone: ['↻', 33],
}

type Style = (code: number, text: string) => string

const styles = (color: boolean): Style =>
  color ? (code, text) => `\u001b[${code}m${visible(text)}\u001b[0m` : (_, text) => visible(text)

const titles: { [id: string]: string } = { $plan: 'planning', $feasible: 'feasible?', $check: 'check' }

const titleOf = (node: TraceNode): string => {
  const name = titles[node.name] ?? node.name
  switch (node.kind) {
    case 'plan':
      return `plan ${name}`
    case 'attempt':
      return `attempt ${name}${(node.redo ?? 0) > 0 ? ` after redo ${node.redo}` : ''}`
    case 'model':
      return `model ${name}${(node.attempt ?? 1) > 1 ? `, attempt ${node.attempt}` : ''}`
    case 'tool':
      return `tool ${name}`
    case 'recorded':
      return `recorded ${name}`
    case 'redo':
      return `redo ${name}`
    case 'wait':
      return name === 'waiting' ? 'the run waits' : `waits for ${name}`
    case 'signal':
      return `signal ${name}`
    case 'owner':
      return name
    case 'budget':
      return `budget of ${name} exhausted`
    case 'check':
      return name === 'self' ? 'self-check' : name
    default:
      return name
  }
}

const amountsOf = (node: TraceNode): string =>
  [
    ...(node.items === undefined ? [] : [plural(node.items, 'item')]),
    ...(node.ms === undefined ? [] : [timeText(node.ms)]),
    ...(spentText(node) === '' ? [] : [spentText(node)]),
  ].join(', ')

/** With the place in the user's own code, where there is one: the first frame that is no package's. */
const failureText = ({ code, message, stack }: Failure): string => {
  const frames = stack?.split('\n') ?? []
  const own = frames.find((frame) => frame.startsWith('at ') && !/node_modules|node:/.test(frame))
  return `${code}: ${message}${own === undefined ? '' : ` (${own})`}`
}

const detailOf = (node: TraceNode): string => {
  if (node.failure !== undefined) return failureText(node.failure)
  if (node.kind === 'tool') return node.input === undefined ? '' : JSON.stringify(node.input)
  if (node.kind === 'model') return modelDetail(node)
  if (node.kind === 'recorded') return node.output === undefined ? '' : JSON.stringify(node.output)
  return ''
}

const modelDetail = ({ output }: TraceNode): string => {
  if (!isObject(output)) return ''
  const calls = Array.isArray(output.toolCalls) ? output.toolCalls : []
  const names = calls.map((call) => (isObject(call) ? String(call.tool) : '?'))
  if (names.length > 0) return `calls ${names.join(', ')}`
  return typeof output.text === 'string' ? JSON.stringify(shorten(output.text, 120)) : ''
}

const ownStatus: ReadonlySet<TraceStatus> = new Set(['succeeded', 'met', 'accepted'])

const headOf = (node: TraceNode, style: Style): string => {
  const [mark, code] = marks[node.status ?? ''] ?? ['·', 2]
  const parts = [
    style(code, mark),
    node.kind === 'attempt' ? visible(titleOf(node)) : style(1, titleOf(node)),
  ]
  if (node.agent !== undefined && node.agent !== node.name) parts.push(style(2, `(${node.agent})`))
  if (node.process !== undefined) parts.push(style(2, `by ${node.process}`))
  if (
    node.status !== undefined &&
    !ownStatus.has(node.status) &&
    node.kind !== 'wait' &&
    node.kind !== 'redo'
  )
    parts.push(style(code, node.status))
  const amounts = amountsOf(node)
  if (amounts !== '') parts.push(style(2, amounts))
  return parts.join(' ')
}

/** One attempt that needed no other is its step: what is in it is shown directly. */
const childrenOf = (node: TraceNode): TraceNode[] => {
  const attempts = node.children.filter((child) => child.kind === 'attempt')
  const only = attempts[0]
  if (attempts.length !== 1 || only === undefined || only.failure !== undefined) return node.children
  const others = node.children.filter((child) => child !== only)
  return [...only.children, ...others]
}

const inCrowd = ({ kind }: TraceNode): boolean => kind === 'item' || kind === 'tool' || kind === 'model'

/** Of a crowd: what failed, what was redone, what took longest, in the order they came; the rest is counted. */
const notable = (children: readonly TraceNode[]): { shown: TraceNode[]; hidden: number } => {
  if (children.length <= shownMost) return { shown: [...children], hidden: 0 }
  const wanted = new Set<TraceNode>(children.filter((child) => !inCrowd(child)).slice(0, shownMost))
  const crowd = children.filter(inCrowd)
  for (const child of crowd) {
    if (wanted.size >= shownMost) break
    if (child.status !== 'succeeded' || child.children.length > 1) wanted.add(child)
  }
  const slowest = [...crowd].sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0)).slice(0, slowestShown)
  for (const child of slowest) wanted.add(child)
  return { shown: children.filter((child) => wanted.has(child)), hidden: children.length - wanted.size }
}

const hiddenText = (hidden: number, children: readonly TraceNode[]): string => {
  const times = children.flatMap((child) => (child.ms === undefined ? [] : [child.ms]))
  const mean =
    times.length === 0 ? '' : `, on average ${timeText(times.reduce((a, b) => a + b, 0) / times.length)} each`
  return `and ${countText(hidden)} more${mean}`
}

type Context = { style: Style; width: number; lines: string[] }

/** Characters that are seen: colour codes are not. */
const seenChars = (text: string): number =>
  text
    .split('\u001b[')
    .reduce((sum, part, i) => sum + (i === 0 ? part.length : part.length - part.indexOf('m') - 1), 0)

const write = (context: Context, head: string, indent: string, node: TraceNode): void => {
  const { style, width, lines } = context
  const event = style(2, `#${node.last}`)
  const detail = detailOf(node)
  const room = width - seenChars(head) - seenChars(event) - 4
  const told =
    detail === '' || room < 12 ? '' : `  ${style(node.failure === undefined ? 2 : 31, shorten(detail, room))}`
  lines.push(`${head}${told}  ${event}`)
  if (detail !== '' && told === '')
    lines.push(`${indent}${style(2, shorten(detail, Math.max(20, width - indent.length)))}`)
  for (const reason of node.kind === 'run' ? [] : node.reasons.slice(0, 8))
    lines.push(`${indent}${visible(shorten(reason, Math.max(20, width - indent.length)))}`)
}

const branch = (context: Context, children: readonly TraceNode[], prefix: string): void => {
  const { shown, hidden } = notable(children)
  for (const [i, child] of shown.entries()) {
    const last = i === shown.length - 1 && hidden === 0
    const inner = childrenOf(child)
    const below = `${prefix}${last ? '   ' : '│  '}`
    write(
      context,
      `${prefix}${last ? '└─ ' : '├─ '}${headOf(child, context.style)}`,
      `${below}${inner.length > 0 ? '│  ' : '   '}`,
      child,
    )
    branch(context, inner, below)
  }
  if (hidden > 0) context.lines.push(`${prefix}└─ ${context.style(2, hiddenText(hidden, children))}`)
}

/** A trace as text, safe to print: a tree with times, tokens, decisions and reasons; `#n` is the event to fork at. Crowds are summarised. */
export const formatTrace = (trace: Trace, { color = false, width = 110 }: FormatOptions = {}): string => {
  const style = styles(color)
  const context: Context = { style, width: Math.max(60, width), lines: [] }
  const [mark, code] = marks[trace.status ?? ''] ?? ['·', 2]
  const amounts = amountsOf(trace)
  context.lines.push(
    `${style(code, mark)} ${style(1, `run ${trace.name}`)} ${style(code, trace.status ?? '')}${amounts === '' ? '' : ` ${style(2, amounts)}`}  ${style(2, plural(trace.events, 'event'))}`,
    `goal: ${visible(shorten(trace.goal.text, context.width - 6))}`,
    visible(`team: ${trace.goal.team} (${trace.strategy})`),
  )
  const { id = 'unknown', tenant } = trace.principal ?? {}
  const tags = trace.goal.tags?.map((tag) => ` #${tag}`).join('') ?? ''
  context.lines.push(visible(`asked by: ${id}${tenant === undefined ? '' : ` of ${tenant}`}${tags}`))
  if (trace.forkedFrom !== undefined)
    context.lines.push(
      visible(`forked from run ${trace.forkedFrom.run} at event ${trace.forkedFrom.version}`),
    )
  if (trace.parent !== undefined) context.lines.push(visible(`child of run ${trace.parent}`))
  branch(context, trace.children, '')
  if (trace.failure !== undefined) context.lines.push(style(31, `failed: ${trace.failure.message}`))
  return `${context.lines.join('\n')}\n`
}
