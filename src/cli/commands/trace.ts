import { traceOf } from '../../domain/trace.ts'
import { formatTrace } from '../../domain/trace-text.ts'
import { command } from '../command.ts'
import { findRun } from '../find-run.ts'
import { withRuns } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

export const runArgument = {
  name: 'run',
  description: 'its id, a unique start of it, or "last"',
  required: true,
} as const

export const traceCommand = command({
  name: 'trace',
  summary: 'Show what a run did, step by step: times, tokens, decisions and reasons',
  positionals: [runArgument],
  options: {
    json: { type: 'boolean', description: 'print the whole tree as JSON, inputs and outputs included' },
  },
  notes: ['#n is the number of an event: concord fork <run> --at n goes on from there.'],
  examples: ['concord trace last'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const { run } = await findRun(concord, wanted)
      const trace = traceOf(await concord.events(run))
      if (values.json) terminal.out(`${JSON.stringify(trace, null, 2)}\n`)
      else
        terminal.out(
          formatTrace(trace, {
            color: terminal.color.out,
            width: process.stdout.isTTY === true ? terminal.columns : 160,
          }),
        )
      return 0
    })
  },
})
