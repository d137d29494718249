export type Option = {
  type: 'string' | 'boolean'
  description: string
  /** May be given several times. */
  multiple?: true
  short?: string
  /** What the value is called in the help. */
  value?: string
}

export type Options = { readonly [name: string]: Option }

export type Positional = {
  name: string
  description: string
  required?: boolean
  rest?: boolean
  /** How the usage line shows it. */
  shown?: string
}

type Value<O extends Option> = O['type'] extends 'boolean'
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : string | undefined

export type Values<O extends Options> = { [K in keyof O]: Value<O[K]> }

/** Options every command has. */
export const commonOptions = {
  config: {
    type: 'string',
    value: 'path',
    description: 'config file; default: concord.config.ts, .js or .mjs here or above',
  },
  dir: {
    type: 'string',
    value: 'path',
    description: 'folder of the runs; default: .concord beside the config, or here',
  },
  debug: { type: 'boolean', description: 'show the stack and the causes of an error' },
  'no-color': { type: 'boolean', description: 'no colours' },
  help: { type: 'boolean', short: 'h', description: 'this help' },
} as const satisfies Options

export type CommonValues = Values<typeof commonOptions>

export type Definition<O extends Options> = {
  name: string
  summary: string
  positionals?: Positional[]
  options: O
  /** Paragraphs after the options. */
  notes?: string[]
  examples?: string[]
  /** Resolves with the exit code. */
  run(positionals: string[], values: Values<O> & CommonValues): Promise<number>
}

export type Command = Omit<Definition<Options>, 'run'> & { invoke(argv: string[]): Promise<number> }

export const usageOf = (name: string, positionals: readonly Positional[] = []): string =>
  [
    name,
    ...positionals.map(({ name: word, required, rest, shown: as }) => {
      if (as !== undefined) return as
      const shown = rest === true ? `${word}...` : word
      return required === true ? `<${shown}>` : `[${shown}]`
    }),
  ].join(' ')
