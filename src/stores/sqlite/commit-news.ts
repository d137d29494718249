import { type KeyedRow, provenanceOf } from '../state-change.ts'
import type { Change } from '../state-plan.ts'

/**
 * One commit as other processes are told of it, so that they need not look for it. Only what follows the last position a process knows is taken so; after
 * anything else it looks itself, as it does for a commit told without its news.
 */
export type CommitNews = {
  /** Positions of its first and last event. */
  from: number
  to: number
  /** Names of the streams it appended to. */
  streams: string[]
  rows: KeyedRow[]
}

/** Characters of a commit's news; more is looked for by whoever is interested. */
const charactersMost = 64 * 1024

const rowOf = ({ namespace, key, sequence, event, epoch, digest }: Change): KeyedRow => ({
  namespace,
  key,
  sequence,
  at: event.at,
  type: event.type,
  operation: event.operation,
  provenance: provenanceOf(event, epoch),
  data: event.data,
  digest: digest?.slice(0, 8),
})

/** Undefined when it is too long. */
export const encodeNews = (
  { from, to, streams }: Omit<CommitNews, 'rows'>,
  changes: readonly Change[],
): string | undefined => {
  let characters = 0
  for (const { event } of changes) characters += event.data.length
  if (characters > charactersMost) return undefined
  const news: CommitNews = { from, to, streams, rows: changes.map(rowOf) }
  const text = JSON.stringify(news)
  return text.length > charactersMost ? undefined : text
}

/** Written by this version of Concord: it comes over a socket of this user, from a process that was told this one understands it. */
export const decodeNews = (text: string): CommitNews => JSON.parse(text)
