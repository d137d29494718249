import type { Signal } from '../../domain/event.ts'
import { finalStatuses, type RunStatus } from '../../domain/summary.ts'
import { isDecision } from '../../domain/wait.ts'
import type { Logger } from '../../ports/logger.ts'
import { bound } from '../../runtime/decision.ts'
import type { RunPorts } from './ports.ts'
import { claimIfFree } from './tend.ts'

export type SignalOptions = {
  /**
   * Whether a run at rest continues in this process, even if it does not adopt runs. Default
   * `soon`: it is claimed after this resolves; with `true` before, and with `false` only by a
   * process that adopts runs.
   */
  wake?: boolean | 'soon'
}

/**
 * Signals for which a run that no process advances is claimed, by its status, so that they have an
 * effect at once.
 */
const stirring: { [kind: string]: readonly (RunStatus | undefined)[] } = {
  cancel: ['suspended', 'queued'],
  pause: ['queued'],
}

/**
 * Puts a signal in a run's inbox, a decision bound to the wait it names. A run at rest has no
 * process that reads its inbox: this process claims it, unless another one that keeps runs is
 * quicker.
 */
export const signalRun = async (
  ports: RunPorts & { logger: Logger },
  id: string,
  signal: Signal,
  { wake = 'soon' }: SignalOptions = {},
): Promise<void> => {
  const { log, runner } = ports
  const before = (await log.run(id))?.status
  const decides = isDecision(signal.kind) && before !== undefined && !finalStatuses.has(before)
  await runner.send(id, decides ? bound(await runner.load(id), signal) : signal)
  const stirs = signal.kind === 'resume' || stirring[signal.kind]?.includes(before) === true
  if (wake === false || runner.owns(id) || !(before === 'waiting' || stirs)) return
  const claimed = claimIfFree(ports, id, 'signal')
  if (wake === true) await claimed
  else claimed.catch((error) => ports.logger.error({ error, run: id }, 'a run could not be continued'))
}
