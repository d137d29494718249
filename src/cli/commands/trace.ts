import { ConcordError } from '../../domain/errors.ts'
import type { Event } from '../../domain/event.ts'
import { traceOf } from '../../domain/trace.ts'
import { formatTrace } from '../../domain/trace-text.ts'
import { type Seen, seenBy } from '../../platform/seen.ts'
import { command } from '../command.ts'
import { findRun } from '../find-run.ts'
import { turnsText, turnText } from '../seen-text.ts'
import { withRuns } from '../settings.ts'
import { colored, openTerminal } from '../terminal.ts'

export const runArgument = {
  name: 'run',
  description: 'its id, a unique start of it, or "last"',
  required: true,
} as const

/** What a step saw, of all its turns or one. Throws `input.invalid`. */
const seenAt = (
  events: readonly Event[],
  step: string | undefined,
  turn: string | undefined,
): { turns: Seen[]; number?: number } => {
  const { turns, steps } = seenBy(events, step ?? '')
  if (turns.length === 0)
    throw new ConcordError(
      'input.invalid',
      `Cannot show what a step saw as ${step === undefined ? 'none is named' : `nothing is recorded of step "${step}"`}; ${
        steps.length === 0
          ? 'no step of this run asked a model or kept a scratchpad: see "concord trace" without --step'
          : `name one with --step: ${steps.join(', ')}`
      }`,
    )
  if (turn === undefined) return { turns }
  const number = Number(turn)
  const seen = turns[number - 1]
  if (seen === undefined)
    throw new ConcordError(
      'input.invalid',
      `Cannot show turn ${turn} of step "${step}" as it has turns 1 to ${turns.length}; choose one of them`,
    )
  return { turns: [seen], number }
}

export const traceCommand = command({
  name: 'trace',
  summary: 'Show what a run did, step by step: times, tokens, decisions and reasons',
  positionals: [runArgument],
  options: {
    step: { type: 'string', description: 'show what this step saw, a line a turn', value: 'ID' },
    turn: {
      type: 'string',
      description: 'with --step: the whole context that this turn saw, rebuilt from the log',
      value: 'N',
    },
    json: { type: 'boolean', description: 'print the whole tree as JSON, inputs and outputs included' },
  },
  notes: ['#n is the number of an event: concord fork <run> --at n continues from there.'],
  examples: ['concord trace last', 'concord trace last --step review --turn 3'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    return withRuns(values, async (concord) => {
      const { run } = await findRun(concord, wanted)
      const events = await concord.eventsWithItems(run)
      const { step, turn } = values
      const width = terminal.bounded ? terminal.columns : 160
      if (step !== undefined || turn !== undefined) {
        const { turns, number } = seenAt(events, step, turn)
        const [only] = turns
        if (values.json) terminal.out(`${JSON.stringify(number === undefined ? turns : only, null, 2)}\n`)
        else
          terminal.out(
            number === undefined || only === undefined ? turnsText(turns, width) : turnText(only, number),
          )
        return 0
      }
      const trace = traceOf(events)
      if (values.json) terminal.out(`${JSON.stringify(trace, null, 2)}\n`)
      else terminal.out(colored(formatTrace(trace, { color: terminal.color.out, width })))
      return 0
    })
  },
})
