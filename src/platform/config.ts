import type { AnyAgent } from '../agent/define.ts'
import type { HistoryConfig } from '../audit/prune-state.ts'
import type { Limits } from '../domain/budget.ts'
import type { AnswerStore } from '../models/cache.ts'
import type { ProviderConfig } from '../models/provider-config.ts'
import type { TeamDefinition } from '../orchestration/team.ts'
import type { BeforeStore } from '../policy/before-store.ts'
import type { MemoryPolicy } from '../policy/memory.ts'
import type { Clock } from '../ports/clock.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { KnowledgeStore } from '../ports/knowledge-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Member } from '../ports/membership.ts'
import type { AiSdkModel, Model, Price } from '../ports/model.ts'
import type { Random } from '../ports/random.ts'
import type { StateLimits } from '../ports/state-store.ts'
import type { AnyTool, ToolSet } from '../ports/tool.ts'
import type { Transport } from '../ports/transport.ts'
import type { AdmissionLimits } from '../runtime/admission.ts'
import type { Stores } from '../stores/stores.ts'
import type { BuiltInToolsConfig } from '../tools/index.ts'

/** An agent that runs elsewhere, as the config names it. */
export type RemoteAgent = { url: string; token?: string; description?: string }

/**
 * What your own store is opened with. `limits` are those of shared state, where the config
 * names some.
 */
export type StoreParts = {
  clock: Clock
  random: Random
  role?: Member['role']
  limits?: Partial<StateLimits>
  logger: Logger
}

export type StoresConfig = {
  /**
   * Opens your own stores instead: log, state, members and queue of one history. `beforeStore`
   * stands in front of them as well. `kind` and `directory` then say where long-term memory and
   * keys are kept.
   */
  open?: (parts: StoreParts) => Stores | Promise<Stores>
  /** Opens your own long-term memory instead, on first use. */
  openKnowledge?: (parts: Pick<StoreParts, 'clock' | 'logger'>) => KnowledgeStore | Promise<KnowledgeStore>
  /** `memory` is gone with the process. Default `sqlite`. */
  kind?: 'sqlite' | 'memory'
  /** Default `.concord` in the working directory. */
  directory?: string
  /** What a commit survives: the process dying (default), or the power going. */
  durability?: 'process' | 'power'
  allowNetworkFileSystem?: boolean
}

export type AuditConfig = {
  /** File of the Ed25519 private key (PEM) that signs checkpoints. Default `audit.key` in the stores' folder; better outside it. */
  key?: string
  /** Files of the public keys (PEM) that checkpoints are verified with, or a folder of them: where the private one is elsewhere, and after a change of keys. */
  publicKeys?: string | readonly string[]
  /** How often a server signs the log, where it has the private key and something happened since. Default 60; 0: never. */
  checkpointMinutes?: number
  /** Runs that ended longer ago are dropped, with their inboxes and state, by `concord serve`. Default: all are kept. */
  runs?: RunsKept
}

/** At least 1. */
export type RunsKept = { days?: number }

export type StateConfig = {
  /** Of a value's JSON in UTF-8. Default 4 MiB. */
  valueBytesMax?: number
  /** Living keys of a namespace. Default 1,000,000. */
  keysPerNamespaceMax?: number
  /** Watches and subscriptions of one process. Default 10,000. */
  watchersMax?: number
  /** What of the past is kept; `concord serve` drops the rest. Default: all of it. */
  history?: HistoryConfig
}

export type MemoryConfig = {
  /** Of earlier goals and answers of a thread that a run begins with, about four characters each. Default 2,000. */
  threadTokensMax?: number
  /** Of facts about its subject. Default 500. */
  factsTokensMax?: number
  /** Whether what a goal states about its subject ("I prefer ...") is kept. Default true. */
  learn?: boolean
  /** A model (as `model`, or a role) that reads goals for facts which the rules miss. Default none. */
  learnWith?: string | Model | AiSdkModel
  /** Limits of shared state. */
  state?: StateConfig
  /** What agents may do with shared memory where their team's policy does not say. Default: `write`. */
  access?: MemoryPolicy
}

/** A caller's token, or the variable of the environment that holds it; tenant and roles are recorded with its runs. */
export type CallerConfig = { token?: string; env?: string; tenant?: string; roles?: string[] }

export type ServerConfig = {
  host?: string
  port?: number
  token?: string
  /** Callers with tokens of their own, by name: the id of the principal that their runs and signals record. */
  tokens?: { [caller: string]: CallerConfig }
  /** Where agents elsewhere reach this server, when not at the address it listens on. */
  url?: string
  /** The secret that memory tokens are signed with. Default: `memory.key` in the stores' folder, made when it is needed. */
  memoryKey?: string
}

export type ToolsConfig = BuiltInToolsConfig & {
  /**
   * arXiv's query API: another address (`baseUrl`, default `https://export.arxiv.org/api/query`), milliseconds between two requests
   * (`intervalMs`, default 3,000, over all processes of a user), and who asks (`contact`, an address of mail or a page).
   */
  arxiv?: { baseUrl?: string; intervalMs?: number; contact?: string }
  /**
   * `corpusPath` is searched instead of the bundled corpus. A `corpus` that a goal names must lie in one of
   * `corpusRoots`; default the working directory, and none for goals over HTTP. Each document is read in a process
   * that is killed after `documentMsMax` (30,000) or beyond `parserBytesMax` (1 GB).
   */
  papers?: {
    corpusPath?: string
    corpusRoots?: readonly string[]
    documentMsMax?: number
    parserBytesMax?: number
  }
}

/** Teams by name. */
export type Teams = { [name: string]: TeamDefinition }

/**
 * `DefaultTeam` is the name under `team`. Where `teams` is left out, answers have the type `Json`.
 */
export type ConcordConfig<Named extends Teams = Teams, DefaultTeam extends string = string> = {
  /** Default model, `provider/model`, or a model object, also of the AI SDK. */
  model?: string | Model | AiSdkModel
  /** Models by role, for agents that name a role instead of a model: `{ small: 'openai/gpt-5-mini' }`. */
  models?: { [role: string]: string | Model | AiSdkModel }
  providers?: { [name: string]: ProviderConfig }
  prices?: { [model: string]: Price }
  /** What a model may write at the most, and its context window; a tighter bound for budgets than the text's length gives. */
  limits?: { [model: string]: { outputTokensMax?: number; contextTokensMax?: number } }
  /** Answers a request that was answered before from memory (`true`) or from a store of yours. Default off. */
  modelCache?: boolean | AnswerStore
  /** Default embedder: `provider/model`, `offline`, `none`, or an object. */
  embedder?: string | Embedder
  teams?: Named
  /** Agents that teams refer to by name; those with a `url` run elsewhere. */
  agents?: { [name: string]: RemoteAgent | AnyAgent }
  /** Tools that agents may name, also sets of the AI SDK (an MCP client's `tools()`). */
  tools?: ToolSet | readonly (AnyTool | ToolSet)[]
  toolSettings?: ToolsConfig
  /** The team of goals that name none. Default the only one of `teams`; research where there are none. */
  team?: DefaultTeam
  budget?: Limits
  /** How many runs are advanced at once, and how many may wait to begin. Default: no limit. */
  admission?: AdmissionLimits
  stores?: StoresConfig
  audit?: AuditConfig
  memory?: MemoryConfig
  server?: ServerConfig
  /** Sees every record before it is stored. */
  beforeStore?: BeforeStore
  logger?: Logger
  /** Reaches agents that run elsewhere (`url`). Default over HTTP. */
  transport?: Transport
}

/** Declares a configuration; gives editors the types. */
export const defineConfig = <const Named extends Teams = Teams, const DefaultTeam extends string = string>(
  config: ConcordConfig<Named, DefaultTeam>,
): ConcordConfig<Named, DefaultTeam> => config
