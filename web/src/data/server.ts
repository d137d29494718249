import { type ConcordClient, concordClient, remoteState } from '../../../src/client.ts'
import { notify } from './store.ts'

/*
 * How the page talks to its server. The key of the link that `concord serve` printed is used once and taken out of the
 * address; what it opened is kept for this tab. A server's token is kept in memory only.
 */
const sessionName = 'concord-page-session'

let session = sessionStorage.getItem(sessionName) ?? undefined
let token: string | undefined

const url = location.origin

/** A request of this page, with what it was given to prove itself. */
export const send: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers)
  if (session !== undefined) headers.set('concord-page', session)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  return fetch(input, { ...init, headers })
}

export const client: ConcordClient = concordClient({ url, fetch: send })

export const stateOf = (namespace: string) => remoteState({ url, namespace, fetch: send })

export const mayChange = (): boolean => session !== undefined || token !== undefined

export const signIn = (given: string): void => {
  token = given
  notify('session')
}

/** Uses the key in the address, where there is one. */
export const openSession = async (): Promise<void> => {
  const key = /^#key=([\w-]+)/.exec(location.hash)?.[1]
  if (key === undefined) return
  history.replaceState(null, '', '#/')
  dispatchEvent(new HashChangeEvent('hashchange'))
  const response = await fetch('/page/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  })
  if (!response.ok) return
  session = ((await response.json()) as { session: string }).session
  sessionStorage.setItem(sessionName, session)
  notify('session')
}

/** Sends JSON and reads the answer; throws the server's problem as an error. */
export const post = async <T>(path: string, body: unknown): Promise<T> => {
  const response = await send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json().catch(() => ({}))) as T & { detail?: string }
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}`)
  return answer
}
