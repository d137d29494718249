import { ConcordError } from '../../domain/errors.ts'
import { withAudit } from '../audit-report.ts'
import { command } from '../command.ts'
import { openTerminal } from '../terminal.ts'

export const memoryCommand = command({
  name: 'memory',
  summary: 'Forget what log and state hold about a subject',
  positionals: [
    {
      name: 'action',
      shown: 'forget',
      description: 'forget: erase the runs about a subject, their state and the subject’s own',
      required: true,
    },
  ],
  options: {
    subject: { type: 'string', value: 'id', description: 'the subject of the goals' },
    json: { type: 'boolean', description: 'print a JSON object' },
  },
  notes: ['The chain still verifies. Backups and exports keep what they hold.'],
  examples: ['concord memory forget --subject patient-17'],
  async run([action], values) {
    if (action !== 'forget')
      throw new ConcordError(
        'input.invalid',
        `Cannot run "concord memory ${action}" as there is only: forget; write it`,
      )
    const { subject } = values
    if (subject === undefined)
      throw new ConcordError('input.invalid', 'Cannot forget as no subject is given; write --subject <id>')
    const forgotten = await withAudit(values, (audit) => audit.forget(subject))
    openTerminal().out(
      values.json
        ? `${JSON.stringify(forgotten, null, 2)}\n`
        : `Forgot ${subject}: ${forgotten.runs} runs, ${forgotten.keys} keys, data of ${forgotten.events} events\n`,
    )
    return 0
  },
})
