import { resolve } from 'node:path'
import { restoreBackup } from '../../platform/restore.ts'
import { readCheckpoints, reportText, withAudit } from '../audit-report.ts'
import { command } from '../command.ts'
import { settingsOf } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

export const backupCommand = command({
  name: 'backup',
  summary: 'Copy the store to a new file: one instant, while runs continue',
  positionals: [{ name: 'file', description: 'a file that does not exist yet', required: true }],
  options: {},
  notes: [
    'The copy holds log, state and queue; not the long-term knowledge and not the audit key. What is erased later stays in it.',
  ],
  examples: ['concord backup monday.db'],
  async run([file = ''], values) {
    await withAudit(values, (audit) => audit.backup(resolve(file)))
    openTerminal().err(`Copied to ${file}\n`)
    return 0
  },
})

export const restoreCommand = command({
  name: 'restore',
  summary: 'Put a backup where there is no store yet, after verifying it',
  positionals: [{ name: 'file', description: 'what "concord backup" wrote', required: true }],
  options: {
    checkpoint: {
      type: 'string',
      multiple: true,
      value: 'file',
      description: 'a checkpoint kept elsewhere to compare with',
    },
    'public-key': {
      type: 'string',
      multiple: true,
      value: 'file',
      description: 'whose signatures count (PEM, or a folder of such); again for each key there was',
    },
  },
  examples: ['concord restore monday.db --dir .concord'],
  async run([file = ''], values) {
    const publicKeys = values['public-key']
    const report = await restoreBackup(resolve(file), {
      config: await settingsOf(values),
      env: process.env,
      held: readCheckpoints(values.checkpoint),
      ...(publicKeys.length === 0 ? {} : { publicKeys }),
    })
    openTerminal().out(reportText(report))
    return 0
  },
})
