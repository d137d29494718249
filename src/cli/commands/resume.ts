import { ConcordError } from '../../domain/errors.ts'
import { finalStatuses } from '../../domain/summary.ts'
import { command } from '../command.ts'
import { findRun } from '../find-run.ts'
import { personName } from '../person.ts'
import { withRuns } from '../settings.ts'
import { rootOf, stayWith } from '../stay.ts'
import { openTerminal } from '../terminal.ts'
import { runArgument } from './trace.ts'

export const resumeCommand = command({
  name: 'resume',
  summary:
    'Continue a run that was suspended, interrupted or killed; follow one that another process advances',
  positionals: [runArgument],
  options: {
    output: { type: 'string', value: 'file', description: 'write the result there instead of printing it' },
    json: { type: 'boolean', description: 'print one JSON object, as "concord run --json" does' },
  },
  examples: ['concord resume last'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const run = await rootOf(concord, await findRun(concord, wanted))
      if (finalStatuses.has(run.status))
        throw new ConcordError(
          'run.finished',
          `Cannot resume run "${run.run}" as it is ${run.status}; see it with "concord trace ${run.run}" or continue from an event with "concord fork ${run.run} --at <event>"`,
        )
      // One that was asked to pause and has not got there yet continues.
      if (run.owner !== undefined && (await concord.isAlive(run.owner)))
        await concord.signal(run.run, { kind: 'resume', by: personName() }, { wake: false })
      return stayWith(concord, run, terminal, values)
    })
  },
})
