import { finalStatuses, type RunSummary } from '../../domain/summary.ts'
import type { Concord } from '../../platform/concord-types.ts'
import { command } from '../command.ts'
import { concordCommand } from '../command-name.ts'
import { findRun } from '../find-run.ts'
import { personName } from '../person.ts'
import { withRuns } from '../settings.ts'
import { openTerminal } from '../terminal.ts'
import { runArgument } from './trace.ts'

const isAdvanced = async (concord: Concord, { owner }: RunSummary): Promise<boolean> =>
  owner !== undefined && (await concord.isAlive(owner))

export const pauseCommand = command({
  name: 'pause',
  summary: 'Suspend a run after the steps that are under way',
  positionals: [runArgument],
  options: {},
  examples: ['concord pause last', 'concord resume last'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const found = await findRun(concord, wanted)
      const { run: id, status } = found
      if (
        status === 'suspended' ||
        (status !== 'waiting' && !finalStatuses.has(status) && !(await isAdvanced(concord, found)))
      ) {
        terminal.err(`Run ${id} is not under way; continue it: ${concordCommand} resume ${id}\n`)
        return 0
      }
      const handle = await concord.handle(id)
      await handle.pause(personName())
      if (status !== 'waiting') terminal.err(`Run ${id} pauses when the steps under way are done\n`)
      const run = await handle.settled()
      terminal.err(
        run.status === 'suspended'
          ? `Suspended run ${id}; continue it: ${concordCommand} resume ${id}\n`
          : `Run ${id} is ${run.status}\n`,
      )
      return 0
    })
  },
})

export const cancelCommand = command({
  name: 'cancel',
  summary: 'End a run for good',
  positionals: [runArgument, { name: 'why', description: 'the reason, kept in the log', rest: true }],
  options: {},
  examples: ['concord cancel last "asked the wrong question"'],
  async run([wanted = '', ...why], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const { run: id } = await findRun(concord, wanted)
      const reason = why.join(' ')
      const handle = await concord.handle(id)
      await handle.cancel(reason === '' ? undefined : reason, personName())
      const run = await handle.settled()
      terminal.err(
        run.status === 'cancelled' ? `Cancelled run ${id}\n` : `Run ${id} was quicker: it is ${run.status}\n`,
      )
      return run.status === 'cancelled' ? 0 : 1
    })
  },
})
