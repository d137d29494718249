import { useCallback, useMemo } from 'react'
import type { Trace, TraceNode } from '../../../src/client.ts'
import { durationOf, nodesOf } from '../data/questions.ts'
import { duration, short } from '../data/words.ts'
import { Canvas, type Shape } from './canvas.tsx'

const laneHeight = 20
const nameWidth = 132
const axisHeight = 24
const lanesMost = 60

type Lane = { agent: string; bars: { node: TraceNode; lane: number }[]; lanes: number }

/** Attempts by agent; what overlaps stands in lanes below each other. */
const lanesOf = (trace: Trace, now: number): Lane[] => {
  const byAgent = new Map<string, TraceNode[]>()
  for (const node of nodesOf(trace)) {
    const holder = node.kind === 'step' || node.kind === 'item' || node.kind === 'check'
    if (!holder || node.agent === undefined || node.items !== undefined) continue
    byAgent.set(node.agent, [...(byAgent.get(node.agent) ?? []), node])
  }
  return [...byAgent].map(([agent, nodes]) => {
    const ends: number[] = []
    const bars = nodes
      .sort((a, b) => a.at - b.at)
      .map((node) => {
        const free = ends.findIndex((end) => end <= node.at)
        const lane = free >= 0 ? free : Math.min(ends.length, lanesMost - 1)
        ends[lane] = node.at + durationOf(node, now)
        return { node, lane }
      })
    return { agent, bars, lanes: ends.length }
  })
}

const colours: { [status: string]: string } = {
  failed: 'bad',
  unmet: 'warn',
  waiting: 'warn',
  running: 'accent',
  succeeded: 'good',
  met: 'good',
}

const colourOf = ({ status }: TraceNode): string => colours[status ?? ''] ?? 'muted'

type Props = { trace: Trace; now: number; onPick: (node: TraceNode) => void }

/** A line for each agent: when it worked, and whether that came to something. */
export const Timeline = ({ trace, now, onPick }: Props) => {
  const lanes = useMemo(() => lanesOf(trace, now), [trace, now])
  const whole = Math.max(1, durationOf(trace, now))
  const height = lanes.reduce((sum, lane) => sum + lane.lanes * laneHeight + 8, axisHeight)
  const draw = useCallback(
    (
      context: CanvasRenderingContext2D,
      { width }: { width: number },
      colour: (name: string) => string,
    ): Shape<TraceNode>[] => {
      const shapes: Shape<TraceNode>[] = []
      const room = Math.max(1, width - nameWidth)
      context.fillStyle = colour('quiet')
      const ticks = Math.max(1, Math.floor(room / 120))
      for (let i = 0; i <= ticks; i++) {
        const x = nameWidth + (room * i) / ticks
        context.textAlign = i === ticks ? 'right' : 'left'
        context.fillText(duration((whole * i) / ticks), x, axisHeight / 2 - 2)
        context.fillStyle = colour('line')
        context.fillRect(Math.min(x, width - 1), axisHeight - 4, 1, height)
        context.fillStyle = colour('quiet')
      }
      context.textAlign = 'left'
      let top = axisHeight
      for (const { agent, bars, lanes: deep } of lanes) {
        context.fillStyle = colour('ink')
        context.fillText(short(agent, 18), 0, top + laneHeight / 2)
        for (const { node, lane } of bars) {
          const x = nameWidth + ((node.at - trace.at) / whole) * room
          const wide = Math.max(2, (durationOf(node, now) / whole) * room)
          const y = top + lane * laneHeight
          context.fillStyle = colour(colourOf(node))
          context.beginPath()
          context.roundRect(x, y + 2, wide, laneHeight - 4, 3)
          context.fill()
          shapes.push({ x, y, width: Math.max(4, wide), height: laneHeight, item: node })
        }
        top += deep * laneHeight + 8
      }
      return shapes
    },
    [lanes, whole, trace.at, height, now],
  )
  if (lanes.length === 0) return <p className="quiet">No agent has begun yet.</p>
  return (
    <Canvas
      height={height}
      label="When each agent worked; the same is in the tree"
      draw={draw}
      tell={(node) => `${node.name}: ${node.status ?? ''}, ${duration(durationOf(node, now))}`}
      onPick={onPick}
    />
  )
}
