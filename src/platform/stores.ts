import { ConcordError } from '../domain/errors.ts'
import type { Draft } from '../domain/event.ts'
import type { AnswerStore } from '../models/cache.ts'
import { asked, type BeforeStore, isDenied, type Sink, storeAsIs } from '../policy/before-store.ts'
import type { AuditTrail } from '../ports/audit.ts'
import type { Clock } from '../ports/clock.ts'
import type { Append, EventLog } from '../ports/event-log.ts'
import type { DocumentDraft, KnowledgeStore } from '../ports/knowledge-store.ts'
import { type Logger, silentLogger } from '../ports/logger.ts'
import type { Member } from '../ports/membership.ts'
import type { Queue } from '../ports/queue.ts'
import type { Random } from '../ports/random.ts'
import type { StateLimits, StateStore, StateWrite } from '../ports/state-store.ts'
import type { Stores } from '../stores/stores.ts'
import type { StoresConfig } from './config.ts'

/*
 * The only file that imports the stores (a test reads the sources to see that): whatever is opened here leaves it with `beforeStore`
 * in front, so that no adapter is reachable around it.
 */

export type OpenStores = {
  config: StoresConfig
  clock: Clock
  random: Random
  role?: Member['role']
  /** Limits of shared state. */
  limits?: Partial<StateLimits> | undefined
  beforeStore?: BeforeStore
  /** Told what could not be kept from other users of the machine. */
  logger?: Logger
}

/** Makes a copy of a store another one than the store it is of. */
export const renewStore = async (file: string): Promise<void> => {
  const { renewIncarnation } = await import('../stores/sqlite/incarnation.ts')
  await renewIncarnation(file)
}

const warnOf = (logger: Logger | undefined) =>
  logger === undefined ? {} : { warn: (message: string) => logger.warn({}, message) }

export const openStores = async ({
  config,
  clock,
  random,
  role,
  limits,
  beforeStore = storeAsIs,
  logger,
}: OpenStores): Promise<Stores> => {
  const limited = limits === undefined ? {} : { limits: limitsOf(limits) }
  if (config.open !== undefined) {
    const parts = { clock, random, ...limited, logger: logger ?? silentLogger }
    return guardStores(await config.open(role === undefined ? parts : { ...parts, role }), beforeStore)
  }
  if (config.kind === 'memory') {
    const { volatileStores } = await import('../stores/volatile/stores.ts')
    return guardStores(volatileStores({ clock, random, ...limited }), beforeStore)
  }
  const { sqliteStores } = await import('../stores/sqlite/stores.ts')
  const stores = await sqliteStores({
    directory: config.directory ?? '.concord',
    durability: config.durability ?? 'process',
    clock,
    random,
    ...limited,
    ...warnOf(logger),
    ...(role === undefined ? {} : { role }),
    ...(config.allowNetworkFileSystem === undefined
      ? {}
      : { allowNetworkFileSystem: config.allowNetworkFileSystem }),
  })
  return guardStores(stores, beforeStore)
}

/** Those that were given: an absent one leaves the default. */
const limitsOf = ({ valueBytesMax, keysPerNamespaceMax, watchersMax }: Partial<StateLimits>) => ({
  ...(valueBytesMax === undefined ? {} : { valueBytesMax }),
  ...(keysPerNamespaceMax === undefined ? {} : { keysPerNamespaceMax }),
  ...(watchersMax === undefined ? {} : { watchersMax }),
})

const passed = <R extends object>(beforeStore: BeforeStore, sink: Sink, record: R): R => {
  const result = asked(beforeStore, sink, record)
  if (isDenied(result))
    throw new ConcordError(
      'policy.denied',
      `Cannot store this as the policy denies it: ${result.denied}; change what is stored or the policy`,
    )
  return result
}

/** What the log would hold of a run's summary, or that it is denied. */
export const wouldStore = <R extends object>(beforeStore: BeforeStore | undefined, record: R) =>
  asked(beforeStore ?? storeAsIs, 'log', record)

const guardWrites = (beforeStore: BeforeStore, writes: readonly StateWrite[]): StateWrite[] =>
  writes.map((write) => {
    const passing = passed(beforeStore, 'state', write)
    // What a policy changed (with a salt, say) cannot be compared with what it changed before.
    const { sameSince, ...rest } = passing
    const same = sameSince === undefined || passing.value !== write.value ? {} : { sameSince }
    // A policy changes what is written, not who still may.
    return { ...rest, ...same, ...(write.attempt === undefined ? {} : { attempt: write.attempt }) }
  })

export const guardStores = (stores: Stores, beforeStore: BeforeStore): Stores =>
  beforeStore === storeAsIs
    ? stores
    : {
        ...stores,
        log: guardLog(stores.log, beforeStore),
        state: guardState(stores.state, beforeStore),
        queue: guardQueue(stores.queue, beforeStore),
        ...(stores.audit === undefined ? {} : { audit: guardAudit(stores.audit, beforeStore) }),
      }

/** A policy changes what is stored, not which request an Idempotency-Key belongs to. */
const guardedEvent = (beforeStore: BeforeStore, event: Draft): Draft => {
  const passing = passed(beforeStore, 'log', event)
  if (event.type !== 'run.queued' || passing.type !== 'run.queued') return passing
  const { requested } = event.data
  return requested === undefined ? passing : { ...passing, data: { ...passing.data, requested } }
}

/**
 * Owners of runs ask before they fold an event (`admit`), so that what they tell and continue with is what is stored.
 * What was admitted is appended as it is; what was not asked about is asked about then.
 */
const guardLog = (log: EventLog, beforeStore: BeforeStore): EventLog => {
  const admitted = new WeakSet<Draft>()
  const admit = (draft: Draft): Draft => {
    if (admitted.has(draft)) return draft
    // What an event is, when and of which step is not the policy's to change: the run could not be folded.
    const { type, at, step } = draft
    const { step: _step, ...passing } = guardedEvent(beforeStore, draft)
    const kept = { ...passing, type, at, ...(step === undefined ? {} : { step }) } as Draft
    admitted.add(kept)
    return kept
  }
  return {
    ...log,
    admit,
    async append(request) {
      const guarded: Append = { ...request, events: request.events.map(admit) }
      if (request.writes !== undefined) guarded.writes = guardWrites(beforeStore, request.writes)
      if (request.summary !== undefined) guarded.summary = passed(beforeStore, 'log', request.summary)
      return log.append(guarded)
    },
  }
}

const guardState = (state: StateStore, beforeStore: BeforeStore): StateStore => ({
  ...state,
  write: async (writes) => state.write(guardWrites(beforeStore, writes)),
  async fork(namespace, options) {
    const { namespace: target, ...rest } = passed(beforeStore, 'state', { namespace, ...options })
    return state.fork(target, rest)
  },
  async publish(channel, message, provenance) {
    // Never stored, yet it leaves the process like what is.
    const passing = passed(beforeStore, 'state', { channel, message, provenance })
    await state.publish(passing.channel, passing.message, passing.provenance)
  },
})

const guardQueue = (queue: Queue, beforeStore: BeforeStore): Queue => ({
  ...queue,
  enqueue: async (entry) => queue.enqueue(passed(beforeStore, 'queue', entry)),
})

const guardAudit = (audit: AuditTrail, beforeStore: BeforeStore): AuditTrail => ({
  ...audit,
  erase: async (ranges, runs, record) => audit.erase(ranges, runs, passed(beforeStore, 'log', record)),
  drop: async (streams, runs, record) => audit.drop(streams, runs, passed(beforeStore, 'log', record)),
  dropState: async (namespace, to, { positions, record }) =>
    audit.dropState(namespace, to, {
      positions,
      record: (dropped) => passed(beforeStore, 'log', record(dropped)),
    }),
})

/** Knowledge in its own file beside the other stores; `memory` is gone with the process. */
export const openKnowledgeStore = async ({
  config,
  clock,
  beforeStore = storeAsIs,
  logger,
}: Pick<OpenStores, 'config' | 'clock' | 'beforeStore' | 'logger'>): Promise<KnowledgeStore> => {
  if (config.openKnowledge !== undefined) {
    const store = await config.openKnowledge({ clock, logger: logger ?? silentLogger })
    return guardKnowledge(store, beforeStore)
  }
  if (config.kind === 'memory') {
    const { volatileKnowledge } = await import('../stores/volatile/knowledge.ts')
    return guardKnowledge(volatileKnowledge({ clock }), beforeStore)
  }
  const { sqliteKnowledge } = await import('../stores/sqlite/knowledge/store.ts')
  const store = await sqliteKnowledge({
    directory: config.directory ?? '.concord',
    durability: config.durability ?? 'process',
    clock,
    ...warnOf(logger),
    ...(config.allowNetworkFileSystem === undefined
      ? {}
      : { allowNetworkFileSystem: config.allowNetworkFileSystem }),
  })
  return guardKnowledge(store, beforeStore)
}

/** What the policy sees is the document; what it changes is cut into chunks and words again, so that nothing of the original is stored. */
const guardedDraft = async (
  namespace: string,
  draft: DocumentDraft,
  beforeStore: BeforeStore,
): Promise<DocumentDraft> => {
  const { hash: _hash, bands: _bands, titleTerms: _terms, chunks: _chunks, ...record } = draft
  const { namespace: _namespace, ...passing } = passed(beforeStore, 'knowledge', { namespace, ...record })
  const { draftOf } = await import('../memory/knowledge/draft.ts')
  return draftOf(passing)
}

export const guardKnowledge = (store: KnowledgeStore, beforeStore: BeforeStore): KnowledgeStore =>
  beforeStore === storeAsIs
    ? store
    : {
        ...store,
        put: async (namespace, draft) =>
          store.put(namespace, await guardedDraft(namespace, draft, beforeStore)),
        addVectors: async (namespace, embedder, vectors) =>
          store.addVectors(
            namespace,
            embedder,
            vectors.map((vector) => passed(beforeStore, 'knowledge', { namespace, embedder, ...vector })),
          ),
      }

/** Answers of models that are kept, in memory or in a store of the user's. A denied one is not kept. */
export const guardAnswers = (answers: AnswerStore, beforeStore: BeforeStore): AnswerStore =>
  beforeStore === storeAsIs
    ? answers
    : {
        get: (key) => answers.get(key),
        set(key, answer) {
          const record = asked(beforeStore, 'cache', { key, answer })
          if (!isDenied(record)) return answers.set(key, record.answer)
        },
      }

/** How deep a log record is looked into for errors. */
const plainDepthMax = 6

/** Errors as plain JSON with their text and causes: a policy that walks a record sees all that a logger would print. */
const plain = (value: unknown, depth = 0): unknown => {
  if (typeof value !== 'object' || value === null || depth > plainDepthMax) return value
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  if (!(value instanceof Error)) {
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field, depth + 1)]))
  }
  const { name, message, stack, cause, ...rest } = value
  const own = plain({ ...rest }, depth + 1) as object
  const because = cause === undefined ? {} : { cause: plain(cause, depth + 1) }
  return { name, message, ...own, ...(stack === undefined ? {} : { stack }), ...because }
}

/**
 * The logger is a sink like the others: a denied record is dropped. Agents and tools are given this
 * object, which leads to no other part of the logger.
 */
export const guardLogger = (logger: Logger, beforeStore: BeforeStore): Logger => {
  if (logger === silentLogger) return logger
  const guarded = (level: keyof Logger): Logger[typeof level] => {
    if (beforeStore === storeAsIs) return (...given) => logger[level](...given)
    return (fields, message) => {
      const plainFields = plain({ ...fields }) as object
      const record = asked(beforeStore, 'logger', {
        ...plainFields,
        ...(message === undefined ? {} : { message }),
      })
      if (!isDenied(record)) logger[level](record)
    }
  }
  return Object.freeze({
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error'),
  })
}
