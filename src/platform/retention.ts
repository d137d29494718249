import { isConcordError } from '../domain/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Stores } from '../stores/stores.ts'
import type { ConcordConfig } from './config.ts'

const everyMs = 3_600_000
const firstMs = 60_000
const dayMs = 86_400_000

export type RetentionParts = {
  config: ConcordConfig
  env: { [name: string]: string | undefined }
  stores: Pick<Stores, 'log' | 'state' | 'audit'>
  clock: Clock
  logger: Logger
}

/** One pass: runs that ended too long ago, then changes of shared state that need not be kept. Exported for tests. */
export const retain = async ({ config, env, stores, clock, logger }: RetentionParts): Promise<void> => {
  const { auditOver, auditKeyFiles, breathe } = await import('./audit.ts')
  const { fileKeys } = await import('./keys.ts')
  if (stores.audit === undefined) return
  const keys = fileKeys(auditKeyFiles({ config, env }))
  const audit = auditOver({ stores, trail: stores.audit, keys, clock, breathe })
  const days = config.audit?.runs?.days
  if (days !== undefined) {
    const pruned = await audit.prune({ before: clock.now() - days * dayMs })
    if (pruned.runs > 0) logger.info({ ...pruned }, 'runs that ended long ago were dropped')
  }
  const keep = config.memory?.state?.history
  if (keep?.days === undefined && keep?.changes === undefined) return
  const pruned = await audit.pruneState({ keep, patient: true })
  if (pruned.changes > 0) logger.info({ ...pruned }, 'old changes of shared state were dropped')
}

/** Whether the configuration says that anything is not kept for ever. */
const isWanted = ({ memory, audit }: ConcordConfig): boolean =>
  audit?.runs?.days !== undefined ||
  memory?.state?.history?.days !== undefined ||
  memory?.state?.history?.changes !== undefined

/** Keeps what the configuration says is to be kept, and no more: every hour. Returns what stops it, once the pass under way is done. */
export const startRetention = (parts: RetentionParts): (() => Promise<void>) => {
  const { clock, logger, config } = parts
  if (!isWanted(config)) return async () => {}
  let cancel = () => {}
  let stopped = false
  let pass = Promise.resolve()
  const later = (ms: number) => {
    if (!stopped) cancel = clock.schedule(ms, start, { unref: true })
  }
  const start = () => {
    pass = retain(parts)
      .catch((error: unknown) => {
        // Another server was at it as well: what is left is left to the next pass.
        if (!isConcordError(error) || error.code !== 'version.conflict')
          logger.warn({ error }, 'what is old could not be dropped; tried again later')
      })
      .then(() => later(everyMs))
  }
  later(firstMs)
  return async () => {
    stopped = true
    cancel()
    await pass
  }
}
