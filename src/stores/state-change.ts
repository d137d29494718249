import type { Json } from '../domain/json.ts'
import type { Entry, Provenance, StateChange } from '../ports/state-store.ts'
import type { Change } from './state-plan.ts'
import type { Cell } from './state-write.ts'

/** A cell with who wrote it and when: what a reader is given. */
export type Held = Cell & { key: string; at: number; provenance: Provenance }

/** One event of a state stream as it is kept; `data` null once erased. */
export type StateRow = {
  namespace: string
  sequence: number
  at: number
  type: string
  operation: string | null
  provenance: Provenance
  data: string | null
  /** One character a byte, or its beginning. */
  digest?: string | undefined
}

/** The same with the key its data tells. */
export type KeyedRow = StateRow & { key: string }

type Data = {
  key: string
  version: number
  previous?: number
  value?: Json
  expiresAt?: number
  operation?: string
}

export const dataOf = (row: StateRow): Data | undefined =>
  row.data === null ? undefined : JSON.parse(row.data)

export const provenanceOf = (
  by: { run: string | null; step: string | null; agent: string | null; cause: string | null },
  epoch: number,
): Provenance => {
  const provenance: Provenance = {}
  if (by.run !== null) provenance.run = by.run
  if (by.step !== null) provenance.step = by.step
  if (by.agent !== null) provenance.agent = by.agent
  if (by.cause !== null) provenance.cause = by.cause
  if (epoch !== 0) provenance.epoch = epoch
  return provenance
}

/** A living cell as its own copy. */
export const entryOf = (held: Held & { text: string }): Entry => {
  const { key, text, version, at, expiresAt, provenance } = held
  const entry: Entry = { key, value: JSON.parse(text), version, at, provenance: { ...provenance } }
  if (expiresAt !== null) entry.expiresAt = expiresAt
  return entry
}

export const isThere = <T extends Cell>(cell: T | undefined, now: number): cell is T & { text: string } =>
  cell !== undefined && cell.text !== null && (cell.expiresAt === null || cell.expiresAt > now)

export const newsOfChange = (change: Change): StateChange => {
  const { namespace, key, sequence, version, event, epoch, text, expiresAt } = change
  const news: StateChange = {
    kind: 'change',
    namespace,
    key,
    sequence,
    version,
    at: event.at,
    provenance: provenanceOf(event, epoch),
  }
  if (text !== null) news.value = JSON.parse(text)
  else news.ended = event.type === 'state.expired' ? 'expired' : 'deleted'
  if (expiresAt !== null) news.expiresAt = expiresAt
  if (event.operation !== null) news.operation = event.operation
  return news
}

/** The same from a row of the log; `known` is what is told of an erased one by its neighbours. */
export const newsOfRow = (
  row: StateRow,
  known?: { key: string; version: number },
): StateChange | undefined => {
  const data = dataOf(row)
  const { namespace, sequence, at, operation, provenance } = row
  const { key, version } = data ?? known ?? { key: undefined, version: 0 }
  if (key === undefined) return undefined
  const news: StateChange = { kind: 'change', namespace, key, sequence, version, at, provenance }
  if (data === undefined) news.ended = 'erased'
  else if (row.type === 'state.expired') news.ended = 'expired'
  else if (data.value === undefined) news.ended = 'deleted'
  else news.value = data.value
  if (data?.expiresAt !== undefined) news.expiresAt = data.expiresAt
  if (operation !== null) news.operation = operation
  return news
}
