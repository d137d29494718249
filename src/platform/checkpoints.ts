import { startCheckpoints } from '../audit/automatic.ts'
import type { Clock } from '../ports/clock.ts'
import type { Keys } from '../ports/keys.ts'
import type { Logger } from '../ports/logger.ts'
import type { Stores } from '../stores/stores.ts'
import { auditKeyFiles, breathe } from './audit.ts'
import type { ConcordConfig } from './config.ts'
import { fileKeys } from './keys.ts'

const minutesDefault = 60

/** Signed checkpoints by themselves: started by servers, or by you. */
export type Checkpoints = { start(): void; stop(): Promise<void> }

type Parts = {
  stores: Stores
  clock: Clock
  logger: Logger
  config: ConcordConfig
  env: { [name: string]: string | undefined }
}

/** Who names a key counts on signatures: said at once, not by their absence. What cannot be read is told when it is to sign. */
const tellMissing = async (keys: Keys, logger: Logger): Promise<void> => {
  const signer = await keys.signer().catch(() => 'unreadable')
  if (signer === undefined)
    logger.warn(
      { key: keys.place },
      'the log is not signed, as the audit key that is named is not there; make it with "concord audit key --out <file>", or correct its name',
    )
}

export const createCheckpoints = ({ stores, clock, logger, config, env }: Parts): Checkpoints => {
  const { checkpointMinutes = minutesDefault } = config.audit ?? {}
  const { audit: trail } = stores
  let running: { stop(): Promise<void> } | undefined
  return {
    start() {
      if (trail === undefined || checkpointMinutes <= 0) return
      const keys = fileKeys(auditKeyFiles({ config, env }))
      const everyMs = checkpointMinutes * 60_000
      const named = env.CONCORD_AUDIT_KEY || config.audit?.key
      if (named && running === undefined) void tellMissing(keys, logger)
      running ??= startCheckpoints({ stores, trail, keys, clock, breathe }, { logger, everyMs })
    },
    async stop() {
      const before = running
      running = undefined
      await before?.stop()
    },
  }
}
