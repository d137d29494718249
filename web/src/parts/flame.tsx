import { useCallback, useMemo } from 'react'
import type { Trace, TraceNode } from '../../../src/client.ts'
import { durationOf, nameOf } from '../data/questions.ts'
import { count, duration, money, short } from '../data/words.ts'
import { Canvas, type Shape } from './canvas.tsx'

export type Measure = 'time' | 'tokens' | 'money'

const rowHeight = 22
const rowsMax = 40
const narrowest = 0.5

type Bar = { node: TraceNode; from: number; to: number; depth: number }

const weightOf = (node: TraceNode, measure: Measure): number =>
  measure === 'tokens' ? node.tokens : node.money

/** Rows, each with the bars in it so far: what happened at the same time stands in different ones. */
class Rows {
  readonly #ends: [from: number, to: number][][] = []

  /** The first row below another with room for a bar; the last one has room for all. */
  place(below: number, from: number, to: number): number {
    for (let row = below; row < rowsMax; row++) {
      const taken = this.#ends[row] ?? []
      this.#ends[row] = taken
      if (row < rowsMax - 1 && taken.some((bar) => from < bar[1] && bar[0] < to)) continue
      taken.push([from, to])
      return row
    }
    return rowsMax - 1
  }
}

/** Bars by when they happened, below what they are inside of. */
const barsByTime = (trace: Trace, now: number): Bar[] => {
  const bars: Bar[] = []
  const rows = new Rows()
  const whole = Math.max(1, durationOf(trace, now))
  const open: { node: TraceNode; depth: number }[] = [{ node: trace, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node } = next
    const from = (node.at - trace.at) / whole
    const to = from + durationOf(node, now) / whole
    if (to === from) continue
    const depth = rows.place(next.depth, from, to)
    bars.push({ node, from, to, depth })
    for (const child of node.children.toReversed()) open.push({ node: child, depth: depth + 1 })
  }
  return bars
}

/** Bars as wide as what they spent, children side by side. */
const barsByCost = (trace: Trace, measure: Measure): Bar[] => {
  const bars: Bar[] = []
  const whole = weightOf(trace, measure)
  if (whole === 0) return bars
  const open: { node: TraceNode; from: number; depth: number }[] = [
    { node: trace, from: 0, depth: 0 },
  ]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    const width = weightOf(node, measure) / whole
    if (width === 0) continue
    bars.push({ node, from: next.from, to: next.from + width, depth })
    let from = next.from
    if (depth + 1 < rowsMax)
      for (const child of node.children) {
        open.push({ node: child, from, depth: depth + 1 })
        from += weightOf(child, measure) / whole
      }
  }
  return bars
}

const colourOf = ({ kind, status }: TraceNode): string => {
  if (status === 'failed' || status === 'unmet' || status === 'rejected') return 'bad-soft'
  return `kind-${kind === 'item' ? 'step' : kind}`
}

const tellBar = ({ node }: Bar, now: number): string => {
  const tokens = node.tokens === 0 ? '' : `, ${count(node.tokens)} tokens`
  const cost = node.money === 0 ? '' : `, ${money(node.money)}`
  return `${node.kind} ${short(nameOf(node), 60)}: ${duration(durationOf(node, now))}${tokens}${cost}`
}

type Props = { trace: Trace; now: number; measure: Measure; onPick: (node: TraceNode) => void }

export const Flame = ({ trace, now, measure, onPick }: Props) => {
  const bars = useMemo(
    () => (measure === 'time' ? barsByTime(trace, now) : barsByCost(trace, measure)),
    [trace, now, measure],
  )
  const rows = bars.reduce((most, { depth }) => Math.max(most, depth + 1), 1)
  const draw = useCallback(
    (
      context: CanvasRenderingContext2D,
      { width }: { width: number },
      colour: (name: string) => string,
    ): Shape<Bar>[] => {
      const shapes: Shape<Bar>[] = []
      for (const bar of bars) {
        const x = bar.from * width
        const wide = Math.max(narrowest, (bar.to - bar.from) * width - 1)
        const y = bar.depth * rowHeight
        context.fillStyle = colour(colourOf(bar.node)) || colour('kind-step')
        context.fillRect(x, y, wide, rowHeight - 2)
        if (wide > 36) {
          context.save()
          context.beginPath()
          context.rect(x, y, wide - 4, rowHeight)
          context.clip()
          context.fillStyle = colour('ink')
          context.fillText(short(nameOf(bar.node), 80), x + 6, y + rowHeight / 2 - 1)
          context.restore()
        }
        shapes.push({ x, y, width: Math.max(3, wide), height: rowHeight - 2, item: bar })
      }
      return shapes
    },
    [bars],
  )
  if (bars.length === 0) return <p className="quiet">Nothing was spent in {measure} here.</p>
  return (
    <Canvas
      height={rows * rowHeight}
      label={`What the run spent its ${measure} on, as nested bars; the same is in the tree`}
      draw={draw}
      tell={(bar) => tellBar(bar, now)}
      onPick={({ node }) => onPick(node)}
    />
  )
}
