import type { Agent, RequestInit } from 'undici'

let dispatcher: Agent | undefined

/**
 * A fetch that waits as long as its caller's signal lets it. Node's own gives up after 300 s without headers or data, and
 * only undici's can be told otherwise; it is loaded when it is first used.
 */
export const patientFetch: typeof globalThis.fetch = async (input, init) => {
  const undici = await import('undici')
  dispatcher ??= new undici.Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const patient = { ...(init as RequestInit), dispatcher }
  return (await undici.fetch(input as string, patient)) as Response
}
