import { ConcordError } from '../../domain/errors.ts'
import type { Signal } from '../../domain/event.ts'
import type { RunSummary } from '../../domain/summary.ts'
import { isDecision } from '../../domain/wait.ts'
import type { Concord } from '../../platform/concord-types.ts'
import { type OpenWait, waitsBelow } from '../../platform/run/waits.ts'
import { about, confirmed, jsonOrText } from '../ask.ts'
import { command } from '../command.ts'
import { concordCommand } from '../command-name.ts'
import { findRun } from '../find-run.ts'
import { withRuns } from '../settings.ts'
import { rootOf, stayWith } from '../stay.ts'
import { openTerminal, type Terminal } from '../terminal.ts'
import { waitText, wayToAnswer } from '../waits.ts'
import { runArgument } from './trace.ts'

const signalOptions = {
  step: { type: 'string', value: 'id', description: 'the step that waits; needed when several do' },
  detach: { type: 'boolean', description: 'only record it: another process (a server) continues the run' },
  output: { type: 'string', value: 'file', description: 'write the result there instead of printing it' },
  json: { type: 'boolean', description: 'print one JSON object, as "concord run --json" does' },
} as const

const decisionOptions = {
  hash: {
    type: 'string',
    value: 'hash',
    description: 'which wait is decided, as the run printed it; asked for on a terminal',
  },
  ...signalOptions,
} as const

type Kind = 'approve' | 'reject' | 'answer' | 'signal'

const waitsFor: { [kind in Kind]: (open: OpenWait) => boolean } = {
  approve: ({ wait }) => wait.for === 'approval',
  reject: ({ wait }) => wait.for === 'approval',
  answer: ({ wait }) => wait.for === 'answer',
  signal: ({ wait }) => wait.for === 'signal' || wait.for === 'message',
}

type Wanted = {
  step?: string | undefined
  name?: string | undefined
  hash?: string | undefined
  run?: string
}

/** The wait that is meant. Throws `input.invalid` when none fits, or several do. */
const waitOf = async (concord: Concord, root: RunSummary, kind: Kind, wanted: Wanted): Promise<OpenWait> => {
  const all = await waitsBelow(concord, await concord.runner.load(root.run))
  const fitting = all.filter(
    (open) =>
      waitsFor[kind](open) &&
      (wanted.step === undefined || open.step === wanted.step) &&
      (wanted.name === undefined || open.wait.name === wanted.name) &&
      (wanted.hash === undefined || open.wait.hash?.startsWith(wanted.hash) === true) &&
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
    `Cannot tell what to ${kind} in run "${root.run}" as several steps wait: ${told(fitting)}; say which: ${fitting.flatMap(wayToAnswer).join(' or ')}`,
  )
}

type Given = Parameters<typeof stayWith>[3] & {
  step?: string | undefined
  hash?: string | undefined
  detach: boolean
  'no-color': boolean
}

const done = { approve: 'Approved', reject: 'Rejected', answer: 'Answered' } as const

/** What is decided was seen: on a terminal it is shown now, elsewhere the run printed its hash. */
const confirm = async (
  terminal: Terminal,
  open: OpenWait,
  kind: keyof typeof done,
  value: Signal['value'],
): Promise<void> => {
  const ways = wayToAnswer(open).filter((way) => way.startsWith(`concord ${kind} `))
  if (!terminal.interactive)
    throw new ConcordError(
      'input.invalid',
      `Cannot ${kind} without knowing what as --hash is missing: run ${open.run}, step "${open.step}" asks ${waitText(open)}; if that is meant: ${ways.join(' or ')}`,
    )
  const given = value === undefined ? '' : ` ${JSON.stringify(value)}`
  if (!(await confirmed(terminal, open, `${kind[0]?.toUpperCase()}${kind.slice(1)}${given}?`)))
    throw new ConcordError('cancelled', `Cannot ${kind} as it was not confirmed; nothing was sent`)
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
    if (isDecision(kind)) {
      if (values.hash === undefined) await confirm(terminal, open, kind, signal.value)
      terminal.err(`${done[kind]} in run ${open.run}, step "${open.step}": ${waitText(open)}\n`)
    }
    // The process that stays with the run claims it; with --detach this process ends now.
    await concord.signal(open.run, { ...signal, kind, ...about(open) }, { wake: false })
    if (!values.detach) return stayWith(concord, root, terminal, values)
    terminal.err(`Recorded; where no server runs, continue with: ${concordCommand} resume ${root.run}\n`)
    return 0
  })
}

const optionalWhy = { name: 'why', description: 'a remark, kept in the log', rest: true } as const

const given = (words: readonly string[]) => (words.length === 0 ? {} : { value: jsonOrText(words.join(' ')) })

const notes = [
  'The run continues here and its result is printed, unless another process advances it: then that is followed.',
]

export const approveCommand = command({
  name: 'approve',
  summary: 'Approve what a run waits to be approved, and continue it',
  positionals: [runArgument, optionalWhy],
  options: decisionOptions,
  notes,
  examples: ['concord approve last', 'concord approve last --hash 1f3c9a2b10cd'],
  run: ([run = '', ...why], values) => give(values, run, { kind: 'approve', ...given(why) }),
})

export const rejectCommand = command({
  name: 'reject',
  summary: 'Reject what a run waits to be approved, and continue it',
  positionals: [runArgument, optionalWhy],
  options: decisionOptions,
  notes,
  examples: ['concord reject last "the tone is wrong"'],
  run: ([run = '', ...why], values) => give(values, run, { kind: 'reject', ...given(why) }),
})

export const answerCommand = command({
  name: 'answer',
  summary: 'Answer a question that a run asks, and continue it',
  positionals: [
    runArgument,
    { name: 'answer', description: 'JSON is taken as JSON, all else as text', required: true, rest: true },
  ],
  options: decisionOptions,
  notes,
  examples: ['concord answer last "the second one"', `concord answer last --step ask '{"amount": 12}'`],
  run: ([run = '', ...words], values) => give(values, run, { kind: 'answer', ...given(words) }),
})

export const signalCommand = command({
  name: 'signal',
  summary: 'Send the signal or message that a run waits for, and continue it',
  positionals: [
    runArgument,
    { name: 'name', description: 'what is waited for', required: true },
    { name: 'value', description: 'JSON is taken as JSON, all else as text', rest: true },
  ],
  options: signalOptions,
  notes,
  examples: [`concord signal last payment '{"received": true}'`],
  run: ([run = '', name, ...words], values) =>
    give(values, run, { kind: 'signal', ...(name === undefined ? {} : { name }), ...given(words) }),
})
