import { constants, existsSync } from 'node:fs'
import { chmod, copyFile, link, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConcordError } from '../domain/errors.ts'
import { type AuditReport, type HeldCheckpoint, openAudit } from './audit.ts'

import type { ConcordConfig } from './config.ts'
import { renewStore } from './stores.ts'

const refuse = (file: string, rule: string, now: string, way: string): ConcordError =>
  new ConcordError('input.invalid', `Cannot restore ${file} as ${rule}: ${now}; ${way}`)

export type Restore = {
  config: ConcordConfig
  env?: { [name: string]: string | undefined }
  held?: readonly HeldCheckpoint[]
  publicKeys?: string | readonly string[]
}

/**
 * Puts a backup in the place of the configured store, which must be empty. The copy is verified before it gets its name: what is found there is a whole
 * and sound store or none. Throws `input.invalid` when there is a store, `store.corrupt` when the backup does not verify.
 */
export const restoreBackup = async (file: string, options: Restore): Promise<AuditReport> => {
  const { config, env = process.env } = options
  const directory = resolve(config.stores?.directory ?? '.concord')
  const target = join(directory, 'concord.db')
  const standing = ['', '-wal', '-shm'].map((end) => `${target}${end}`).find(existsSync)
  if (standing !== undefined)
    throw refuse(
      file,
      'nothing is overwritten',
      `${standing} exists`,
      'move it away, or name another folder with --dir',
    )
  if (!existsSync(file)) throw refuse(file, 'it must be a file', 'there is none', 'give the path of a backup')
  const rule = 'it must be a readable file and its new folder writable'
  const failed = (cause: unknown) => {
    const now = cause instanceof Error ? cause.message : String(cause)
    return Promise.reject(
      refuse(file, rule, now, 'give the path of a backup, or name another folder with --dir'),
    )
  }
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(failed)
  const workshop = await mkdtemp(join(directory, 'restoring-')).catch(failed)
  try {
    const copy = join(workshop, 'concord.db')
    await copyFile(file, copy, constants.COPYFILE_EXCL).catch(failed)
    await chmod(copy, 0o600)
    const report = await verifyCopy(workshop, options, env)
    if (!report.ok)
      throw new ConcordError(
        'store.corrupt',
        `Cannot restore ${file} as it must verify: ${report.findings[0]?.message} (${report.findings.length} findings); take another backup`,
      )
    await renewStore(copy)
    // A link fails where a file is: nobody who opened a store here meanwhile loses it.
    await link(copy, target)
    return report
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

const verifyCopy = async (
  directory: string,
  { config, held, publicKeys }: Restore,
  env: { [name: string]: string | undefined },
): Promise<AuditReport> => {
  const key = { key: join(resolve(config.stores?.directory ?? '.concord'), 'audit.key'), ...config.audit }
  const audit = await openAudit({
    config: { ...config, audit: key, stores: { ...config.stores, directory } },
    env,
  })
  try {
    return await audit.verify({
      ...(held === undefined ? {} : { held }),
      ...(publicKeys === undefined ? {} : { publicKeys }),
    })
  } finally {
    await audit.close()
  }
}
