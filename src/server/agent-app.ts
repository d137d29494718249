import type { Context } from 'hono'
import { errorTable, toFailure } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import type { OpenOptions } from '../platform/concord.ts'
import { type AnyAgent, agentCalls, type CallersMemory } from './agent-calls.ts'
import { jsonBody } from './body.ts'
import { invalid, problemOf, problemResponse } from './problem.ts'
import type { App } from './route.ts'
import { createShell } from './shell.ts'

export type AgentAppOptions = {
  token?: string
  /** Default 16 MiB: payloads are results of other agents. */
  bodyBytesMax?: number
  /** Models, providers, tools and teams the agent uses; its stores are in memory. */
  open?: OpenOptions
  /** Answers kept for a repeated Idempotency-Key. Default 1,000, and at most 64 MiB of them. */
  answersMax?: number
}

export type AgentApp = { app: App; close(): Promise<void> }

const bodyBytesMaxDefault = 16 * 1024 * 1024
const answersMaxDefault = 1_000
const answersCharsMax = 64 * 1024 * 1024

/** The last answers by key; the oldest go first. */
const answerCache = (countMax: number) => {
  const answers = new Map<string, string>()
  let chars = 0
  const drop = (key: string) => {
    chars -= answers.get(key)?.length ?? 0
    answers.delete(key)
  }
  return {
    get: (key: string): string | undefined => answers.get(key),
    set(key: string, text: string) {
      drop(key)
      answers.set(key, text)
      chars += text.length
      for (const oldest of answers.keys()) {
        if (answers.size <= countMax && chars <= answersCharsMax) break
        drop(oldest)
      }
    },
  }
}

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

/** The memory of who calls: an agent has the same shared state here as in the caller's process. */
const callersMemory = (c: Context): CallersMemory | undefined => {
  const [url, memoryToken] = [c.req.header('concord-memory'), c.req.header('concord-token')]
  if (url === undefined || memoryToken === undefined) return undefined
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { url, memoryToken }
  throw invalid(
    `Cannot use the header concord-memory as it is an address of HTTP: ${JSON.stringify(url.slice(0, 100))}; correct the caller`,
  )
}

/** The caller reached the agent: what goes wrong in it is this server's own failure, not a gateway's. */
const statusOf = (code: keyof typeof errorTable): number =>
  ['agent.failed', 'agent.output-invalid'].includes(code) ? 500 : errorTable[code].status

/**
 * An agent as a service: `POST /run`, plain JSON in and out, and `GET /health`, which says what it is. A repeated Idempotency-Key is answered with
 * the answer it had, from memory; one under way is waited for.
 */
export const agentApp = async (agent: AnyAgent, options: AgentAppOptions = {}): Promise<AgentApp> => {
  const { token, bodyBytesMax = bodyBytesMaxDefault, answersMax = answersMaxDefault, open } = options
  const calls = await agentCalls(agent, open)
  const answers = answerCache(answersMax)
  const { logger, card } = calls
  const app = createShell({ logger, bodyBytesMax, ...(token === undefined ? {} : { token }) })

  app.post('/run', async (c) => {
    const key = c.req.header('idempotency-key')
    const before = key === undefined ? undefined : answers.get(key)
    const headers = { 'content-type': 'application/json' }
    if (before !== undefined) return new Response(before, { headers })
    const timeoutMs = timeLeft(c.req.header('concord-deadline'))
    const input: Json = (await jsonBody(c)) ?? null
    try {
      const output = await calls.call({
        input,
        client: c.req.raw.signal,
        memory: callersMemory(c),
        ...(key === undefined ? {} : { key }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      })
      const text = JSON.stringify(output)
      if (key !== undefined) answers.set(key, text)
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
