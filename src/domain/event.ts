import type { Amount, Ask, Limits } from './budget.ts'
import type { Redo } from './check.ts'
import type { Checkpoint, DroppedStream, VersionRange } from './checkpoint.ts'
import type { Failure } from './errors.ts'
import type { Goal } from './goal.ts'
import type { SpreadItem } from './item.ts'
import type { Json } from './json.ts'
import type { Label } from './labels.ts'
import type { Step } from './plan.ts'
import type { Principal } from './principal.ts'
import type { Recalled } from './recall.ts'
import type { TraceContext } from './trace-context.ts'

/** What a waiting step waits for; `name` tells apart several of one step. `until` is an instant (ms since the epoch). */
export type Wait = {
  for: 'approval' | 'answer' | 'signal' | 'timer' | 'child' | 'message'
  name: string
  prompt?: string
  until?: number
  run?: string
  /** What a decision must name: SHA-256 of everything a person is shown and of where it would happen. */
  hash?: string
  /** The agent that asks. */
  agent?: string
  /** What will be called, or done, with the whole of its input. */
  tool?: string
  input?: Json
  /** The call's id in the step's journal; absent in runs of 0.1, where it is the name. */
  call?: string
}

export type SignalKind =
  | 'cancel'
  | 'pause'
  | 'resume'
  | 'approve'
  | 'reject'
  | 'answer'
  | 'signal'
  | 'message'
  | 'child'
  | 'budget'

/** What arrives in a run's inbox. `step` and `name` say which wait it is for; neither: whichever fits. */
export type Signal = {
  kind: SignalKind
  step?: string
  name?: string
  value?: Json
  /** Who sent it: who was authenticated, never the word of a caller. */
  by?: string
  /** Who a caller over HTTP says it is: recorded, not believed. */
  claimedBy?: string
  run?: string
  /** The hash of the wait that is decided: an approval, a rejection or an answer counts for no other. */
  hash?: string
}

/** What a step's closing event lists as read: state keys with their version, documents with their span. */
export type Read = { key: string; version: number } | { document: string; start: number; end: number }

export type Forked = { run: string; version: number }
/**
 * `key` is the idempotency key of the execution that started the child: a redone step has another. `ceiling`: how far the child's
 * limits may be raised when it is short; absent in runs that do not ask.
 */
export type Parent = { run: string; step: string; key?: string; ceiling?: Limits }

type Closing = { plan: number; redo: number; reads?: Read[] }

/** Data of each type of event: the only list of types there is. */
export type EventData = {
  'run.queued': {
    goal: Goal
    strategy: string
    parent?: Parent
    depth: number
    forkedFrom?: Forked
    /** Of what the team can do here: agents, their inputs and tools. */
    teamDigest?: string
    recalled?: Recalled
    /** Folders and files that its tools may read beside those of the configuration: named by who started it. */
    readable?: string[]
    /** Of a child run that executes one item of its parent's spread step. */
    item?: SpreadItem
    /** Calls of its steps are known by their content; absent in runs of 0.1, which know them by order. */
    journal?: 'content'
    /** What it begins with: of its parent, or of what woke it. */
    labels?: Label[]
    /** No person can answer what its tools ask by default: it came by a wake, or from a command without terminal. */
    unattended?: true
    /** Keyed digest of the request, where it came with an Idempotency-Key (docs/decisions/0030). */
    requested?: string
    /** Who asked; of a child run who asked for its parent. Absent: unknown, as in runs of 0.1. */
    principal?: Principal
    /** Its place in a distributed trace; absent in runs of 0.1. */
    trace?: TraceContext
  }
  'run.started': Record<string, never>
  'run.claimed': { owner: string; epoch: number }
  'run.waiting': { for: Wait[]; until?: number }
  'run.resumed': { by: string }
  'run.suspended': { reason: string; by: string }
  'run.succeeded': { output: Json; reasons?: string[] }
  'run.failed': { failure: Failure; reasons: string[] }
  'run.cancelled': { reason: string; by?: string }
  'plan.proposed': { version: number; steps: Step[]; reason?: string }
  'plan.rejected': { version: number; reasons: string[]; by: 'code' | 'model' | 'run' }
  'plan.accepted': { version: number }
  'step.scheduled': { plan: number; redo: number; items: number; state?: { [key: string]: Json } }
  /** `task`: the work itself, where it is not a step of a plan. */
  'step.started': {
    plan: number
    redo: number
    attempt: number
    state?: { [key: string]: Json }
    task?: Step
  }
  /** Owners died while it was under way, as often as said and with nothing of it recorded between: now it is executed alone. */
  'step.suspected': { plan: number; redo: number; attempt: number; losses: number }
  /** `state`: what its references name, as it was when a person was asked: what is approved is done. */
  'step.waiting': { plan: number; redo: number; wait: Wait; state?: { [key: string]: Json } }
  /** `parallel`, here and of models and tools: calls of this execution overlapped. */
  'step.recorded': { call: string; name: string; value?: Json; failure?: Failure; parallel?: true }
  /** `writes`: of an item of a spread step, the state writes that its parent commits with the result. */
  'step.succeeded': Closing & { output: Json; ms: number; writes?: Json }
  'step.failed': Closing & { failure: Failure; attempt: number; retryAt?: number }
  'step.skipped': { plan: number; reason: string }
  'step.redone': { plan: number; redo: number; feedback?: string }
  'model.called': {
    call: string
    attempt: number
    model: string
    turn: number
    messages: Json[]
    bound?: Amount
  }
  'model.answered': {
    call: string
    attempt: number
    model: string
    answer?: Json
    failure?: Failure
    tokens: number
    money: number
    /** Of its tokens, those that the provider read from its cache of prompts. */
    cachedTokens?: number
    ms: number
    parallel?: true
    /**
     * The identical call whose answer or failure this one shares: it was made once and paid once.
     */
    shared?: { step: string; call: string }
  }
  'tool.called': { call: string; tool: string; input: Json; permission: string }
  /** The run has read something private or untrusted for the first time, other than by a tool. */
  'labels.raised': { labels: Label[]; by: string }
  'tool.answered': {
    call: string
    tool: string
    output?: Json
    failure?: Failure
    ms: number
    parallel?: true
  }
  /** What code keeps in mind, or has seen. */
  'scratchpad.noted': {
    call: string
    kind: 'pinned' | 'observed'
    text: string
    /** Characters that are left out of the text. */
    omittedChars?: number
    /** The bound is reached: what is noted after it is not recorded. */
    last?: true
  }
  /** Messages `from` to `to` (exclusive) of the step's conversation were replaced by one, from the call of the model that follows on. */
  'scratchpad.compacted': {
    call: string
    turn: number
    from: number
    to: number
    message: Json
    by: 'rule' | 'model'
    tokens: { before: number; after: number }
  }
  'check.met': { by: string; reasons: string[]; summary?: Json }
  'check.unmet': { by: string; reasons: string[]; redo?: Redo[] }
  'state.changed': {
    namespace: string
    key: string
    version: number
    /** The sequence of the key's change before this one; 0 when that is in the origin of a fork. */
    previous?: number
    value?: Json
    deleted?: true
    /** What was added to make this value. */
    increment?: number
    expiresAt?: number
    operation?: string
    /** What the writer made of it, for when the operation is repeated. */
    result?: Json
  }
  'state.expired': { namespace: string; key: string; version: number; previous?: number }
  'state.forked': { namespace: string; from: string; sequence: number }
  /** `raised`: of a child run that was short and asked. */
  'budget.reserved': { key: string; amount: Amount; raised?: true }
  /** The run is short, and asks its parent to raise its limits so far. */
  'budget.asked': Ask
  /** `child`: what a child run spent, which no call of this run tells of. */
  'budget.settled': { key: string; amount: Amount; child?: string }
  'budget.exhausted': { limit: string; allowed: number; used: number; asked: number; child?: string }
  /** `key` is in the inbox only: by it a signal is found whose sender had no answer. */
  'signal.received': { inbox: number; signal: Signal; key?: string }
  /** Somebody wrote between reading and writing (`theirs`), and this is what was written in the end. Values of great length are in the state's own log only. */
  'conflict.resolved': {
    namespace: string
    key: string
    by: 'retry' | 'mediator'
    mediator?: string
    attempts: number
    theirs: { value?: Json; version: number; at?: number; provenance: Json }
    resolution: { value?: Json; version: number; at?: number; provenance: Json }
  }
  'audit.checkpointed': Checkpoint
  'audit.erased': { reason: string; ranges: VersionRange[] }
  'audit.dropped': { reason: string; streams: DroppedStream[] }
}

export type EventType = keyof EventData

type DraftOf<T extends EventType> = {
  type: T
  data: EventData[T]
  /** Milliseconds since the epoch, from the clock of who appended it. */
  at: number
  run?: string
  /** Step id, `{step}/{index}` for an item of forEach; `$plan`, `$check`, `$feasible` for the run's own agents. */
  step?: string
  agent?: string
  /** The id of the event this one follows from. */
  cause?: string
}

type EnvelopeOf<T extends EventType> = DraftOf<T> & {
  /** `{stream}@{version}`. */
  id: string
  stream: string
  /** 1, 2, 3 ... within the stream. */
  version: number
  /** Order of commit over all streams of one store; gaps are possible. */
  position: number
  epoch: number
}

/** An event before the log has given it its place. */
export type Draft = { [T in EventType]: DraftOf<T> }[EventType]

/** An event as the log holds it. */
export type Event = { [T in EventType]: EnvelopeOf<T> }[EventType]

export type EventOf<T extends EventType> = Extract<Event, { type: T }>

export const eventId = (stream: string, version: number): string => `${stream}@${version}`
