import { narrate } from '../../domain/narrative.ts'
import { command } from '../command.ts'
import { findRun } from '../find-run.ts'
import { withRuns } from '../settings.ts'
import { openTerminal } from '../terminal.ts'
import { runArgument } from './trace.ts'

export const whyCommand = command({
  name: 'why',
  summary: 'Tell in sentences why a run ended as it did, from its log',
  positionals: [runArgument],
  options: {},
  examples: ['concord why last'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const { run } = await findRun(concord, wanted)
      terminal.out(narrate(await concord.eventsWithItems(run)))
      return 0
    })
  },
})
