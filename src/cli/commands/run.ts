import { resolve } from 'node:path'
import { type Limits, withinLimits } from '../../domain/budget.ts'
import { ConcordError } from '../../domain/errors.ts'
import type { Goal } from '../../domain/goal.ts'
import type { Concord } from '../../platform/concord-types.ts'
import type { ConcordConfig } from '../../platform/config.ts'
import { defaultTeam } from '../../platform/teams.ts'
import { command } from '../command.ts'
import { drive } from '../drive.ts'
import { budgetOf, goalText, paramsOf } from '../goal-options.ts'
import { person } from '../person.ts'
import { checkOutput, report } from '../report.ts'
import { unfinishedRun } from '../same-goal.ts'
import { openWith, settingsOf } from '../settings.ts'
import { stayWith } from '../stay.ts'
import { openTerminal, type Terminal } from '../terminal.ts'

const options = {
  team: {
    type: 'string',
    value: 'name',
    description: 'who works on it (CONCORD_TEAM; default: the only team of the config, else research)',
  },
  model: {
    type: 'string',
    value: 'provider/model',
    description: 'default model of the agents (CONCORD_MODEL)',
  },
  param: {
    type: 'string',
    multiple: true,
    value: 'name=value',
    description: 'a parameter of the goal; JSON is taken as JSON',
  },
  budget: {
    type: 'string',
    multiple: true,
    value: 'limit=n,...',
    description: 'hard limits: tokens, money, timeMs, steps, depth; at most those of "budget" in the config',
  },
  thread: { type: 'string', value: 'id', description: 'the conversation this goal continues' },
  subject: { type: 'string', value: 'id', description: 'whom or what this is about' },
  tag: { type: 'string', multiple: true, value: 'word', description: 'a word that the run is found by' },
  source: {
    type: 'string',
    value: 'corpus|arxiv',
    description: 'where research looks (same as --param source=...)',
  },
  corpus: {
    type: 'string',
    value: 'path',
    description: 'a folder or file of documents (same as --param corpus=...)',
  },
  new: { type: 'boolean', description: 'start afresh even if a run of this goal is unfinished' },
  memory: { type: 'boolean', description: 'keep nothing: the run is gone with the process' },
  durability: {
    type: 'string',
    value: 'process|power',
    description: 'what a commit survives (default process)',
  },
  output: { type: 'string', value: 'file', description: 'write the result there instead of printing it' },
  json: {
    type: 'boolean',
    description: 'print one JSON object: runId, status, output or failure, reasons, spent, ms',
  },
} as const

/** A model that cannot be used shows before any work is done; one that the config names only when an agent asks for it. */
const checkModel = async (config: ConcordConfig): Promise<void> => {
  const { modelFinder } = await import('../../platform/models.ts')
  await modelFinder(config, process.env)(undefined)
}

const checkTeam = (concord: Concord, name: string): void => {
  if (concord.teams().length === 0)
    throw new ConcordError(
      'team.unknown',
      `Cannot find team "${name}" as none is defined; run "concord init" to make a project with one`,
    )
  concord.team(name)
}

export const runCommand = command({
  name: 'run',
  summary: 'Work on a goal until it is reached',
  positionals: [
    {
      name: 'goal',
      description: 'what is wanted, in quotes; - reads it from the input',
      required: true,
      rest: true,
      shown: '"<goal>"',
    },
  ],
  options,
  notes: [
    'The same goal (text, team, params, thread, subject) again continues its unfinished run, if there is one:\nafter Ctrl-C, a crash or kill -9 nothing that was done is done again.',
  ],
  examples: [
    'concord run "Summarize the latest advances in multimodal LLMs and suggest three open research problems"',
    'concord run "Which papers disagree?" --corpus ./papers --output report.md',
    'concord run "Check the invoice" --team billing --param invoice=4711 --budget tokens=50000,money=0.5 --json',
  ],
  async run(words, values) {
    const terminal = openTerminal(values['no-color'])
    const text = await goalText(words)
    const params = {
      ...paramsOf(values.param),
      ...(values.source === undefined ? {} : { source: values.source }),
      ...(values.corpus === undefined ? {} : { corpus: resolve(values.corpus) }),
    }
    const budget = budgetOf(values.budget)
    checkOutput(values.output)
    const config = withCorpus(await settingsOf(values, values), values.corpus)
    if (values.model !== undefined || process.env.CONCORD_MODEL) await checkModel(config)
    if (!values.json) noteCeiling(terminal, config.budget, budget)
    const concord = await openWith(config)
    try {
      const goal: Goal = {
        text,
        team: defaultTeam(config),
        ...(Object.keys(params).length === 0 ? {} : { params }),
        ...(budget === undefined ? {} : { budget }),
        ...(values.thread === undefined ? {} : { thread: values.thread }),
        ...(values.subject === undefined ? {} : { subject: values.subject }),
        ...(values.tag.length === 0 ? {} : { tags: [...new Set(values.tag)] }),
      }
      checkTeam(concord, goal.team)
      const found = values.new ? undefined : await unfinishedRun(concord, goal)
      if (found !== undefined)
        return await stayWith(concord, found, terminal, { ...values, hint: '--new starts afresh' })
      const readable = values.corpus === undefined ? {} : { readable: [resolve(values.corpus)] }
      const unattended = terminal.interactive ? {} : { unattended: true as const }
      const { id } = await concord.start(goal, { ...readable, ...unattended, principal: person() })
      const quiet = values.json
      const opening = quiet ? {} : { opening: `Run ${id} (team ${goal.team})` }
      return report(terminal, await drive(concord, id, terminal, { quiet, ...opening }), values)
    } finally {
      await concord.close()
    }
  },
})

/** The config's budget is a ceiling here too: whoever asks for more is told which limit counts. */
const noteCeiling = (terminal: Terminal, operator: Limits | undefined, own: Limits | undefined): void => {
  const effective = withinLimits(operator, own)
  for (const [name, asked] of Object.entries(own ?? {})) {
    const limit = effective[name as keyof Limits]
    if (limit !== undefined && limit < asked)
      terminal.err(
        `note: --budget ${name}=${asked} is more than the config allows: ${name}=${limit} counts\n`,
      )
  }
}

/** An unfinished run of the same goal may read what the person names here, whoever started it. */
const withCorpus = (config: ConcordConfig, corpus: string | undefined): ConcordConfig => {
  if (corpus === undefined) return config
  const { toolSettings = {} } = config
  const corpusRoots = [...(toolSettings.papers?.corpusRoots ?? [process.cwd()]), resolve(corpus)]
  return { ...config, toolSettings: { ...toolSettings, papers: { ...toolSettings.papers, corpusRoots } } }
}
