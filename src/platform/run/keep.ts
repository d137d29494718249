import { runStream } from '../../domain/names.ts'
import { closedBy, interrupted } from '../../domain/summary.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Checkpoints } from '../checkpoints.ts'
import type { Watchers } from '../watchers.ts'
import type { RunPorts } from './ports.ts'
import { claimIfFree } from './tend.ts'

type Parts = RunPorts & {
  watchers: Watchers
  checkpoints: Checkpoints
  logger: Logger
  /** Whether this process is being closed. */
  closing(): boolean
}

/** What runs are suspended with when the process that advances them is closed: the next one continues them. */
export const processStops = 'the process stops'

const suspendedMax = 10_000

/**
 * Keeps the runs of a store going for as long as this process lives: claims those that no process advances, continues those
 * that an earlier process left when it was closed, wakes agents, and signs the log.
 */
export const keepRuns = async (parts: Parts): Promise<void> => {
  const { runner, watchers, checkpoints } = parts
  runner.adopt()
  await runner.reconcile()
  await continueStopped(parts)
  if (parts.closing()) return
  await watchers.start()
  if (parts.closing()) await watchers.stop()
  else checkpoints.start()
}

/** A run that a person paused or interrupted stays as it is; one whose process was closed does not. */
const continueStopped = async (parts: Parts): Promise<void> => {
  const { log, logger } = parts
  for (const { run } of await log.runs({ status: ['suspended'], limit: suspendedMax })) {
    if (parts.closing()) return
    const stream = runStream(run)
    const [last] = await log.read(stream, { afterVersion: (await log.version(stream)) - 1 })
    if (last?.type !== 'run.suspended' || last.data.by !== closedBy) continue
    if (last.data.reason.startsWith(interrupted)) continue
    await claimIfFree(parts, run, 'server').catch((error) => {
      logger.warn({ error, run }, 'a run could not be continued')
    })
  }
}
