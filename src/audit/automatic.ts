import type { Logger } from '../ports/logger.ts'
import { isSigned, makeCheckpoint } from './checkpoint.ts'
import type { AuditParts } from './parts.ts'

export type Automatic = { logger: Logger; everyMs: number }

/**
 * Signs the log every so often, when there is a private key and something happened since the last checkpoint; verified first, for what is signed unseen would
 * count as sound ever after. What goes wrong is told and tried again the next time. Returns what stops it, once what is under way is done.
 */
export const startCheckpoints = (
  parts: AuditParts,
  { logger, everyMs }: Automatic,
): { stop(): Promise<void> } => {
  const { clock, keys, trail } = parts
  let stopped = false
  let cancel = () => {}
  let underWay: Promise<void> = Promise.resolve()
  const sign = async (): Promise<void> => {
    try {
      if ((await keys.signer()) === undefined || (await isSigned(trail))) return
      const { checkpoint } = await makeCheckpoint(parts, false)
      const { number, streams, position } = checkpoint
      logger.info({ number, streams, position }, 'the log was signed')
    } catch (error) {
      if (!stopped) logger.error({ error }, 'the log could not be signed; tried again later')
    }
  }
  const later = () => {
    if (stopped) return
    cancel = clock.schedule(
      everyMs,
      () => {
        underWay = sign().then(later)
      },
      { unref: true },
    )
  }
  later()
  return {
    async stop() {
      stopped = true
      cancel()
      await underWay
    },
  }
}
