import { ConcordError, errorTable } from './domain/errors.ts'
import type { Event, SignalKind, Wait } from './domain/event.ts'
import type { Goal } from './domain/goal.ts'
import type { Json, JsonObject } from './domain/json.ts'
import { finalStatuses, type RunStatus, statusOf } from './domain/summary.ts'
import { messagesOf } from './stores/http/messages.ts'
import {
  checkAnswer,
  errorOfProblem,
  pause,
  sentSecrets,
  serverAddress,
  unreachable,
} from './stores/http/request.ts'

export type { Event } from './domain/event.ts'
export type { Json } from './domain/json.ts'
export { narrate } from './domain/narrative.ts'
export { referencesIn } from './domain/reference.ts'
export type { RunStatus } from './domain/summary.ts'
export { traceOf } from './domain/trace.ts'
export type { Trace, TraceKind, TraceNode, TraceStatus } from './domain/trace-node.ts'
export { visible } from './domain/visible.ts'
export type { AgentMemory, RunLog } from './memory/agent-memory.ts'
export { type RemoteMemoryOptions, remoteMemory } from './remote/memory.ts'
export { type RemoteStateOptions, remoteState } from './remote/state.ts'

/*
 * Talks to `concord serve` with nothing but fetch: for Node, Deno, Bun and browsers.
 */

export type ClientOptions = {
  /** Where the server is, `http://127.0.0.1:4270`; that of its memory (`.../memory`) means the same server. */
  url: string
  token?: string
  fetch?: typeof fetch
}

export type ClientGoal = Omit<Goal, 'text' | 'team'> & { goal: string; team?: string }

/** `success` with the output, or a run that is not over: it waits for somebody, or was only to be started. */
export type Answer =
  | { status: 'success'; output: Json; runId: string }
  | { status: RunStatus; runId: string; waits?: (Wait & { step: string })[] }

export type Delta = { type: 'delta'; run: string; step: string; agent: string; text: string }

export type ConcordClient = {
  /**
   * Hands over a goal and waits for the answer, however long it takes. The same `key` is the same
   * run. Throws the run's failure.
   */
  goal(goal: ClientGoal | string, options?: { key?: string; signal?: AbortSignal }): Promise<Answer>
  /** Hands over a goal and returns the run's id at once. */
  start(goal: ClientGoal | string, options?: { key?: string; signal?: AbortSignal }): Promise<string>
  /** What `GET` answers at a path: `/runs`, `/runs/{id}`, `/runs/{id}/trace`, `/teams`, `/agents`. */
  get<T = JsonObject>(path: string): Promise<T>
  /** Events of a run until it is over; continues behind the last one when the connection breaks. With `deltas`, what models write as well. */
  events(run: string, options?: FollowRun & { deltas?: false }): AsyncGenerator<Event>
  events(run: string, options: FollowRun & { deltas: true }): AsyncGenerator<Event | Delta>
  /**
   * Which runs have new events, of all runs, from now on; `resync` when lists must be read again: after the connection broke.
   * Ends when `signal` is aborted.
   */
  changes(options?: { signal?: AbortSignal }): AsyncGenerator<Changes>
  signal(run: string, kind: Exclude<SignalKind, 'child' | 'budget'>, body?: JsonObject): Promise<void>
  /** The id of a new run that continues from an event of this one. */
  fork(run: string, options?: { at?: number; params?: JsonObject; goal?: string }): Promise<string>
}

export type Changes = { runs: string[]; resync?: true }

export type FollowRun = { after?: number; deltas?: boolean; signal?: AbortSignal }

/** About a minute in all. */
const reconnectsMax = 16
const reconnectMs = 100
const reconnectMsMax = 4_000
/**
 * How long one request waits: fetch gives up when the first byte takes 300 s, and proxies often
 * earlier.
 */
const waitSeconds = 50

/** The key where the caller names none: repeated requests of one goal must stay one run. */
const ownKey = (): string =>
  `client-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`

/** Problem details (RFC 9457) as the error they were on the server. */
const errorOf = async (response: Response, sent: Record<string, string>): Promise<ConcordError> =>
  errorOfProblem(await response.text(), response.status, response.url, sentSecrets(sent))

export const concordClient = (options: ClientOptions): ConcordClient => {
  const { token, fetch: send = fetch } = options
  const url = serverAddress(options.url)
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }

  const request = async (path: string, init: RequestInit, headers: Record<string, string> = {}) => {
    const response = await send(url + path, { ...init, headers: { ...authorization, ...headers } }).catch(
      (error) => {
        if (init.signal?.aborted) throw error
        throw unreachable(url + path, error, sentSecrets(authorization))
      },
    )
    if (!response.ok) throw await errorOf(response, authorization)
    checkAnswer(response, sentSecrets(authorization))
    return response
  }
  const posted = (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ) => {
    const init = { method: 'POST', body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) }
    return request(path, init, { 'content-type': 'application/json', ...headers })
  }
  const post = async <T>(...of: Parameters<typeof posted>): Promise<T> => (await posted(...of)).json() as T
  const pathOf = (run: string, rest: string) => `/runs/${encodeURIComponent(run)}${rest}`
  const bodyOf = (goal: ClientGoal | string) => (typeof goal === 'string' ? { goal } : goal)
  const keyed = (key: string | undefined): Record<string, string> =>
    key === undefined ? {} : { 'idempotency-key': key }

  async function* events(run: string, { after = 0, deltas = false, signal }: FollowRun = {}) {
    let last = after
    for (let failures = 0; ; ) {
      try {
        const init = signal === undefined ? {} : { signal }
        const headers = { accept: 'text/event-stream', 'last-event-id': String(last) }
        const response = await request(pathOf(run, '/events'), init, headers)
        if (response.status === 204) return
        for await (const { event, data } of messagesOf(response)) {
          failures = 0
          if (event === 'delta' && deltas) yield { type: 'delta', ...(JSON.parse(data) as object) } as Delta
          if (event === '' || event === 'delta' || event === 'problem') continue
          const read = JSON.parse(data) as Event
          last = read.version
          yield read
          const status = statusOf(read.type)
          if (status !== undefined && finalStatuses.has(status)) return
        }
        // A server that stops ends its streams: the next one is there in a moment.
        await pause(reconnectMs)
      } catch (error) {
        if (signal?.aborted) throw error
        if (error instanceof ConcordError && !errorTable[error.code].retryable) throw error
        if (++failures > reconnectsMax) throw error
        await pause(Math.min(reconnectMs * 2 ** failures, reconnectMsMax), signal)
      }
    }
  }

  async function* changes({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Changes> {
    let last: string | undefined
    for (let failures = 0; !signal?.aborted; ) {
      try {
        const headers: Record<string, string> = { accept: 'text/event-stream' }
        if (last !== undefined) headers['last-event-id'] = last
        const response = await request('/events', signal === undefined ? {} : { signal }, headers)
        // Without a message to continue from, what happened since is unknown.
        if (failures > 0 && last === undefined) yield { runs: [], resync: true }
        for await (const { event, id, data } of messagesOf(response)) {
          failures = 0
          last = id
          if (event === 'resync') yield { runs: [], resync: true }
          else if (event === 'runs') yield { runs: (JSON.parse(data) as Changes).runs }
        }
        await pause(reconnectMs, signal)
      } catch (error) {
        if (signal?.aborted) return
        if (error instanceof ConcordError && !errorTable[error.code].retryable) throw error
        failures++
        await pause(Math.min(reconnectMs * 2 ** failures, reconnectMsMax), signal)
      }
    }
  }

  return {
    async goal(goal, { key = ownKey(), signal } = {}) {
      const headers = { prefer: `wait=${waitSeconds}`, 'idempotency-key': key }
      for (;;) {
        const response = await posted('/goal', bodyOf(goal), headers, signal)
        // The preference applied: the run is not over yet, and waits for no person.
        const isUnderWay = response.status === 202 && response.headers.has('preference-applied')
        if (!isUnderWay) return response.json() as Promise<Answer>
        await response.body?.cancel()
        await pause(reconnectMs, signal)
      }
    },
    async start(goal, { key, signal } = {}) {
      const headers = { prefer: 'respond-async', ...keyed(key) }
      return (await post<{ runId: string }>('/goal', bodyOf(goal), headers, signal)).runId
    },
    get: async <T>(path: string) => (await request(path, {})).json() as Promise<T>,
    events: events as ConcordClient['events'],
    changes,
    async signal(run, kind, body = {}) {
      await post(pathOf(run, `/${kind}`), body)
    },
    fork: async (run, fork = {}) => (await post<{ runId: string }>(pathOf(run, '/fork'), fork)).runId,
  }
}
