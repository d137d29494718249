/**
 * The stores of this package, to build your own on: see `stores.open` of the config, and the guide
 * to extending.
 */

export type { Attempt as StepAttempt } from '../domain/attempt.ts'
export type { Draft } from '../domain/event.ts'
export type { TermSequence } from '../domain/text/term-sequence.ts'
export type {
  AgedState,
  AuditSnapshot,
  AuditTrail,
  EventRecord,
  PlacedEvent,
  RecordQuery,
  StateAge,
  WalkedCommits,
  WalkedStream,
} from '../ports/audit.ts'
export type { Append, Appended, Commit, EventLog, EventQuery } from '../ports/event-log.ts'
export type {
  ChunkDraft,
  DocumentDraft,
  KnowledgeStore,
  LexicalCandidate,
  LexicalCandidates,
  StoredChunk,
  VectorCandidate,
  VectorDraft,
} from '../ports/knowledge-store.ts'
export type {
  Claim,
  LiveEntry,
  LiveListOptions,
  LiveOutcome,
  LiveStateStore,
  LiveWatchOptions,
  LiveWrite,
} from '../ports/live-state.ts'
export type { Member, Membership } from '../ports/membership.ts'
export type { EntryState, Lease, Queue, QueuedEntry, QueueEntry, QueueStats } from '../ports/queue.ts'
export type { ForkState, RecordedWrite, StateStore, StateWrite } from '../ports/state-store.ts'
export type { ChunkVector, VectorIndex, VectorSpace } from '../ports/vector-index.ts'
export { type SqliteKnowledgeOptions, sqliteKnowledge } from './sqlite/knowledge/store.ts'
export type { Warn } from './sqlite/permissions.ts'
export { type SqliteOptions, type SqliteStores, sqliteStores } from './sqlite/stores.ts'
export type { Stores } from './stores.ts'
export { vectorsElsewhere } from './vectors/elsewhere.ts'
export { volatileKnowledge as memoryKnowledge } from './volatile/knowledge.ts'
export { volatileStores as memoryStores } from './volatile/stores.ts'
