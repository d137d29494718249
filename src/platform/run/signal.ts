import type { Signal } from '../../domain/event.ts'
import { finalStatuses } from '../../domain/summary.ts'
import { isDecision } from '../../domain/wait.ts'
import { bound } from '../../runtime/decision.ts'
import type { RunPorts } from './ports.ts'
import { claimIfFree } from './tend.ts'

export type SignalOptions = {
  /** Whether a run at rest continues in this process, even if it does not adopt runs. Default false. */
  wake?: boolean
}

/**
 * Puts a signal in a run's inbox, a decision bound to the wait it names. A run at rest has no process that reads its inbox
 * unless one adopts runs, or this one wakes it.
 */
export const signalRun = async (
  ports: RunPorts,
  id: string,
  signal: Signal,
  { wake = false }: SignalOptions = {},
): Promise<void> => {
  const { log, runner } = ports
  const before = (await log.run(id))?.status
  const decides = isDecision(signal.kind) && before !== undefined && !finalStatuses.has(before)
  await runner.send(id, decides ? bound(await runner.load(id), signal) : signal)
  const stirs = signal.kind === 'resume' || (signal.kind === 'cancel' && before === 'suspended')
  if (wake && !runner.owns(id) && (before === 'waiting' || stirs)) await claimIfFree(ports, id, 'signal')
}
