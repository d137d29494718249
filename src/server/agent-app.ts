import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { ConcordError, errorTable, toFailure } from '../domain/errors.ts'
import { canonicalJson, type Json } from '../domain/json.ts'
import { bothLabels, type Label, withLabels } from '../domain/labels.ts'
import type { OpenOptions } from '../platform/concord-types.ts'
import { type AnyAgent, agentCalls } from './agent-calls.ts'
import { askedBy } from './asked-by.ts'
import { jsonBody } from './body.ts'
import { callersOf, type Tokens } from './callers.ts'
import { callersMemory, memoryAddressOf } from './callers-memory.ts'
import { invalid, problemOf, problemResponse } from './problem.ts'
import type { App } from './route.ts'
import { createShell } from './shell.ts'

export type AgentAppOptions = Tokens & {
  /** Default 16 MiB: payloads are results of other agents. */
  bodyBytesMax?: number
  /** Models, providers, tools and teams the agent uses; its stores are in memory. */
  open?: OpenOptions
  /**
   * Servers whose memory the agent may use, by address, where no key is shared. Else the token of a
   * call must be signed for its memory with this service's key (`CONCORD_MEMORY_KEY`,
   * `server.memoryKey`, or the one in the folder of its stores).
   */
  memory?: readonly string[]
  /** Answers kept for a repeated Idempotency-Key. Default 1,000, and at most 64 MiB of them. */
  answersMax?: number
}

export type AgentApp = { app: App; close(): Promise<void> }

const bodyBytesMaxDefault = 16 * 1024 * 1024
const answersMaxDefault = 1_000
const answersCharsMax = 64 * 1024 * 1024

/** What a key was first used for, and the answer once there is one. */
type Kept = { digest: string; text?: string }

/** The last keys; the oldest go first. */
const answerCache = (countMax: number) => {
  const kept = new Map<string, Kept>()
  let chars = 0
  const drop = (key: string) => {
    chars -= kept.get(key)?.text?.length ?? 0
    kept.delete(key)
  }
  return {
    get: (key: string): Kept | undefined => kept.get(key),
    set(key: string, answer: Kept) {
      drop(key)
      kept.set(key, answer)
      chars += answer.text?.length ?? 0
      for (const oldest of kept.keys()) {
        if (kept.size <= countMax && chars <= answersCharsMax) break
        drop(oldest)
      }
    },
  }
}

const digestOf = (...parts: Json[]): string => createHash('sha256').update(canonicalJson(parts)).digest('hex')

/**
 * A call's key as its caller's own: callers differ by their token and by where their memory is, so
 * that nobody is given another's answer.
 */
const callersKey = (c: Context): string | undefined => {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return undefined
  return digestOf(key, c.req.header('authorization') ?? '', memoryAddressOf(c) ?? '')
}

const reused = (): ConcordError =>
  new ConcordError(
    'key.reused',
    'Cannot take this Idempotency-Key as it came with another body before; send another key, or the same body',
  )

/** How many runs and calls the caller is below, as it says; agents that call each other in a circle end by it. */
const depthOf = (given: string | undefined): number | undefined => {
  if (given === undefined) return undefined
  if (/^\d{1,6}$/.test(given)) return Number(given)
  throw invalid(
    `Cannot use the header concord-depth as it is a whole number from 0: ${JSON.stringify(given.slice(0, 50))}; correct the caller`,
  )
}

/** What the caller has read, as it says. What it sends may be written by anybody, whatever it says. */
const labelsOf = (given = ''): readonly Label[] =>
  withLabels(
    ['untrusted'],
    bothLabels.filter((label) => given.split(/[\s,]+/).includes(label)),
  )

/** Milliseconds until the caller stops waiting, undefined when it does not say. */
const timeLeft = (deadline: string | undefined): number | undefined => {
  if (deadline === undefined) return undefined
  const at = Date.parse(deadline)
  if (Number.isNaN(at))
    throw invalid(
      `Cannot use the header concord-deadline as it is an instant (ISO 8601): ${JSON.stringify(deadline.slice(0, 50))}; correct the caller`,
    )
  return Math.max(1, at - Date.now())
}

/** The caller reached the agent: what goes wrong in it is this server's own failure, not a gateway's. */
const statusOf = (code: keyof typeof errorTable): number =>
  ['agent.failed', 'agent.output-invalid'].includes(code) ? 500 : errorTable[code].status

/**
 * An agent as a service: `POST /run`, plain JSON in and out, and `GET /health`, which says what it is. A repeated Idempotency-Key of a caller is
 * answered from memory, one under way is waited for; with another body it is `key.reused`.
 */
export const agentApp = async (agent: AnyAgent, options: AgentAppOptions = {}): Promise<AgentApp> => {
  const { bodyBytesMax = bodyBytesMaxDefault, answersMax = answersMaxDefault, open } = options
  const calls = await agentCalls(agent, open)
  const answers = answerCache(answersMax)
  const memoryOf = callersMemory({ memory: options.memory, open })
  const { logger, card } = calls
  const app = createShell({ logger, bodyBytesMax, callers: callersOf(options) })

  app.post('/run', async (c) => {
    const key = callersKey(c)
    const headers = { 'content-type': 'application/json' }
    const timeoutMs = timeLeft(c.req.header('concord-deadline'))
    const input: Json = (await jsonBody(c)) ?? null
    const digest = digestOf(input)
    const before = key === undefined ? undefined : answers.get(key)
    if (before !== undefined && before.digest !== digest) throw reused()
    if (before?.text !== undefined) return new Response(before.text, { headers })
    if (key !== undefined) answers.set(key, { digest })
    try {
      const output = await calls.call({
        input,
        client: c.req.raw.signal,
        memory: memoryOf(c),
        depth: depthOf(c.req.header('concord-depth')),
        labels: labelsOf(c.req.header('concord-labels')),
        ...askedBy(c),
        // With the body: a key whose answer was dropped in the meantime joins no other call.
        ...(key === undefined ? {} : { key: `${key}/${digest}` }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      })
      const text = JSON.stringify(output)
      if (key !== undefined) answers.set(key, { digest, text })
      return new Response(text, { headers })
    } catch (error) {
      const failure = toFailure(error, 'internal')
      const requestId = c.get('requestId')
      logger.warn({ error, requestId, agent: agent.name }, 'the agent failed')
      return problemResponse(problemOf(failure, { requestId, status: statusOf(failure.code) }))
    }
  })

  app.get('/health', (c) => {
    const { name, description, role, kind, input, output } = card
    return c.json({ status: 'ok', name, description, role, kind, input, output })
  })
  return { app, close: calls.close }
}
