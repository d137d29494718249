import { ConcordError } from '../../domain/errors.ts'
import type { Signal } from '../../domain/event.ts'
import type { RunSummary } from '../../domain/summary.ts'
import type { Concord } from '../../platform/concord.ts'
import { jsonOrText } from '../ask.ts'
import { command } from '../command.ts'
import { findRun } from '../find-run.ts'
import { withRuns } from '../settings.ts'
import { rootOf, stayWith } from '../stay.ts'
import { openTerminal } from '../terminal.ts'
import { type OpenWait, openWaits, wayToAnswer } from '../waits.ts'
import { runArgument } from './trace.ts'

const options = {
  step: { type: 'string', value: 'id', description: 'the step that waits; needed when several do' },
  detach: { type: 'boolean', description: 'only record it: another process (a server) goes on with the run' },
  output: { type: 'string', value: 'file', description: 'write the result there instead of printing it' },
  json: { type: 'boolean', description: 'print one JSON object, as "concord run --json" does' },
} as const

type Kind = 'approve' | 'reject' | 'answer' | 'signal'

const waitsFor: { [kind in Kind]: (open: OpenWait) => boolean } = {
  approve: ({ wait }) => wait.for === 'approval',
  reject: ({ wait }) => wait.for === 'approval',
  answer: ({ wait }) => wait.for === 'answer',
  signal: ({ wait }) => wait.for === 'signal' || wait.for === 'message',
}

/** The wait that is meant. Throws `input.invalid` when none fits, or several do. */
const waitOf = async (
  concord: Concord,
  root: RunSummary,
  kind: Kind,
  wanted: { step?: string | undefined; name?: string | undefined; run?: string },
): Promise<OpenWait> => {
  const all = await openWaits(concord, await concord.runner.load(root.run))
  const fitting = all.filter(
    (open) =>
      waitsFor[kind](open) &&
      (wanted.step === undefined || open.step === wanted.step) &&
      (wanted.name === undefined || open.wait.name === wanted.name) &&
      (wanted.run === undefined || wanted.run === root.run || open.run === wanted.run),
  )
  const [only, another] = fitting
  if (only !== undefined && another === undefined) return only
  const told = (list: readonly OpenWait[]) =>
    list
      .map((open) => `step "${open.step}" (${open.wait.for}: ${open.wait.prompt ?? open.wait.name})`)
      .join(', ')
  if (only === undefined)
    throw new ConcordError(
      'input.invalid',
      all.length === 0
        ? `Cannot ${kind} run "${root.run}" as nothing in it waits: it is ${root.status}; see it with "concord trace ${root.run}"`
        : `Cannot ${kind} run "${root.run}" as nothing that fits waits: ${told(all)}; try ${all.flatMap(wayToAnswer).join(' or ')}`,
    )
  throw new ConcordError(
    'input.invalid',
    `Cannot tell what to ${kind} in run "${root.run}" as several steps wait: ${told(fitting)}; say which with --step`,
  )
}

type Given = Parameters<typeof stayWith>[3] & {
  step?: string | undefined
  detach: boolean
  'no-color': boolean
}

const give = async (
  values: Given & Parameters<typeof withRuns>[0],
  wanted: string,
  signal: Pick<Signal, 'kind' | 'value' | 'name'> & { kind: Kind },
): Promise<number> => {
  const terminal = openTerminal(values['no-color'])
  return withRuns(values, async (concord) => {
    const found = await findRun(concord, wanted)
    const root = await rootOf(concord, found)
    const open = await waitOf(concord, root, signal.kind, { ...values, name: signal.name, run: found.run })
    const kind = open.wait.for === 'message' ? 'message' : signal.kind
    await concord.signal(open.run, { ...signal, kind, step: open.step, name: open.wait.name, by: 'user' })
    if (!values.detach) return stayWith(concord, root, terminal, values)
    terminal.err(`Recorded; where no server runs, go on with: concord resume ${root.run}\n`)
    return 0
  })
}

const optionalWhy = { name: 'why', description: 'a remark, kept in the log', rest: true } as const

const given = (words: readonly string[]) => (words.length === 0 ? {} : { value: jsonOrText(words.join(' ')) })

const notes = [
  'The run goes on here and its result is printed, unless another process advances it: then that is followed.',
]

export const approveCommand = command({
  name: 'approve',
  summary: 'Approve what a run waits to be approved, and go on with it',
  positionals: [runArgument, optionalWhy],
  options,
  notes,
  examples: ['concord approve last', 'concord approve last --step publish'],
  run: ([run = '', ...why], values) => give(values, run, { kind: 'approve', ...given(why) }),
})

export const rejectCommand = command({
  name: 'reject',
  summary: 'Reject what a run waits to be approved, and go on with it',
  positionals: [runArgument, optionalWhy],
  options,
  notes,
  examples: ['concord reject last "the tone is wrong"'],
  run: ([run = '', ...why], values) => give(values, run, { kind: 'reject', ...given(why) }),
})

export const answerCommand = command({
  name: 'answer',
  summary: 'Answer a question that a run asks, and go on with it',
  positionals: [
    runArgument,
    { name: 'answer', description: 'JSON is taken as JSON, all else as text', required: true, rest: true },
  ],
  options,
  notes,
  examples: ['concord answer last "the second one"', `concord answer last --step ask '{"amount": 12}'`],
  run: ([run = '', ...words], values) => give(values, run, { kind: 'answer', ...given(words) }),
})

export const signalCommand = command({
  name: 'signal',
  summary: 'Send the signal or message that a run waits for, and go on with it',
  positionals: [
    runArgument,
    { name: 'name', description: 'what is waited for', required: true },
    { name: 'value', description: 'JSON is taken as JSON, all else as text', rest: true },
  ],
  options,
  notes,
  examples: [`concord signal last payment '{"received": true}'`],
  run: ([run = '', name, ...words], values) =>
    give(values, run, { kind: 'signal', ...(name === undefined ? {} : { name }), ...given(words) }),
})
