import { ConcordError } from '../../domain/errors.ts'
import type { Event } from '../../domain/event.ts'
import { command } from '../command.ts'
import { drive } from '../drive.ts'
import { findRun } from '../find-run.ts'
import { paramsOf } from '../goal-options.ts'
import { person } from '../person.ts'
import { checkOutput, report } from '../report.ts'
import { withRuns } from '../settings.ts'
import { openTerminal } from '../terminal.ts'
import { runArgument } from './trace.ts'

/** `12`, `#12`, or an event's id. */
const eventOf = (given: string | undefined): number | undefined => {
  if (given === undefined) return undefined
  const version = Number(/^(?:#|.*@)?(\d+)$/.exec(given)?.[1])
  if (Number.isInteger(version)) return version
  throw new ConcordError(
    'input.invalid',
    `Cannot fork at "${given}" as an event is a number; take one of those that "concord trace <run>" shows as #n`,
  )
}

/**
 * A plan that both share was made from what the origin was given: another input changes only what
 * refers to the goal.
 */
const planKept = (events: readonly Event[], at = Number.POSITIVE_INFINITY): string | undefined => {
  const shared = events.filter(({ version, step }) => version <= at && step === undefined)
  const plan = shared.findLast(({ type }) => type === 'plan.accepted' || type === 'plan.rejected')
  const made = shared.findLast(({ type }) => type === 'plan.proposed')
  if (plan?.type !== 'plan.accepted' || made === undefined) return undefined
  return `The plan is of event ${made.version}, made from the old input; to plan again fork before it: --at ${made.version - 1}`
}

export const forkCommand = command({
  name: 'fork',
  summary: 'Start a new run that continues from an event of another, with other input if wanted',
  positionals: [runArgument],
  options: {
    at: {
      type: 'string',
      value: 'event',
      description: 'the last event both share; default: the last there is',
    },
    input: {
      type: 'string',
      multiple: true,
      value: 'name=value',
      description: 'a parameter of the goal to replace; JSON is taken as JSON',
    },
    goal: { type: 'string', value: 'text', description: 'another wording of the goal' },
    output: { type: 'string', value: 'file', description: 'write the result there instead of printing it' },
    json: { type: 'boolean', description: 'print one JSON object, as "concord run --json" does' },
  },
  notes: [
    'What was done before the event is not done again. With other input or another goal, steps that had not ended begin again: what they had done, asked or been told counts for the origin only.',
  ],
  examples: ['concord fork last --at 12 --input topic=agents'],
  async run([wanted = ''], values) {
    const terminal = openTerminal(values['no-color'])
    const at = eventOf(values.at)
    const params = paramsOf(values.input, '--input')
    checkOutput(values.output)
    return withRuns(values, async (concord) => {
      const { run } = await findRun(concord, wanted)
      const { id } = await concord.fork(run, {
        ...(at === undefined ? {} : { at }),
        ...(values.input.length === 0 ? {} : { params }),
        ...(values.goal === undefined ? {} : { goal: values.goal }),
        principal: person(),
      })
      const quiet = values.json
      const old =
        values.input.length + (values.goal === undefined ? 0 : 1) === 0
          ? undefined
          : planKept(await concord.events(run), at)
      if (old !== undefined && !quiet) terminal.err(`${old}\n`)
      const opening = `Run ${id}, forked from ${run}${at === undefined ? '' : ` at event ${at}`}`
      return report(
        terminal,
        await drive(concord, id, terminal, { quiet, ...(quiet ? {} : { opening }) }),
        values,
      )
    })
  },
})
