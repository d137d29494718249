import {
  Background,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useEffect, useMemo, useState } from 'react'
import type { Plan, PlannedStep } from '../data/plan.ts'
import { durationOf } from '../data/questions.ts'
import { trusted } from '../data/trusted.ts'
import { duration, short } from '../data/words.ts'
import type { Asked, Placed } from './layout-worker.ts'
import workerUrl from './layout-worker.ts?worker&url'

const box = { width: 216, height: 62 }
type StepNode = Node<{ step: PlannedStep; now: number; downward: boolean }, 'step'>

const StepBox = ({ data: { step, now, downward } }: NodeProps<StepNode>) => {
  const { node, items } = step
  const status = node?.status ?? 'planned'
  const share = items === undefined || items.count === 0 ? undefined : items.done / items.count
  return (
    <div className={`step-box is-${status}`}>
      <Handle
        type="target"
        position={downward ? Position.Top : Position.Left}
        isConnectable={false}
      />
      <strong>{short(step.id, 28)}</strong> <span className="unseen">{status}</span>
      <span className="quiet">
        {short(step.agent, 22)}
        {items !== undefined && ` · ${items.done} of ${items.count}`}
        {node !== undefined && ` · ${duration(durationOf(node, now))}`}
      </span>
      {share !== undefined && (
        <progress max={1} value={share} aria-label={`${step.id}: items done`} />
      )}
      <Handle
        type="source"
        position={downward ? Position.Bottom : Position.Right}
        isConnectable={false}
      />
    </div>
  )
}

const kinds = { step: StepBox }

/** Where each step stands; undefined until the worker has answered. */
const usePlaces = (plan: Plan, downward: boolean): Placed | undefined => {
  const [placed, setPlaced] = useState<Placed>()
  const shape = JSON.stringify(plan.steps.map(({ id, dependsOn }) => [id, dependsOn]))
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked follows from the shape.
  useEffect(() => {
    const url = trusted.createScriptURL(workerUrl)
    const worker = new Worker(url, { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<Placed>) => setPlaced(data)
    const asked: Asked = {
      boxes: plan.steps.map(({ id }) => ({ id, ...box })),
      arrows: plan.steps.flatMap(({ id, dependsOn }) =>
        dependsOn.map((from): [string, string] => [from, id]),
      ),
      downward,
    }
    worker.postMessage(asked)
    return () => worker.terminate()
  }, [shape, downward])
  return placed
}

const heights = { least: 200, most: 520, margin: 90 }

/** As tall as its steps need. */
const tall =
  (needed: number) =>
  (element: HTMLElement | null): void => {
    const height = Math.min(heights.most, Math.max(heights.least, needed + heights.margin))
    if (element !== null) element.style.height = `${height}px`
  }

type Props = {
  plan: Plan
  now: number
  picked: number | undefined
  onPick: (step: PlannedStep) => void
}

/** The plan as a graph that fills in. Fan-outs are one box. */
export const PlanGraph = ({ plan, now, picked, onPick }: Props) => {
  const downward = innerWidth < 720
  const placed = usePlaces(plan, downward)
  const nodes = useMemo(
    () =>
      plan.steps.map(
        (step): StepNode => ({
          id: step.id,
          type: 'step',
          position: placed?.[step.id] ?? { x: 0, y: 0 },
          data: { step, now, downward },
          width: box.width,
          height: box.height,
          selected: step.node !== undefined && step.node.first === picked,
          ariaRole: 'button',
          draggable: false,
        }),
      ),
    [plan, placed, now, picked, downward],
  )
  const edges = useMemo(
    () =>
      plan.steps.flatMap(({ id, dependsOn, node }) =>
        dependsOn.map(
          (from): Edge => ({
            id: `${from}>${id}`,
            source: from,
            target: id,
            focusable: false,
            animated: node?.status === 'running',
          }),
        ),
      ),
    [plan],
  )
  if (placed === undefined || plan.steps.some(({ id }) => placed[id] === undefined))
    return <div className="graph" aria-busy="true" />
  const deepest = Math.max(...plan.steps.map(({ id }) => (placed[id]?.y ?? 0) + box.height))
  return (
    <div className="graph" ref={tall(deepest)}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={kinds}
        onNodeClick={(_, { data }) => onPick(data.step)}
        onNodesChange={(changes) => {
          for (const change of changes)
            if (change.type === 'select' && change.selected) {
              const step = plan.steps.find(({ id }) => id === change.id)
              if (step !== undefined) onPick(step)
            }
        }}
        nodesConnectable={false}
        fitView
        fitViewOptions={{ padding: 0.15, maxZoom: 1 }}
        minZoom={0.1}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  )
}
