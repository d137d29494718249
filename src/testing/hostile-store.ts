import { stateStream } from '../domain/names.ts'
import type { Append, EventLog } from '../ports/event-log.ts'
import type { Membership } from '../ports/membership.ts'
import type { Queue } from '../ports/queue.ts'
import type { StateStore } from '../ports/state-store.ts'
import { HostileConnection } from './hostile/connection.ts'
import { type FaultPlan, seededNumbers } from './hostile/faults.ts'
import { HostileNews } from './hostile/news.ts'
import { HostileWatch } from './hostile/watch.ts'

export type HostileOptions = {
  /** Decides how late each call is and what a dropped connection still commits. Default 1. */
  seed?: number
  /** The faults, by the index of the commit (appends, state writes, forks). Default none. */
  faults?: FaultPlan
  /** Most turns of the event loop that a call is late before it reaches the store, and after. Default 3. */
  turnsMax?: number
}

/** What a test asks of a hostile store. */
export type Hostile = {
  /** How many commits were asked for so far: the indexes at which a fault can be injected. */
  readonly commits: number
  /** Whether the connection is down now. */
  readonly isDown: boolean
  /** Drops the connection now: calls fail and nothing is told until it comes back by itself. */
  drop(): void
  /** Resolves once the connection is up. */
  up(): Promise<void>
}

type Parts = { log: EventLog; state: StateStore; membership: Membership; queue: Queue }

/**
 * Wraps the stores of any kind so that they behave as badly as their ports allow: every call is
 * late, and one commit or several meet a fault. The same seed, plan and calls give the same run.
 * Agents, strategies and stores that pass on it hold with any store that keeps the ports' promises.
 */
export const hostileStores = <S extends Parts>(
  stores: S,
  { seed = 1, faults = () => undefined, turnsMax = 3 }: HostileOptions = {},
): S & { hostile: Hostile } => {
  const connection = new HostileConnection(seededNumbers(seed), faults, turnsMax)
  const news = new HostileNews(stores.log, connection)
  return {
    ...stores,
    log: hostileLog(stores.log, connection, news),
    state: hostileState(stores.state, connection, news),
    membership: hostileMembership(stores.membership, connection),
    queue: hostileQueue(stores.queue, connection),
    hostile: {
      get commits() {
        return connection.commits
      },
      get isDown() {
        return connection.isDown
      },
      drop: () => connection.drop(),
      up: () => connection.up(),
    },
  }
}

/** As the port says: what the caller changes after the call changes nothing. */
const taken = (request: Append): Append => {
  const { events, writes, summary } = request
  const copy = { ...request }
  if (writes !== undefined) copy.writes = structuredClone(writes)
  if (request.handedOver === true) return copy
  copy.events = structuredClone(events)
  if (summary !== undefined) copy.summary = structuredClone(summary)
  return copy
}

const hostileLog = (log: EventLog, connection: HostileConnection, news: HostileNews): EventLog => ({
  ...log,
  async append(request) {
    const copy = taken(request)
    return connection.commit(`append to ${request.stream}`, request.stream, (fault) => {
      if (copy.events.length > 0) news.making(copy.stream, fault)
      return log.append(copy)
    })
  },
  read: (stream, options) => connection.read(`read ${stream}`, () => log.read(stream, options)),
  version: (stream) => connection.read(`read ${stream}`, () => log.version(stream)),
  query: (query) => connection.read('query events', () => log.query(query)),
  runs: (query) => connection.read('list runs', () => log.runs(query)),
  countRuns: (query) => connection.read('count runs', () => log.countRuns(query)),
  run: (id) => connection.read(`read run ${id}`, () => log.run(id)),
  verify: (stream) => connection.read(`verify ${stream}`, () => log.verify(stream)),
  streams: () => connection.read('list streams', () => log.streams()),
  onCommit: (listener) => news.onCommit(listener),
  close: () => log.close(),
})

const hostileState = (state: StateStore, connection: HostileConnection, news: HostileNews): StateStore => ({
  ...state,
  get: (namespace, ...rest) => connection.read(`read ${namespace}`, () => state.get(namespace, ...rest)),
  list: (namespace, ...rest) => connection.read(`list ${namespace}`, () => state.list(namespace, ...rest)),
  history: (namespace, ...rest) =>
    connection.read(`read ${namespace}`, () => state.history(namespace, ...rest)),
  recorded: (namespace, ...rest) =>
    connection.read(`read ${namespace}`, () => state.recorded(namespace, ...rest)),
  sequence: (namespace) => connection.read(`read ${namespace}`, () => state.sequence(namespace)),
  origin: (namespace) => connection.read(`read ${namespace}`, () => state.origin(namespace)),
  async write(writes) {
    const copy = structuredClone(writes)
    return connection.commit('write state', undefined, (fault) => {
      const [first] = copy
      if (first !== undefined) news.making(stateStream(first.namespace), fault)
      return state.write(copy)
    })
  },
  fork: (namespace, options) =>
    connection.commit(`fork ${namespace}`, undefined, () => state.fork(namespace, options)),
  watch: (namespace, pattern, options = {}) =>
    new HostileWatch(state, connection, namespace, pattern, options),
  close: () => state.close(),
})

/** Joining and leaving are not disturbed: a process that cannot join does not begin. */
const hostileMembership = (membership: Membership, connection: HostileConnection): Membership => ({
  ...membership,
  self: membership.self,
  get lapses() {
    return membership.lapses
  },
  beat: () => connection.read('beat', () => membership.beat()),
  members: () => connection.read('list members', () => membership.members()),
  isAlive: (member) => connection.read('look for a member', () => membership.isAlive(member)),
})

const hostileQueue = (queue: Queue, connection: HostileConnection): Queue => ({
  ...queue,
  enqueue: (entry) => connection.read('enqueue', () => queue.enqueue(entry)),
  take: (name, options) => connection.read(`take of ${name}`, () => queue.take(name, options)),
  extend: (lease, visibilityMs) => connection.read('extend a lease', () => queue.extend(lease, visibilityMs)),
  acknowledge: (lease) => connection.read('acknowledge', () => queue.acknowledge(lease)),
  retry: (lease, options) => connection.read('give back a lease', () => queue.retry(lease, options)),
  list: (name, options) => connection.read(`list ${name}`, () => queue.list(name, options)),
})
