import { ConcordError } from '../../domain/errors.ts'
import { patternMatcher, patternPrefix } from '../../domain/key-pattern.ts'
import type { Clock } from '../../ports/clock.ts'
import type { LiveEntry, LiveListOptions, LiveStateStore } from '../../ports/live-state.ts'
import type { HistoryOptions, StateChange, StateLimits } from '../../ports/state-store.ts'
import { staleEpoch } from '../drafts.ts'
import { frozenEntry } from '../state-cell.ts'
import { dataOf, entryOf, type Held, isThere, newsOfRow, type StateRow } from '../state-change.ts'
import { type Feed, stateFeed } from '../state-feed.ts'
import { recordedWrite } from '../state-operation.ts'
import { type Change, checkKeys, expiryOf, isExpired, type KeyCount } from '../state-plan.ts'
import { positionIn } from '../state-position.ts'
import { checkedClaim, checkLive, planLive, prepareLive } from './plan.ts'
import type { LiveTables } from './tables.ts'

export type LiveParts = {
  tables: LiveTables
  clock: Clock
  limits: StateLimits
  /** Runs work in one transaction. What it returns to be called is called once that is durable. */
  commit<T>(work: () => Committed<T>): Promise<T>
  /** Several reads of one moment. Throws `store.closed`. */
  read<T>(action: string, work: () => T): T
  /** The first watch came, or the last one left. */
  watched?(size: number): void
  close(): Promise<void>
}

export type Committed<T> = { result: T; changes: readonly Change[] }

export type LiveStore = LiveStateStore & {
  /** Another process may have committed, or what was held is gone. */
  lookAgain(): void
}

const pageRows = 256
const historyDefault = 100

/** What every live store does the same way, over what it keeps. */
export const liveStore = (parts: LiveParts): LiveStore => {
  const { tables, clock, limits, read } = parts
  let counts = new Map<string, KeyCount>()
  /** As last seen: a position is of the incarnation that its watch was told of. */
  let known = read('open live state', () => tables.incarnation())

  const stamped = (held: Held & { text: string }): LiveEntry => ({ ...entryOf(held), incarnation: known })

  function* living(namespace: string, prefix: string, after: string): Generator<Held & { text: string }> {
    const now = clock.now()
    for (let last = after; ; ) {
      const page = tables.page(namespace, { prefix, after: last }, pageRows)
      for (const held of page) if (isThere(held, now)) yield held
      if (page.length < pageRows) return
      last = page.at(-1)!.key
    }
  }

  const rowsAfter = (namespace: string, after: number, limit: number, charsMax: number): StateRow[] => {
    const rows: StateRow[] = []
    let chars = 0
    for (const row of tables.rows(namespace, after, limit)) {
      rows.push({ ...row, digest: known })
      chars += row.data?.length ?? 0
      if (chars > charsMax) break
    }
    return rows
  }

  const feed: Feed = stateFeed(
    {
      head: (namespace) => read(`watch ${namespace}`, () => tables.head(namespace)),
      read: (namespace, after, limit, charsMax) =>
        read(`watch ${namespace}`, () => rowsAfter(namespace, after, limit, charsMax)),
      // Of every sequence, those that are no longer kept included: the mark says which life it is of.
      digest: () => known,
      snapshot: (namespace, pattern) =>
        read(`watch ${namespace}`, () => {
          const matches = patternMatcher(pattern)
          const entries = [...living(namespace, patternPrefix(pattern), '')].filter(({ key }) => matches(key))
          return { sequence: tables.head(namespace), entries: entries.map(entryOf) }
        }),
    },
    {
      watchersMax: limits.watchersMax,
      used: () => feed.size(),
      changed: (size) => parts.watched?.(size),
    },
  )

  /** True when what was held is gone since it was last looked at. */
  const isLost = (): boolean => {
    const now = tables.incarnation()
    if (now === known) return false
    known = now
    counts = new Map()
    return true
  }

  const commit = async <T>(work: () => Committed<T>): Promise<T> => {
    const { result, changes, lost } = await parts.commit(() => {
      const lost = isLost()
      const { result, changes } = work()
      for (const change of changes) {
        change.digest = known
        tables.apply(change)
      }
      for (const namespace of new Set(changes.map((change) => change.namespace))) tables.prune(namespace)
      return { result: { result, changes, lost }, changes }
    })
    if (lost) feed.startOver()
    feed.push(changes)
    return result
  }

  const recount = (namespace: string): KeyCount => {
    const counted = { count: tables.keys(namespace), at: tables.head(namespace) }
    counts.set(namespace, counted)
    return counted
  }

  const historyOf = (
    namespace: string,
    key: string,
    { before = Number.MAX_SAFE_INTEGER, limit = historyDefault }: HistoryOptions,
  ): StateChange[] => {
    const found: StateChange[] = []
    for (let sequence = tables.cell(namespace, key)?.sequence ?? 0; sequence > 0 && found.length < limit; ) {
      const [row] = tables.rows(namespace, sequence - 1, 1)
      if (row === undefined || row.sequence !== sequence) break
      const news = sequence < before ? newsOfRow(row) : undefined
      if (news !== undefined) found.push(news)
      sequence = dataOf(row)?.previous ?? 0
    }
    return found
  }

  const get = (namespace: string, key: string): (Held & { text: string }) | undefined => {
    const held = tables.cell(namespace, key)
    return isThere(held, clock.now()) ? held : undefined
  }

  /** Reads after looking whether what is held is still of the incarnation that it is stamped with. */
  const look = <T>(action: string, work: () => T): T => {
    let lost = false
    const result = read(action, () => {
      lost = isLost()
      return work()
    })
    if (lost) feed.startOver()
    return result
  }

  return {
    async get(namespace, key) {
      checkLive('read', namespace)
      return look(`read ${namespace} ${key}`, () => {
        const held = get(namespace, key)
        return held && stamped(held)
      })
    },
    peek(namespace, key) {
      checkLive('read', namespace)
      return look(`read ${namespace} ${key}`, () => {
        const held = get(namespace, key)
        return held && Object.freeze({ ...frozenEntry(held), incarnation: known })
      })
    },
    async write(writes) {
      const prepared = prepareLive(writes, limits)
      return commit(() => {
        const { changes, outcomes } = planLive(prepared, tables, clock.now())
        checkKeys(changes, limits, (name) => counts.get(name) ?? { count: 0, at: 0 }, recount)
        return { result: outcomes, changes }
      })
    },
    async recorded(namespace, operation) {
      checkLive('read', namespace)
      const row = look(`read ${namespace}`, () => tables.operation(namespace, operation))
      return row && recordedWrite(row.sequence, row.data)
    },
    async list(namespace, { prefix = '', after = '', limit }: LiveListOptions = {}) {
      checkLive('list', namespace)
      return look(`list ${namespace}`, () => {
        const entries: LiveEntry[] = []
        for (const held of living(namespace, prefix, after)) {
          if (limit !== undefined && entries.length >= limit) break
          entries.push(stamped(held))
        }
        return entries
      })
    },
    async history(namespace, key, options = {}) {
      checkLive('read the history of', namespace)
      return look(`read the history of ${namespace} ${key}`, () => historyOf(namespace, key, options))
    },
    watch(namespace, pattern, options = {}) {
      checkLive('watch', namespace)
      checkSince(namespace, options.since)
      look(`watch ${namespace}`, () => undefined)
      return feed.watch(namespace, pattern, options)
    },
    async claim(given) {
      const claim = checkedClaim(given)
      await commit(() => {
        const held = tables.claimed(claim.run) ?? 0
        if (held > claim.epoch) throw staleEpoch(`claim run ${claim.run}`, claim.epoch, held)
        if (held < claim.epoch) tables.claim(claim)
        return { result: undefined, changes: [] }
      })
    },
    async release(given) {
      const { run, epoch } = checkedClaim(given)
      await commit(() => {
        if ((tables.claimed(run) ?? 0) <= epoch) tables.release(run)
        return { result: undefined, changes: [] }
      })
    },
    incarnation: async () => look('read the incarnation', () => known),
    async sweep(limit = 1000) {
      const now = clock.now()
      // Looked at first without the lock that writers wait for.
      if (look('look for expired keys', () => tables.due(now, 1)).length === 0) return 0
      return commit(() => {
        const heads = new Map<string, number>()
        const changes: Change[] = []
        for (const [namespace, key] of tables.due(now, limit)) {
          const cell = tables.cell(namespace, key)
          if (cell === undefined || !isExpired(cell, now)) continue
          const sequence = (heads.get(namespace) ?? tables.head(namespace)) + 1
          heads.set(namespace, sequence)
          changes.push(expiryOf(namespace, key, cell, now, sequence))
        }
        return { result: changes.length, changes }
      })
    },
    lookAgain() {
      let lost = false
      read('look for changes', () => {
        lost = isLost()
      })
      if (lost) feed.startOver()
      else feed.pokeAll()
    },
    async close() {
      feed.close()
      await parts.close()
    },
  }
}

/** Throws `input.invalid` for what no watch of live state returned. */
const checkSince = (namespace: string, since: string | undefined): void => {
  if (since === undefined) return
  const isMarked = typeof since === 'string' && positionIn(namespace, since).mark !== ''
  if (isMarked) return
  throw new ConcordError(
    'input.invalid',
    `Cannot watch ${namespace} as since is the position of a watch of live state: ${JSON.stringify(since)}; give the position that the watch had, or leave it out`,
  )
}
