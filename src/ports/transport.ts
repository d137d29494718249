import type { Json } from '../domain/json.ts'

export type AgentCall = {
  /** The agent's name in its team; errors name it. */
  agent: string
  url: string
  token?: string
  payload: Json
  /** `Idempotency-Key`, `traceparent`, `concord-run`, `concord-step`, `concord-deadline`, `concord-depth`, `concord-labels`, `concord-memory`, `concord-token`. */
  headers: { [name: string]: string }
  deadline: number
  signal: AbortSignal
}

/** Reaches an agent that runs elsewhere. */
export interface Transport {
  /**
   * The agent's answer to `POST {url}`; a 202 with `Location` is polled until the deadline. Throws
   * ConcordError `agent.timeout`, `agent.failed` (unreachable, 5xx), `agent.input-invalid` (4xx
   * with what was answered), `agent.output-invalid` (not JSON), `cancelled`; `details.service` is
   * the agent's name.
   */
  call(call: AgentCall): Promise<Json>
}
