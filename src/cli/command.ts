import { parseArgs } from 'node:util'
import { ConcordError } from '../domain/errors.ts'
import { nearest } from '../domain/nearest.ts'
import {
  type Command,
  type CommonValues,
  commonOptions,
  type Definition,
  type Options,
  type Positional,
  usageOf,
  type Values,
} from './options.ts'
import { openTerminal } from './terminal.ts'

const usageError = (name: string, problem: string, way = `see "concord ${name} --help"`): ConcordError =>
  new ConcordError('input.invalid', `Cannot run "concord ${name}" as ${problem}; ${way}`)

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

const checkOption = (name: string, token: Token, options: Options): void => {
  if (token.kind !== 'option') return
  const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
  if (option === undefined) {
    const meant = nearest(token.name, Object.keys(options))
    throw usageError(
      name,
      `there is no option ${token.rawName}`,
      meant === undefined ? undefined : `did you mean --${meant}? See "concord ${name} --help"`,
    )
  }
  if (option.type === 'boolean' && token.value !== undefined)
    throw usageError(name, `${token.rawName} takes no value, here "${token.value}"`)
  if (option.type === 'string' && (token.value === undefined || token.value === ''))
    throw usageError(
      name,
      `${token.rawName} needs a value`,
      `write ${token.rawName} <${option.value ?? 'value'}>`,
    )
}

const checkPositionals = (name: string, given: string[], wanted: Positional[]): void => {
  const missing = wanted.find((positional, i) => positional.required === true && given[i] === undefined)
  if (missing !== undefined)
    throw usageError(name, `no ${missing.name} is given`, `write: concord ${usageOf(name, wanted)}`)
  if (given.length > wanted.length && wanted.at(-1)?.rest !== true)
    throw usageError(
      name,
      `"${given[wanted.length]}" is one argument too many`,
      `write: concord ${usageOf(name, wanted)}`,
    )
}

/** A command of the command line; `invoke` reads the arguments (throws `input.invalid`), shows the help when asked, else runs it. */
export const command = <const O extends Options>(definition: Definition<O>): Command => ({
  ...definition,
  async invoke(argv) {
    const { name, positionals: wanted = [] } = definition
    const options: Options = { ...definition.options, ...commonOptions }
    const { values, positionals, tokens } = parseArgs({
      args: argv,
      options: Object.fromEntries(
        Object.entries(options).map(([key, { type, multiple, short }]) => [
          key,
          { type, ...(multiple ? { multiple } : {}), ...(short === undefined ? {} : { short }) },
        ]),
      ),
      allowPositionals: true,
      strict: false,
      tokens: true,
    })
    if (values.help === true) {
      const { commandHelp } = await import('./help.ts')
      openTerminal().out(commandHelp(definition))
      return 0
    }
    for (const token of tokens) checkOption(name, token, options)
    checkPositionals(name, positionals, wanted)
    const complete: { [key: string]: unknown } = {}
    for (const [key, option] of Object.entries(options))
      complete[key] = values[key] ?? (option.type === 'boolean' ? false : option.multiple ? [] : undefined)
    return definition.run(positionals, complete as Values<O> & CommonValues)
  },
})
