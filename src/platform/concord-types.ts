import type { MemoryOf } from '../agent/services.ts'
import type { AgentCard } from '../domain/agent.ts'
import type { ConcordError } from '../domain/errors.ts'
import type { Event, Signal } from '../domain/event.ts'
import type { Goal } from '../domain/goal.ts'
import type { Json } from '../domain/json.ts'
import type { Label } from '../domain/labels.ts'
import type { Recalled } from '../domain/recall.ts'
import type { Run, WaitView } from '../domain/run.ts'
import type { RunSummary } from '../domain/summary.ts'
import type { Knowledge } from '../memory/knowledge/knowledge.ts'
import type { State } from '../memory/state.ts'
import type { SubjectMemory } from '../memory/subject.ts'
import type { AnswerOf, ParamsOf, Team } from '../orchestration/team.ts'
import type { Clock } from '../ports/clock.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { EventLog, RunsQuery } from '../ports/event-log.ts'
import type { Logger } from '../ports/logger.ts'
import type { Member } from '../ports/membership.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { ForkOptions } from '../runtime/fork.ts'
import type { Runner } from '../runtime/runner.ts'
import type { AskedBy } from './asked-by.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { ConcordConfig, Teams } from './config.ts'
import type { FollowOptions } from './follow.ts'
import type { Memory } from './memory-access.ts'
import type { Delta } from './run/deltas.ts'
import type { RunHandle, Until } from './run/handle.ts'
import type { SignalOptions } from './run/signal.ts'
import type { RunView } from './run/view.ts'
import type { Watchers } from './watchers.ts'

/** A goal's text, or the goal; without a team it goes to the default one. */
export type GoalRequest<Team extends string = string> = string | (Omit<Goal, 'team'> & { team?: Team })

/** The team of a goal that names none: the one under `team`, or the only one. */
type DefaultOf<Named extends Teams, DefaultTeam extends string> = string extends DefaultTeam
  ? keyof Named & string
  : DefaultTeam

/** What a goal of a team is answered with; `Json` where neither its schema nor its plan says. */
export type TeamAnswer<Named extends Teams, Team extends string> = Team extends keyof Named
  ? AnswerOf<Named[Team]>
  : Json

export type StartOptions = AskedBy & {
  id?: string
  /**
   * Folders and files that the run's tools may read beside those of the configuration; kept with the run, whichever
   * process owns it. An empty list also takes the working directory away, which is read by default.
   */
  readable?: readonly string[]
  /** What it begins with. */
  labels?: readonly Label[]
  /** No person can answer: what tools ask by default is refused, what a team declares to ask waits. */
  unattended?: true
  /** Digest of the request that started it; kept with the run and compared by who keeps keys. */
  requested?: string
  /** How many runs and calls of remote agents it is below; bounded as the depth of child runs. Default 0. */
  depth?: number
}

export type OpenOptions<Named extends Teams = Teams, DefaultTeam extends string = string> = {
  config?: ConcordConfig<Named, DefaultTeam>
  /** Where keys and addresses of providers are looked up. Default `process.env`. */
  env?: { [name: string]: string | undefined }
  /** What this process is to others: `server` where it is there for all runs of the store. Default `runner`. */
  role?: Member['role']
  /**
   * Whether it keeps the store's runs going for as long as it lives: claims those that no process
   * advances, continues what is approved elsewhere, wakes agents, drops what is not retained, signs
   * the log. Default: at once for the role `server`, and for any other process once it has been
   * open for five seconds; `false`: never.
   */
  keep?: boolean
  /** Where a server of this process is reached, `http://127.0.0.1:4270`; a server that is started later says so itself. */
  url?: string
  clock?: Clock
  random?: Random
  transport?: Transport
  /**
   * @internal The memory that agents of a run use instead of this process's: for agents served to
   * callers elsewhere.
   */
  memoryOf?: MemoryOf
}

/** One Concord: stores, teams and the runs this process advances. */
export type Concord = {
  readonly config: ConcordConfig
  /** @internal What is marked so is this package's own: the published types leave it out. */
  readonly log: EventLog
  /** @internal */
  readonly runner: Runner
  readonly clock: Clock
  /** The config's logger with `beforeStore` in front. */
  readonly logger: Logger
  /**
   * @internal Shared state for those outside the process: the store, and what the holder of a token
   * may do with it.
   */
  readonly memory: Memory
  /**
   * Starts a run; resolves once it is durable. A repeated `id` starts nothing and answers the same
   * run. Throws `admission.full` when `admission.queuedMax` runs wait to begin.
   */
  start(goal: GoalRequest, options?: StartOptions): Promise<RunHandle>
  /** A run that was started before, here or elsewhere. Throws `run.unknown`. */
  handle(run: string): Promise<RunHandle>
  /** Starts a run and waits until it is final, suspended, or waits for a person or a signal. */
  run(goal: GoalRequest, options?: StartOptions & Until): Promise<RunView>
  /** Starts a run and returns its output. Throws its failure, or `goal.unmet` when it waits for a person or is suspended. */
  result(goal: GoalRequest, options?: Until): Promise<Json>
  events(run: string): Promise<Event[]>
  /**
   * @internal Its events, with what items of spread steps recorded in their own runs under their steps:
   * for traces and reports.
   */
  eventsWithItems(run: string): Promise<Event[]>
  /** What a run began with of its thread and about its subject. Throws `run.unknown`. */
  recalled(run: string): Promise<Recalled>
  follow(run: string, options?: FollowOptions): AsyncGenerator<Event>
  onDelta(listener: (delta: Delta) => void): () => void
  runs(query?: RunsQuery): Promise<RunSummary[]>
  /**
   * Puts a signal in a run's inbox, as the methods of a handle do. A decision (approve, reject, answer) names by `hash` or
   * `name` which of the run's `waits` it is about and counts for no other. Throws `input.invalid`, `run.not-waiting`,
   * `run.finished` or `run.unknown`.
   */
  signal(run: string, signal: Signal, options?: SignalOptions): Promise<void>
  /** What a run waits for: of an approval, everything that will happen, with its hash. Throws `run.unknown`. */
  waits(run: string): Promise<WaitView[]>
  /** Whether the process that a run names as its owner still lives. */
  isAlive(owner: string): Promise<boolean>
  /**
   * @internal What keeps a run that no living process advances from being executed here: an agent,
   * team, tool that is missing.
   */
  blocked(run: Run): Promise<string | undefined>
  /** A new run that continues from an event of another. Throws `run.unknown` or `input.invalid`. */
  fork(run: string, options?: ForkOptions & AskedBy): Promise<RunHandle>
  /** What is known about a subject; what is changed here is changed as `user`. */
  subject(subject: string): SubjectMemory
  /** Shared state of a namespace, written as `user`. */
  state(namespace: string): State
  /** Long-term memory of a namespace; default `global`. */
  knowledge(namespace?: string): Knowledge
  /** An embedder by `provider/model`, or the config's. */
  embedder(name?: string): Promise<Embedder>
  teams(): { name: string; description: string; agents: readonly AgentCard[] }[]
  /** @internal */
  team(name: string): Team
  /** Begins to keep the store's runs going, once: see `keep` of the options. */
  keep(): Promise<void>
  /** What wakes agents and teams: part of `keep`. */
  readonly watchers: Watchers
  /** @internal What signs the log now and then: part of `keep`. */
  readonly checkpoints: Checkpoints
  /**
   * Resolves when a file of the stores was deleted or replaced while it was used: every call fails with
   * that error (`store.lost`) from then on, and the process should end.
   */
  readonly lost: Promise<ConcordError>
  close(reason?: string): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The params that a team needs; unknown where its plan does not say. */
type TeamParams<Named extends Teams, Team extends string> = Team extends keyof Named
  ? ParamsOf<Named[Team]>
  : unknown

/** A goal with the params that the plan of its team needs. */
export type TypedGoal<Named extends Teams, Team extends string> =
  unknown extends TeamParams<Named, Team>
    ? GoalRequest<Team>
    : Omit<Goal, 'team' | 'params'> & { team?: Team; params: TeamParams<Named, Team> }

/** A Concord whose goals and results have the types that its teams' schemas and plans give them. */
export type TypedConcord<Named extends Teams, DefaultTeam extends string = string> = {
  start<Team extends string = DefaultOf<Named, DefaultTeam>>(
    goal: TypedGoal<Named, Team>,
    options?: StartOptions,
  ): Promise<RunHandle<TeamAnswer<Named, Team>>>
  run<Team extends string = DefaultOf<Named, DefaultTeam>>(
    goal: TypedGoal<Named, Team>,
    options?: StartOptions & Until,
  ): Promise<RunView>
  result<Team extends string = DefaultOf<Named, DefaultTeam>>(
    goal: TypedGoal<Named, Team>,
    options?: Until,
  ): Promise<TeamAnswer<Named, Team>>
} & Omit<Concord, 'start' | 'run' | 'result'>
