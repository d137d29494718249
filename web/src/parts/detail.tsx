import { useEffect, useRef } from 'react'
import type { Event, TraceNode } from '../../../src/client.ts'
import { durationOf } from '../data/questions.ts'
import { setQuery } from '../data/routes.ts'
import { count, duration, instant, money, plain } from '../data/words.ts'
import { Fork } from './run-actions.tsx'
import { Status } from './status.tsx'
import { Value } from './value.tsx'

type Props = {
  run: string
  node: TraceNode
  events: readonly Event[]
  now: number
  onClose: () => void
}

/** Of a model or tool call, what was asked: it is in the event that the call began with. */
const askedIn = (node: TraceNode, events: readonly Event[]): unknown => {
  const event = events.find(({ version }) => version === node.first)
  if (event?.type === 'model.called') return event.data
  return node.input
}

/** Everything that is known of one thing that happened. */
export const Detail = ({ run, node, events, now, onClose }: Props) => {
  const heading = useRef<HTMLHeadingElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another node is another drawer.
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    heading.current?.focus()
    return () => {
      if (before?.isConnected) before.focus()
    }
  }, [node.first])
  const asked = askedIn(node, events)
  return (
    <aside
      className="detail"
      aria-label={`${node.kind} ${node.name}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <div className="bar">
        <h2 ref={heading} tabIndex={-1}>
          <span className="kind">{node.kind}</span> {plain(node.name)}
        </h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <p className="facts">
        {node.status !== undefined && <Status status={node.status} />}
        {node.agent !== undefined && <span>agent {plain(node.agent)}</span>}
        <span>{duration(durationOf(node, now))}</span>
        {node.tokens > 0 && <span>{count(node.tokens)} tokens</span>}
        {node.money > 0 && <span>cost {money(node.money)}</span>}
        <time>{instant(node.at)}</time>
      </p>
      {node.reasons.length > 0 && (
        <>
          <h3>Why</h3>
          <ul>
            {node.reasons.map((reason, i) => (
              <li key={`${i}-${reason.slice(0, 40)}`}>{plain(reason)}</li>
            ))}
          </ul>
        </>
      )}
      {node.failure !== undefined && (
        <div className="problem">
          <strong>{node.failure.code}</strong>
          <p>{plain(node.failure.message)}</p>
        </div>
      )}
      {asked !== undefined && (
        <>
          <h3>Given</h3>
          <Value value={asked} />
        </>
      )}
      {node.output !== undefined && (
        <>
          <h3>Came to</h3>
          <Value value={node.output} />
        </>
      )}
      {node.reads !== undefined && node.reads.length > 0 && (
        <>
          <h3>Read from memory</h3>
          <ul>
            {node.reads.map((read, i) => (
              <li key={`${i}-${JSON.stringify(read)}`}>
                {'key' in read
                  ? `${plain(read.key)} at version ${read.version}`
                  : `${plain(read.document)}, characters ${read.start} to ${read.end}`}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Its events</h3>
      <div className="row">
        <button type="button" onClick={() => setQuery({ at: String(node.first) })}>
          The run as it began ({node.first})
        </button>
        <button type="button" onClick={() => setQuery({ at: String(node.last) })}>
          … and ended ({node.last})
        </button>
      </div>
      <Fork run={run} at={node.last} />
    </aside>
  )
}
