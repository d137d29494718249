import type { Goal } from '../domain/goal.ts'
import type { Run } from '../domain/run.ts'
import type { StateChange, StateNews } from '../ports/state-store.ts'
import type { WakePorts } from './wake-cursor.ts'
import { type WakeOn, wakeDepthMaxDefault } from './wake-on.ts'

/** One thing that wakes one team. */
export type Wake = {
  /** Of who is woken; names the cursor and the runs. */
  name: string
  team: string
  on: WakeOn
}

export type WatcherPorts = WakePorts & {
  /** Starts a run with this id unless there is one. */
  start(id: string, goal: Goal): Promise<string>
  /** Resolves when the run is final, waits or is suspended. */
  settled(id: string, signal?: AbortSignal): Promise<Run>
}

export type Watching = { wake: Wake; ports: WatcherPorts; signal: AbortSignal; opened: () => void }

/** Whether the chain of wakes may go on; a bound that is reached is told. */
export const mayWake = ({ wake, ports }: Watching, depth: number): boolean => {
  const { wakeDepthMax = wakeDepthMaxDefault } = wake.on
  if (depth <= wakeDepthMax) return true
  ports.logger.warn(
    { wake: wake.name, depth, wakeDepthMax },
    'the bound wakeDepthMax is reached: this wake follows from too many others and starts no run',
  )
  return false
}

/** Whether what came matters to the wake; a condition that throws says no, and is told. */
export const meets = <T>(
  { wake, ports }: Watching,
  condition: ((came: T) => boolean) | undefined,
  came: T,
  named: object,
): boolean => {
  try {
    return condition === undefined || condition(came)
  } catch (error) {
    ports.logger.error({ error, wake: wake.name, ...named }, 'the condition of a wake threw: taken as no')
    return false
  }
}

/** Changes that a piece of news brings: of a resync, what stands now. */
export const changesIn = (news: StateNews): StateChange[] =>
  news.kind === 'change'
    ? [news]
    : news.entries.map(({ key, value, version, at, expiresAt, provenance }) => ({
        kind: 'change' as const,
        namespace: news.namespace,
        key,
        sequence: news.sequence,
        version,
        at,
        value,
        ...(expiresAt === undefined ? {} : { expiresAt }),
        provenance,
      }))
