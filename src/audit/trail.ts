import type { DroppedStream } from '../domain/checkpoint.ts'
import type { Event, EventOf } from '../domain/event.ts'

type Recorded = { position: number }
export type Dropped = Recorded & DroppedStream
export type Erased = Recorded & { from: number; to: number }
export type Trail = {
  checkpoints: EventOf<'audit.checkpointed'>[]
  dropped: Map<string, Dropped[]>
  erased: Map<string, Erased[]>
}

const pushTo = <T>(table: Map<string, T[]>, key: string, value: T): void => {
  const list = table.get(key)
  if (list) list.push(value)
  else table.set(key, [value])
}

export const emptyTrail = (): Trail => ({ checkpoints: [], dropped: new Map(), erased: new Map() })

/** What the audit stream says; records whose own data are gone say nothing. */
export const readTrail = (events: readonly Event[]): Trail => {
  const trail = emptyTrail()
  for (const event of events) {
    const { position } = event
    if (event.type === 'audit.checkpointed') trail.checkpoints.push(event)
    if (event.type === 'audit.dropped')
      for (const stream of event.data.streams ?? [])
        pushTo(trail.dropped, stream.stream, { ...stream, position })
    if (event.type === 'audit.erased')
      for (const { stream, from, to } of event.data.ranges ?? [])
        pushTo(trail.erased, stream, { from, to, position })
  }
  return trail
}
