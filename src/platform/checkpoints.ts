import { startCheckpoints } from '../audit/automatic.ts'
import type { Clock } from '../ports/clock.ts'
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

export const createCheckpoints = ({ stores, clock, logger, config, env }: Parts): Checkpoints => {
  const { checkpointMinutes = minutesDefault } = config.audit ?? {}
  const { audit: trail } = stores
  let running: { stop(): Promise<void> } | undefined
  return {
    start() {
      if (trail === undefined || checkpointMinutes <= 0) return
      const keys = fileKeys(auditKeyFiles({ config, env }))
      const everyMs = checkpointMinutes * 60_000
      running ??= startCheckpoints({ stores, trail, keys, clock, breathe }, { logger, everyMs })
    },
    async stop() {
      const before = running
      running = undefined
      await before?.stop()
    },
  }
}
