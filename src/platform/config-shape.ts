import type { AnyAgent, Evidence } from '../agent/define.ts'
import type { LoopBounds } from '../agent/loop.ts'
import type { HistoryConfig } from '../audit/prune-state.ts'
import type { Limits } from '../domain/budget.ts'
import { nearest } from '../domain/nearest.ts'
import { isObject } from '../domain/reference.ts'
import type { ProviderConfig } from '../models/provider-config.ts'
import type { TeamDefinition } from '../orchestration/team.ts'
import type { Bounds } from '../orchestration/team-shape.ts'
import type { MemoryPolicy } from '../policy/memory.ts'
import type { Price } from '../ports/model.ts'
import type { AdmissionLimits } from '../runtime/admission.ts'
import type {
  AuditConfig,
  CallerConfig,
  ConcordConfig,
  MemoryConfig,
  RunsKept,
  ServerConfig,
  StateConfig,
  StoresConfig,
} from './config.ts'

/** What a member may be; `each` describes the members of a table, `or` is an alternative. */
type Shape = {
  is: 'string' | 'number' | 'boolean' | 'function' | 'object' | 'list' | 'any'
  members?: { [key: string]: Shape }
  each?: Shape
  or?: Shape
  oneOf?: readonly string[]
  /** Of a number. */
  least?: number
  whole?: boolean
}

export type ConfigProblem = { path: string[]; problem: string }

const string: Shape = { is: 'string' }
const number: Shape = { is: 'number' }
const boolean: Shape = { is: 'boolean' }
const count: Shape = { is: 'number', least: 1, whole: true }
const days: Shape = { is: 'number', least: 1 }
const fn: Shape = { is: 'function' }
const any: Shape = { is: 'any' }
/** The members of a type, all of them: one that is added to the type and not here does not compile. */
const object = <T>(members: { [K in keyof Required<T>]: Shape }): Shape => ({ is: 'object', members })
const table = (each: Shape): Shape => ({ is: 'object', each })
const list = (each: Shape): Shape => ({ is: 'list', each })
const choice = (...oneOf: string[]): Shape => ({ is: 'string', oneOf })
const access = choice('write', 'read', 'none')
const either = (shape: Shape, or: Shape): Shape => ({ ...shape, or })

const openObject: Shape = { is: 'object' }
const limits = object<Limits>({ timeMs: number, tokens: number, money: number, steps: number, depth: number })

const agent = object<AnyAgent>({
  name: string,
  description: string,
  role: choice('specialist', 'coordinator', 'learner', 'mediator'),
  input: any,
  output: any,
  timeoutMs: number,
  attemptsMax: number,
  wakeOn: any,
  model: either(string, openObject),
  instructions: either(string, fn),
  tools: either(list(either(string, openObject)), openObject),
  policy: openObject,
  requiredTools: list(string),
  evidence: list(object<Evidence>({ field: string, tool: string })),
  check: fn,
  bounds: object<LoopBounds>({
    turnsMax: number,
    revisionsMax: number,
    actionsAtOnce: number,
    observationCharsMax: number,
    contextTokensMax: number,
  }),
  temperature: number,
  outputTokensMax: number,
  condenseWith: either(string, openObject),
  run: fn,
  reason: fn,
  url: string,
  token: string,
  team: string,
})

const agentOrName = either(string, agent)

const team = object<TeamDefinition>({
  description: string,
  answer: any,
  agents: list(agentOrName),
  strategy: either(openObject, choice('hierarchical')),
  planner: agentOrName,
  plan: fn,
  checker: agentOrName,
  feasibility: agentOrName,
  output: string,
  policy: openObject,
  wakeOn: any,
  bounds: object<Bounds>({
    plansMax: number,
    redosMax: number,
    attemptsMax: number,
    concurrency: number,
    itemsMax: number,
    lossesMax: number,
  }),
})

const provider = object<ProviderConfig>({
  kind: choice('openai', 'anthropic', 'google', 'openai-compatible'),
  baseUrl: string,
  apiKey: string,
  apiKeyEnv: string,
  api: choice('chat', 'responses'),
  headers: table(string),
  structuredOutput: choice('always', 'without-tools', 'never'),
  timeoutMs: number,
  silenceMs: number,
  callsMax: count,
  callsPerMinuteMax: count,
})

const price = object<Price>({
  inputPerMillion: number,
  outputPerMillion: number,
  cachedInputPerMillion: number,
})

const shape = object<ConcordConfig>({
  model: either(string, openObject),
  models: table(either(string, openObject)),
  providers: table(provider),
  prices: table(price),
  limits: table(
    object<{ outputTokensMax: number; contextTokensMax: number }>({
      outputTokensMax: number,
      contextTokensMax: number,
    }),
  ),
  modelCache: either(boolean, openObject),
  embedder: either(string, openObject),
  teams: table(team),
  agents: table(agent),
  tools: either(list(openObject), openObject),
  toolSettings: openObject,
  team: string,
  budget: limits,
  admission: object<AdmissionLimits>({
    runsMax: count,
    itemsMax: count,
    queuedMax: { is: 'number', least: 0, whole: true },
  }),
  stores: object<StoresConfig>({
    open: fn,
    openKnowledge: fn,
    kind: choice('sqlite', 'memory'),
    directory: string,
    durability: choice('process', 'power'),
    allowNetworkFileSystem: boolean,
  }),
  audit: object<AuditConfig>({
    key: string,
    publicKeys: either(string, list(string)),
    checkpointMinutes: { is: 'number', least: 0 },
    runs: object<RunsKept>({ days }),
  }),
  memory: object<MemoryConfig>({
    threadTokensMax: number,
    factsTokensMax: number,
    learn: boolean,
    learnWith: either(string, openObject),
    access: object<MemoryPolicy>({ thread: access, subject: access, team: access, global: access }),
    state: object<StateConfig>({
      valueBytesMax: count,
      keysPerNamespaceMax: count,
      watchersMax: count,
      history: object<HistoryConfig>({ days, changes: count }),
    }),
  }),
  server: object<ServerConfig>({
    host: string,
    port: number,
    token: string,
    tokens: table(object<CallerConfig>({ token: string, env: string, tenant: string, roles: list(string) })),
    url: string,
    memoryKey: string,
  }),
  beforeStore: fn,
  logger: openObject,
  transport: openObject,
})

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'function'
    ? 'a function'
    : `the ${typeof value} ${JSON.stringify(value) ?? ''}`.trim()
}

const expected: { [kind in Shape['is']]: string } = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  function: 'a function',
  object: 'an object',
  list: 'a list',
  any: 'anything',
}

const isInRange = (value: unknown, { least = Number.NEGATIVE_INFINITY, whole = false }: Shape): boolean =>
  typeof value !== 'number' || (value >= least && (!whole || Number.isSafeInteger(value)))

const isKind = (value: unknown, { is }: Shape): boolean => {
  if (is === 'any') return true
  if (is === 'list') return Array.isArray(value)
  if (is === 'object') return isObject(value)
  return is === 'number' ? typeof value === 'number' && Number.isFinite(value) : typeof value === is
}

const described = ({ is, or, oneOf, least, whole }: Shape): string =>
  (least === undefined ? '' : `${whole ? 'a whole number' : 'a number'} from ${least}`) ||
  (oneOf === undefined ? expected[is] : oneOf.map((one) => `"${one}"`).join(' or ')) +
    (or === undefined ? '' : ` or ${described(or)}`)

const look = (value: unknown, wanted: Shape, path: string[], problems: ConfigProblem[]): void => {
  if (value === undefined) return
  if (!isKind(value, wanted)) {
    if (wanted.or !== undefined && isKind(value, wanted.or)) look(value, wanted.or, path, problems)
    else
      problems.push({ path, problem: `${named(path)} must be ${described(wanted)}, it is ${kindOf(value)}` })
    return
  }
  const { oneOf, each, members } = wanted
  if ((oneOf !== undefined && !oneOf.includes(String(value))) || !isInRange(value, wanted))
    problems.push({ path, problem: `${named(path)} must be ${described(wanted)}, it is ${kindOf(value)}` })
  if (Array.isArray(value))
    for (const [i, item] of value.entries()) look(item, each ?? any, [...path, String(i)], problems)
  else if (isObject(value)) lookInto(value, each, members, path, problems)
}

const lookInto = (
  value: object,
  each: Shape | undefined,
  members: Shape['members'],
  path: string[],
  problems: ConfigProblem[],
): void => {
  for (const [key, member] of Object.entries(value)) {
    const wanted = each ?? (members === undefined ? any : own(members, key))
    if (wanted !== undefined) look(member, wanted, [...path, key], problems)
    else problems.push({ path: [...path, key], problem: unknownKey(key, path, Object.keys(members ?? {})) })
  }
}

const own = (members: { [key: string]: Shape }, key: string): Shape | undefined =>
  Object.hasOwn(members, key) ? members[key] : undefined

const named = (path: readonly string[]): string => (path.length === 0 ? 'the config' : `"${path.join('.')}"`)

const unknownKey = (key: string, path: readonly string[], known: string[]): string => {
  const meant = nearest(key, known)
  const hint = meant === undefined ? `known are: ${known.join(', ')}` : `did you mean "${meant}"?`
  return `${path.length === 0 ? 'the config' : named(path)} has no "${key}"; ${hint}`
}

/** What is wrong with the value a config file exports: unknown keys with the nearest known one, wrong types; with the path of each. */
export const configProblems = (config: unknown): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  look(config ?? null, shape, [], problems)
  return problems
}
