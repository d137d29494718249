export type { AgentContext } from './agent/context.ts'
export { type AgentDefinition, type AnyAgent, agent, type Evidence } from './agent/define.ts'
export type { Action, Learned, Observation, Proposal, Reasoner } from './agent/loop.ts'
export { withJsonSchema } from './agent/told-schema.ts'
export type { AgentCard, Role } from './domain/agent.ts'
export type { Limits } from './domain/budget.ts'
export type { Redo, Verdict } from './domain/check.ts'
export { ConcordError, type ErrorCode, type Failure } from './domain/errors.ts'
export type { Event, EventOf, EventType, Signal, Wait } from './domain/event.ts'
export type { Goal } from './domain/goal.ts'
export type { Json, JsonObject } from './domain/json.ts'
export type { Plan, Step } from './domain/plan.ts'
export type { RunStatus, RunSummary } from './domain/summary.ts'
export type { AgentMemory, RunLog } from './memory/agent-memory.ts'
export { type Seen, whatAgentsSaw, whatModelsSaw } from './memory/conversation.ts'
export type { Key, KeyState, MergeOptions, MergeResult, SetOptions, State } from './memory/state.ts'
export { key } from './memory/state-keys.ts'
export { type Difference, type MergeConflict, unresolved } from './memory/state-merge.ts'
export type { Transaction } from './memory/state-transaction.ts'
export type { Conflict, OnConflict } from './memory/state-update.ts'
export type { SubjectMemory } from './memory/subject.ts'
export { type TeamDefinition, team } from './orchestration/team.ts'
export type { Bounds } from './orchestration/team-shape.ts'
export { type PlanFunction, type PlanWriter, plan, type StepHandle } from './orchestration/typed-plan.ts'
export type { Given, Ref } from './orchestration/typed-reference.ts'
export { type Audit, openAudit } from './platform/audit.ts'
export { type Concord, type GoalRequest, type OpenOptions, openConcord } from './platform/concord.ts'
export { type ConcordConfig, defineConfig } from './platform/config.ts'
export type { Delta } from './platform/run/deltas.ts'
export type { Meant, Remark, RunHandle, Until } from './platform/run/handle.ts'
export type { RunView } from './platform/run/view.ts'
export type { OpenWait } from './platform/run/waits.ts'
export type { BeforeStore, Sink } from './policy/before-store.ts'
export type { Policy } from './policy/decide.ts'
export type { AiSdkModel, Model, ModelAnswer, ModelRequest, Models } from './ports/model.ts'
export type { JsonSchema, Schema } from './ports/schema.ts'
export type {
  Entry,
  Message,
  Provenance,
  StateChange,
  StateNews,
  StateResync,
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
export type { WakeOn } from './runtime/wake-on.ts'
export { type Listening, type ServeOptions, serve } from './serve.ts'
export type { ResearchOutput } from './teams/research/shapes.ts'
export type {
  Citation,
  CitedClaim,
  CitedReport,
  CitedSource,
  ClaimForm,
  ClaimVerdict,
  ClauseVerdict,
  Fault,
  FaultKind,
  SecondOpinion,
  Verification,
} from './verification/claims.ts'
export { type Judge, type JudgeQuestion, verifyWithJudge } from './verification/judge.ts'
export { type VerifyOptions, verifyClaims } from './verification/verify.ts'
