import { commonOptions, type Definition, type Options, usageOf } from './options.ts'

const columns = (rows: [string, string][]): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}

const optionRows = (options: Options): [string, string][] =>
  Object.entries(options).map(([name, { short, type, value, multiple, description }]) => [
    `${short === undefined ? '' : `-${short}, `}--${name}${type === 'boolean' ? '' : ` <${value ?? 'value'}>`}${multiple ? ' ...' : ''}`,
    description,
  ])

export const exitCodes = `Exit codes
  0  done              2  wrong use or configuration   70  unexpected error
  1  failed, or goal   3  suspended: resume it         75  try again later
     not met           4  waits for a person           130 interrupted or cancelled, 143 terminated
                       5  done, and nothing was found
`

export const commandHelp = <O extends Options>(definition: Omit<Definition<O>, 'run'>): string => {
  const { name, summary, positionals = [], options, notes = [], examples = [] } = definition
  const parts = [`${summary}\n`, `Usage: concord ${usageOf(name, positionals)} [options]\n`]
  if (positionals.length > 0)
    parts.push(`Arguments\n${columns(positionals.map(({ name: word, description }) => [word, description]))}`)
  parts.push(`Options\n${columns(optionRows({ ...options, ...commonOptions }))}`)
  for (const note of notes) parts.push(`${note}\n`)
  if (examples.length > 0) parts.push(`Examples\n${examples.map((line) => `  ${line}\n`).join('')}`)
  parts.push(exitCodes)
  return parts.join('\n')
}

export const mainHelp = (commands: readonly { name: string; summary: string }[]): string =>
  [
    'Concord: many agents, one goal, one live memory.\n',
    'Usage: concord <command> [options]\n',
    `Commands\n${columns(commands.map(({ name, summary }) => [name, summary]))}`,
    'Every command has --help. Settings: flag > environment (CONCORD_MODEL, CONCORD_TEAM, CONCORD_DIR,\nCONCORD_TOKEN, PORT, provider keys; a .env file is read) > concord.config.ts > default.\n',
    exitCodes,
  ].join('\n')
