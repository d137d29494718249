export type { AgentContext, DelegateOptions, ModelUse, PersonMessage } from './agent/context.ts'
export {
  type AgentBasics,
  type AgentDefinition,
  type AgentTools,
  type AnyAgent,
  agent,
  type CodeAgentDefinition,
  type Evidence,
  type ModelAgentDefinition,
  type ModelSettings,
  type ReasoningAgentDefinition,
  type RemoteAgentDefinition,
  type Returned,
  type TeamAgentDefinition,
} from './agent/define.ts'
export type { Action, Learned, LoopBounds, Observation, Proposal, Reasoner } from './agent/loop.ts'
export { withJsonSchema } from './agent/told-schema.ts'
export type { Accepted, Kept, Primitive, TypedAgent } from './agent/typed-agent.ts'
export type { Pruned as PrunedRuns } from './audit/prune.ts'
export type { HistoryConfig, PrunedState, PruneState } from './audit/prune-state.ts'
export type { AuditReport, Finding as AuditFinding, HeldCheckpoint } from './audit/report.ts'
export type { AgentCard, Role } from './domain/agent.ts'
export type {
  Amount as BudgetAmount,
  Answer as BudgetAnswer,
  Ask as BudgetAsk,
  Ledger as BudgetLedger,
  Limits,
} from './domain/budget.ts'
export type { Redo, Verdict } from './domain/check.ts'
export type {
  Checkpoint as AuditCheckpoint,
  DroppedStream,
  StreamHead,
  VersionRange,
} from './domain/checkpoint.ts'
export { ConcordError, type ErrorCode, type ErrorOptions, type Failure } from './domain/errors.ts'
export type {
  Event,
  EventData,
  EventOf,
  EventType,
  Forked,
  Parent,
  Read as StateRead,
  Signal,
  SignalKind,
  Wait,
} from './domain/event.ts'
export type { Goal } from './domain/goal.ts'
export type { SpreadItem } from './domain/item.ts'
export type { Json, JsonObject } from './domain/json.ts'
export type { Label } from './domain/labels.ts'
export type { Graph as PlanGraph, Plan, Step } from './domain/plan.ts'
export type { Principal } from './domain/principal.ts'
export type { Fact, FactSource, Recalled, Turn } from './domain/recall.ts'
export type { Condition, Reference } from './domain/reference.ts'
export type {
  ActivePlan,
  Items as FanOutItems,
  JournalEntry,
  PastPlan,
  Run,
  StepState,
  StepStatus,
  WaitView,
  Work,
  WorkStatus,
} from './domain/run.ts'
export type { StateKey } from './domain/strategy.ts'
export type { RunStatus, RunSummary } from './domain/summary.ts'
export type { Idf as TermWeights } from './domain/text/similarity.ts'
export type { TraceContext } from './domain/trace-context.ts'
export type { AgentMemory, RunLog } from './memory/agent-memory.ts'
export { type Seen, whatAgentsSaw, whatModelsSaw } from './memory/conversation.ts'
export type { ChunkingOptions } from './memory/knowledge/chunking.ts'
export type { EmbedOptions, Progress as EmbedProgress } from './memory/knowledge/embedding.ts'
export type { Knowledge, Question as KnowledgeQuestion } from './memory/knowledge/knowledge.ts'
export type { NewDocument } from './memory/knowledge/new-document.ts'
export type { Scores as HitScores, Weights as SearchWeights } from './memory/knowledge/scoring.ts'
export type { Hit, SearchOptions } from './memory/knowledge/search.ts'
export type { Compaction, Scratchpad, ScratchpadDelta, ScratchpadOptions } from './memory/scratchpad.ts'
export type { Key, KeyState, MergeOptions, MergeResult, SetOptions, State } from './memory/state.ts'
export { key } from './memory/state-keys.ts'
export {
  type Difference,
  type MergeConflict,
  type Resolution as ConflictResolution,
  type Resolve as ResolveConflict,
  unresolved,
} from './memory/state-merge.ts'
export type { Transaction } from './memory/state-transaction.ts'
export type {
  Change as StateUpdater,
  Conflict,
  OnConflict,
  UpdateOptions,
  Version as ConflictVersion,
} from './memory/state-update.ts'
export type { RecallOptions, SubjectMemory } from './memory/subject.ts'
export type { AnswerStore } from './models/cache.ts'
export type { ProviderConfig, ProviderKind, StructuredOutput } from './models/provider-config.ts'
export { hierarchical } from './orchestration/hierarchical.ts'
export type { Strategy, StrategyContext, Task } from './orchestration/strategy.ts'
export { type AnswerOf, type ParamsOf, type TeamDefinition, team } from './orchestration/team.ts'
export type { Bounds, TeamShape } from './orchestration/team-shape.ts'
export {
  type EachSettings,
  type PlanFunction,
  type PlanWriter,
  plan,
  type StepHandle,
  type StepSettings,
} from './orchestration/typed-plan.ts'
export type { Given, Ref, RefTo } from './orchestration/typed-reference.ts'
export type { AskedBy } from './platform/asked-by.ts'
export {
  type Audit,
  type Forgot as ForgottenSubject,
  type OpenAudit,
  openAudit,
  type Verify as VerifyAudit,
} from './platform/audit.ts'
export { openConcord } from './platform/concord.ts'
export type {
  Concord,
  GoalRequest,
  OpenOptions,
  StartOptions,
  TeamAnswer,
  TypedConcord,
  TypedGoal,
} from './platform/concord-types.ts'
export {
  type AuditConfig,
  type CallerConfig,
  type ConcordConfig,
  defineConfig,
  type MemoryConfig,
  type RemoteAgent,
  type RunsKept,
  type ServerConfig,
  type StateConfig,
  type StoreParts,
  type StoresConfig,
  type Teams,
  type ToolsConfig,
} from './platform/config.ts'
export type { FollowOptions } from './platform/follow.ts'
export type { Delta } from './platform/run/deltas.ts'
export type { Meant, Remark, RunHandle, StreamOptions, Until } from './platform/run/handle.ts'
export type { SignalOptions } from './platform/run/signal.ts'
export type { PlanView, RunView, StepView, TaskView } from './platform/run/view.ts'
export type { OpenWait } from './platform/run/waits.ts'
export { systemClock, systemRandom } from './platform/system.ts'
export type { Watchers } from './platform/watchers.ts'
export type { BeforeStore, Denied, Sink } from './policy/before-store.ts'
export type { Decision as PolicyDecision, Policy } from './policy/decide.ts'
export type { MemoryAccess, MemoryPolicy, SharedMemory } from './policy/memory.ts'
export type { AuditTrail } from './ports/audit.ts'
export type { Clock } from './ports/clock.ts'
export type { Embedder, ImageEmbedder, ImagePixels } from './ports/embedder.ts'
export type { EventLog, RunPlace, RunsQuery, Verification as LogVerification } from './ports/event-log.ts'
export type { PublicKey as AuditPublicKey } from './ports/keys.ts'
export type {
  Chunking,
  KnowledgeDocument,
  KnowledgeFilter,
  KnowledgeStats,
  KnowledgeStore,
  MetadataFilter,
  Modality,
  Put as KnowledgePut,
  Removal as KnowledgeRemoval,
} from './ports/knowledge-store.ts'
export type { Logger } from './ports/logger.ts'
export type { Membership } from './ports/membership.ts'
export type {
  AiSdkModel,
  AnswerPart as ModelAnswerPart,
  Message as ModelMessage,
  Model,
  ModelAnswer,
  ModelCallOptions,
  ModelRequest,
  Models,
  Part as ModelMessagePart,
  Price,
  ToolCall as ModelToolCall,
  ToolSpec,
  Usage as ModelUsage,
} from './ports/model.ts'
export type { Queue } from './ports/queue.ts'
export type { Random } from './ports/random.ts'
export type { JsonSchema, Schema, SchemaIssue, SchemaResult } from './ports/schema.ts'
export type {
  Entry,
  HistoryOptions,
  KeyMoment,
  ListOptions,
  Message,
  Moment,
  Provenance,
  StateChange,
  StateLimits,
  StateNews,
  StateResync,
  StateStore,
  Subscription,
  Watch,
  WatchOptions,
  WriteOutcome,
} from './ports/state-store.ts'
export {
  type AiSdkTool,
  type AnyTool,
  type Permission,
  type Tool,
  type ToolContext,
  type ToolSet,
  type Tools,
  tool,
} from './ports/tool.ts'
export type { AgentCall, Transport } from './ports/transport.ts'
export type { MemoryAddress } from './remote/address.ts'
export type { AdmissionLimits } from './runtime/admission.ts'
export type { ForkOptions } from './runtime/fork.ts'
export type { WakeOn, WakeOnChannel, WakeOnSchedule, WakeOnState } from './runtime/wake-on.ts'
export type { Wake } from './runtime/watching.ts'
export { type Listening, type ServeOptions, type Serving, serve } from './serve.ts'
export type { AppOptions } from './server/app.ts'
export type { CallerToken, Tokens } from './server/callers.ts'
export type { Address as ListenAddress } from './server/listen.ts'
export type { Stores } from './stores/stores.ts'
export type {
  DateRange,
  Doubt as ResearchDoubt,
  Reference as ReportReference,
  Repair as ReportRepair,
  Report as ResearchReport,
  ReportCitation,
  ReportPart,
  ResearchOutput,
  Status as ReportStatus,
} from './teams/research/shapes.ts'
export type { CodeToolOptions, HostFunction } from './tools/code.ts'
export type { FileToolsOptions } from './tools/files.ts'
export type { Address as HostAddress, HostRules, Resolve as ResolveHost } from './tools/http/guard.ts'
export type { HttpMethod, HttpToolOptions } from './tools/http.ts'
export type { BuiltInToolsConfig } from './tools/index.ts'
export type { SqlToolOptions } from './tools/sql.ts'
export type { SearchFormat as WebSearchFormat } from './tools/web-search/formats.ts'
export type { WebSearchToolOptions } from './tools/web-search.ts'
export { type HttpTransportOptions, httpTransport } from './transports/http.ts'
