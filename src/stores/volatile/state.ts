import { endsAttempt } from '../../domain/attempt.ts'
import { ConcordError } from '../../domain/errors.ts'
import { patternMatcher, patternPrefix } from '../../domain/key-pattern.ts'
import { runStream, stateStream } from '../../domain/names.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Entry, StateLimits, StateStore, WriteOutcome } from '../../ports/state-store.ts'
import { checkName } from '../drafts.ts'
import { byCodePoint } from '../order.ts'
import { frozenEntry, messageBody } from '../state-cell.ts'
import { entryOf, type Held, isThere, provenanceOf, type StateRow } from '../state-change.ts'
import { messageIds, stateChannels } from '../state-channels.ts'
import { type FeedSource, stateFeed, tooManyWatchers } from '../state-feed.ts'
import { checkForkable, type Origin, originsOf } from '../state-fork.ts'
import {
  entryAt,
  fromBefore,
  type HistorySource,
  historyOf,
  keyAt,
  sequenceOf,
  timeAt,
} from '../state-history.ts'
import { recordedOf, recordedWrite } from '../state-operation.ts'
import {
  type Change,
  checkKeys,
  expiryOf,
  isExpired,
  type KeyCount,
  planWrites,
  type StateView,
  streamOf,
} from '../state-plan.ts'
import { type PreparedWrite, prepareWrite } from '../state-write.ts'
import type { VolatileLog } from './log.ts'

type Namespace = {
  cells: Map<string, Held & { entry?: Entry }>
  /** Sorted when listed, after keys were added. */
  keys: string[]
  /** By id, the sequence of its change. */
  operations: Map<string, number>
  origin?: Origin
  counted: KeyCount
}

export type VolatileState = StateStore & { sweep(limit?: number): Promise<number> }

export const volatileState = (parts: {
  log: VolatileLog
  clock: Clock
  random: Random
  limits: StateLimits
}): VolatileState => {
  const { log, clock, random, limits } = parts
  const namespaces = new Map<string, Namespace>()
  const channels = stateChannels()
  const messageId = messageIds(random)
  /** Positions of one store mean nothing in another: nothing of it is ever restored. */
  const incarnation = Buffer.from(random.bytes(8)).toString('latin1')

  const namespaceOf = (name: string): Namespace => {
    let namespace = namespaces.get(name)
    if (!namespace) {
      namespace = { cells: new Map(), keys: [], operations: new Map(), counted: { count: 0, at: 0 } }
      namespaces.set(name, namespace)
    }
    return namespace
  }
  const own = (namespace: string, key: string) => namespaces.get(namespace)?.cells.get(key)
  const head = (namespace: string) => log.rows(stateStream(namespace)).length
  const rowOf = (namespace: string, sequence: number): StateRow | undefined => {
    const row = log.rows(stateStream(namespace))[sequence - 1]
    if (row === undefined) return undefined
    const data =
      row.data === null ? null : 'text' in row.data ? row.data.text : JSON.stringify(row.data.value)
    const { at, type, operation, epoch } = row
    return {
      namespace,
      sequence,
      at,
      type,
      operation,
      provenance: provenanceOf(row, epoch),
      data,
      digest: incarnation,
    }
  }
  const history: HistorySource = {
    held: own,
    origin: (namespace) => namespaces.get(namespace)?.origin,
    head,
    row: rowOf,
    search(namespace, key, before) {
      for (let sequence = before - 1; sequence > 0; sequence--) {
        const data = rowOf(namespace, sequence)?.data
        if (data && JSON.parse(data).key === key) return sequence
      }
      return undefined
    },
    keptFrom: () => 1,
    base: () => undefined,
    timeOf: (namespace, sequence) => log.rows(stateStream(namespace))[sequence - 1]?.at,
  }
  const held = (namespace: string, key: string): (Held & { entry?: Entry }) | undefined => {
    const mine = own(namespace, key)
    if (mine !== undefined || namespaces.get(namespace)?.origin === undefined) return mine
    return fromBefore(history, namespace, key)
  }
  const written = (namespace: string, sequence: number) =>
    recordedWrite(sequence, rowOf(namespace, sequence)?.data ?? null)
  const view: StateView = {
    cell: held,
    recorded(namespace, key, operation) {
      const sequence = namespaces.get(namespace)?.operations.get(operation)
      const row = sequence === undefined ? undefined : rowOf(namespace, sequence)
      return row && recordedOf(row, () => held(namespace, key)?.version ?? 0)
    },
    epoch: (run) => log.epoch(runStream(run)),
    ended({ run, step, since }) {
      const rows = log.rows(runStream(run))
      for (let at = since; at < rows.length; at++) if (endsAttempt(rows[at]!, step)) return rows[at]!.type
      return undefined
    },
    sequence: head,
  }

  const ownKeys = (name: string): readonly string[] => {
    const namespace = namespaces.get(name)
    if (!namespace) return []
    if (namespace.keys.length !== namespace.cells.size)
      namespace.keys = [...namespace.cells.keys()].sort(byCodePoint)
    return namespace.keys
  }
  /** Keys in order, those read through from origins included. */
  const keysOf = (name: string): readonly string[] => {
    const origins = originsOf(history, name)
    if (origins.length === 0) return ownKeys(name)
    const keys = new Set(ownKeys(name))
    for (const { namespace } of origins) for (const key of ownKeys(namespace)) keys.add(key)
    return [...keys].sort(byCodePoint)
  }

  const snapshot: FeedSource['snapshot'] = (namespace, pattern) => {
    const matches = patternMatcher(pattern)
    const now = clock.now()
    const entries: Entry[] = []
    for (const key of keysOf(namespace)) {
      if (!key.startsWith(patternPrefix(pattern)) || !matches(key)) continue
      const found = held(namespace, key)
      if (isThere(found, now)) entries.push(entryOf(found))
    }
    return { sequence: head(namespace), entries }
  }
  const feed = stateFeed(
    {
      head,
      snapshot,
      digest: (namespace, sequence) => (sequence > head(namespace) ? undefined : incarnation),
      read(namespace, after, limit, charsMax) {
        const rows: StateRow[] = []
        let chars = 0
        for (let sequence = after + 1; rows.length < limit; sequence++) {
          const row = rowOf(namespace, sequence)
          if (row === undefined) break
          rows.push(row)
          chars += row.data?.length ?? 0
          if (chars > charsMax) break
        }
        return rows
      },
    },
    {
      watchersMax: limits.watchersMax,
      used: () => feed.size() + channels.size(),
      changed: () => undefined,
    },
  )

  const apply = (change: Change): void => {
    const namespace = namespaceOf(change.namespace)
    log.add(streamOf(change), change.event, change.epoch)
    change.digest = incarnation
    const { key, version, text, expiresAt, event, epoch, sequence } = change
    const provenance = provenanceOf(event, epoch)
    namespace.cells.set(key, { key, version, text, expiresAt, sequence, at: event.at, provenance })
    if (event.operation !== null) namespace.operations.set(event.operation, sequence)
  }

  const recount = (name: string): KeyCount => {
    const namespace = namespaceOf(name)
    let count = 0
    for (const cell of namespace.cells.values()) if (cell.text !== null) count++
    namespace.counted = { count, at: head(name) }
    return namespace.counted
  }
  const decide = (writes: readonly PreparedWrite[]): (() => WriteOutcome[]) => {
    const plan = planWrites(writes, view, clock.now())
    checkKeys(plan.changes, limits, (name) => namespaceOf(name).counted, recount)
    return () => {
      plan.changes.forEach(apply)
      feed.push(plan.changes)
      return plan.outcomes
    }
  }

  const expire = (namespace: string, cell: Held) => {
    const change = expiryOf(namespace, cell.key, cell, clock.now(), head(namespace) + 1)
    apply(change)
    feed.push([change])
    log.announce([stateStream(namespace)])
  }

  /** Nothing is read past its expiry; what is found there is ended on the way. */
  const living = (namespace: string, cell: Held | undefined): Entry | undefined => {
    if (isThere(cell, clock.now())) return entryOf(cell)
    if (cell !== undefined && cell.sequence > 0 && isExpired(cell, clock.now())) expire(namespace, cell)
    return undefined
  }

  const fork: StateStore['fork'] = async (namespace, { from, at, provenance = {} }) => {
    log.checkOpen('fork', from)
    checkName('fork state', 'a namespace', namespace)
    const known = namespaces.get(namespace)?.origin
    const sequence =
      known?.namespace === from && at === undefined
        ? known.sequence
        : sequenceOf(history, from, at === undefined ? { sequence: head(from) } : at)
    if (known?.namespace === from && known.sequence === sequence) return { sequence }
    if (head(namespace) > 0) throw notEmpty(namespace, head(namespace))
    checkForkable(history, namespace, from)
    namespaceOf(namespace).origin = { namespace: from, sequence }
    const { run = null, step = null, agent = null, cause = null, epoch = 0 } = provenance
    const data = JSON.stringify({ namespace, from, sequence })
    log.add(
      stateStream(namespace),
      { type: 'state.forked', at: clock.now(), run, step, agent, cause, operation: null, data },
      epoch,
    )
    feed.poke(namespace)
    log.announce([stateStream(namespace)])
    return { sequence }
  }

  log.onWrites(limits, decide)
  return {
    async get(namespace, key, { at } = {}) {
      log.checkOpen('read', namespace)
      if (at === undefined) return living(namespace, held(namespace, key))
      const found = entryAt(history, namespace, key, at)
      return found && isThere(found.held, found.time) ? entryOf(found.held) : undefined
    },
    peek(namespace, key) {
      log.checkOpen('read', namespace)
      const cell = held(namespace, key)
      if (!isThere(cell, clock.now())) return undefined
      cell.entry ??= frozenEntry(cell)
      return cell.entry
    },
    async recorded(namespace, operation) {
      const sequence = namespaces.get(namespace)?.operations.get(operation)
      return sequence === undefined ? undefined : written(namespace, sequence)
    },
    async write(writes) {
      log.checkOpen('write state')
      const outcomes = decide(writes.map((write) => prepareWrite(write, limits)))()
      const streams = writes.map((write) => stateStream(write.namespace))
      if (outcomes.some((outcome) => outcome.ok)) log.announce([...new Set(streams)])
      return outcomes
    },
    async list(name, { prefix = '', after, limit = Number.POSITIVE_INFINITY, at } = {}) {
      log.checkOpen('list', name)
      const sequence = at === undefined ? undefined : sequenceOf(history, name, at)
      const time = at !== undefined && 'time' in at ? at.time : timeAt(history, name, sequence ?? 0)
      const found: Entry[] = []
      for (const key of keysOf(name)) {
        if (found.length >= limit) break
        if (!key.startsWith(prefix) || (after !== undefined && byCodePoint(key, after) <= 0)) continue
        const then = sequence === undefined ? undefined : keyAt(history, name, key, sequence)
        const entry =
          sequence === undefined
            ? living(name, held(name, key))
            : isThere(then, time)
              ? entryOf(then)
              : undefined
        if (entry) found.push(entry)
      }
      return found
    },
    async history(namespace, key, options = {}) {
      log.checkOpen('read the history of', namespace)
      return historyOf(history, namespace, key, options)
    },
    async sequence(namespace) {
      log.checkOpen('read', namespace)
      return head(namespace)
    },
    watch(namespace, ...given) {
      log.checkOpen('watch', namespace)
      return feed.watch(namespace, ...given)
    },
    async publish(channel, message, provenance = {}) {
      log.checkOpen('publish to', channel)
      channels.deliver(
        channel,
        messageBody({ id: messageId(), channel, message, at: clock.now(), provenance }, limits),
      )
    },
    subscribe(pattern, options) {
      log.checkOpen('subscribe to', pattern)
      if (feed.size() + channels.size() >= limits.watchersMax)
        throw tooManyWatchers(`subscribe to ${pattern}`, limits.watchersMax)
      return channels.subscribe(pattern, options)
    },
    fork,
    async origin(namespace) {
      log.checkOpen('read', namespace)
      return namespaces.get(namespace)?.origin
    },
    async sweep(limit = 1000) {
      let swept = 0
      for (const [name, namespace] of namespaces)
        for (const cell of namespace.cells.values()) {
          if (swept >= limit) return swept
          if (!isExpired(cell, clock.now())) continue
          expire(name, cell)
          swept++
        }
      return swept
    },
    async close() {
      feed.close()
      channels.close()
      await log.close()
    },
  }
}

const notEmpty = (namespace: string, sequence: number): ConcordError =>
  new ConcordError(
    'version.conflict',
    `Cannot make ${namespace} a fork as it must be without changes: it has ${sequence}; choose a new namespace`,
  )
