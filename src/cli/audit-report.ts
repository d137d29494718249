import { readFileSync } from 'node:fs'
import { plural } from '../domain/amounts.ts'
import { ConcordError } from '../domain/errors.ts'
import { isObject } from '../domain/reference.ts'

import { type Audit, type AuditReport, type HeldCheckpoint, openAudit } from '../platform/audit.ts'

import type { CommonValues } from './options.ts'
import { settingsOf, storeExists } from './settings.ts'

/** Opens the store for auditing and closes it whatever happens. Throws `not-found` when there is no store. */
export const withAudit = async <T>(
  values: Pick<CommonValues, 'config' | 'dir'>,
  use: (audit: Audit) => Promise<T>,
): Promise<T> => {
  const config = await settingsOf(values)
  if (!storeExists(config))
    throw new ConcordError(
      'not-found',
      `Cannot find a log as there is none in ${config.stores?.directory}; name its folder with --dir`,
    )
  const audit = await openAudit({ config, env: process.env })
  try {
    return await use(audit)
  } finally {
    await audit.close()
  }
}

/** Checkpoints kept in files, as `concord audit checkpoint --out` wrote them. */
export const readCheckpoints = (files: readonly string[]): HeldCheckpoint[] =>
  files.map((file) => {
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
      if (!isObject(value) || typeof value.root !== 'string' || typeof value.signature !== 'string')
        throw new Error('it is something else')
      return value as HeldCheckpoint
    } catch (cause) {
      throw new ConcordError(
        'input.invalid',
        `Cannot read ${file} as it must be a checkpoint in JSON: ${cause instanceof Error ? cause.message : cause}; give a file that "concord audit checkpoint --out" wrote`,
        { cause },
      )
    }
  })

const shownMost = 50

export const reportText = (report: AuditReport): string => {
  const { streams, events, erased, dropped, checkpoint, findings, limits } = report
  const lines = [
    `${plural(streams, 'stream')}, ${plural(events, 'event')}${erased > 0 ? `, data of ${erased} erased` : ''}${dropped > 0 ? `, ${plural(dropped, 'stream')} dropped` : ''}`,
  ]
  if (checkpoint)
    lines.push(
      `compared with checkpoint ${checkpoint.number} of ${new Date(checkpoint.at).toISOString()}${checkpoint.held ? ', which you hold' : ''}`,
    )
  for (const { from, to, key, name } of report.signers)
    lines.push(
      `${from === to ? `checkpoint ${from}` : `checkpoints ${from} to ${to}`} signed with ${name ?? `a key that was not given (${key.slice(-12)})`}`,
    )
  for (const { kind, message } of findings.slice(0, shownMost)) lines.push(`✗ ${kind}: ${message}`)
  if (findings.length > shownMost) lines.push(`✗ and ${findings.length - shownMost} more; --json lists them`)
  lines.push(
    report.ok ? '✓ the log verifies' : `✗ the log does not verify: ${plural(findings.length, 'finding')}`,
  )
  if (limits.length > 0) lines.push('Not shown by this:', ...limits.map((limit) => `  - ${limit}`))
  return `${lines.join('\n')}\n`
}
