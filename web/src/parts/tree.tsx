import { useState } from 'react'
import type { TraceNode } from '../../../src/client.ts'
import { durationOf, nameOf } from '../data/questions.ts'
import { count, duration, plural, short } from '../data/words.ts'

const itemsShown = 20

const hasNews = ({ status }: TraceNode): boolean =>
  status === 'running' || status === 'waiting' || status === 'failed' || status === 'unmet'

type Props = {
  node: TraceNode
  now: number
  picked: number | undefined
  onPick: (node: TraceNode) => void
  depth?: number
}

/** What happened, nested, as a list that a keyboard walks through. */
export const Tree = ({ node, now, picked, onPick, depth = 0 }: Props) => {
  const [open, setOpen] = useState(depth < 2 || hasNews(node))
  const [most, setMost] = useState(itemsShown)
  const { children } = node
  const ms = durationOf(node, now)
  return (
    <li className="branch">
      <div
        className={`twig is-${node.status ?? 'none'}${picked === node.first ? ' is-picked' : ''}`}
      >
        {children.length > 0 ? (
          <button
            type="button"
            className="fold"
            aria-expanded={open}
            aria-label={`${open ? 'Fold' : 'Unfold'} ${node.kind} ${short(node.name, 60)}`}
            onClick={() => setOpen(!open)}
          >
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <span className="fold" aria-hidden="true" />
        )}
        <button type="button" className="pick" onClick={() => onPick(node)}>
          <span className="kind">{node.kind}</span> <b>{short(nameOf(node), 80)}</b>
          {node.agent !== undefined && <span className="quiet"> {short(node.agent, 40)}</span>}
          <span className="figures">
            {node.status !== undefined && <span>{node.status}</span>}
            {ms > 0 && <span>{duration(ms)}</span>}
            {node.tokens > 0 && <span>{count(node.tokens)} tokens</span>}
          </span>
        </button>
      </div>
      {open && children.length > 0 && (
        <ul>
          {children.slice(0, most).map((child, i) => (
            <Tree
              key={`${child.first}-${i}`}
              node={child}
              now={now}
              picked={picked}
              onPick={onPick}
              depth={depth + 1}
            />
          ))}
          {children.length > most && (
            <li>
              <button type="button" className="link" onClick={() => setMost(most + 200)}>
                Show {plural(Math.min(200, children.length - most), 'more')} of{' '}
                {count(children.length)}
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}
