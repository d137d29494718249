import { type Endpoint, serverAddress } from '../stores/http/request.ts'

/** Where a server's memory is and in whose name it is used. */
export type MemoryAddress = {
  /** Where the memory is: the header `concord-memory`, or the server's address; `/memory` may be left out. */
  url: string
  /** What the call under way was handed: the header `concord-token`. Its run, step and agent are who writes. */
  memoryToken?: string
  /** The server's own token, for who is no agent of a run. */
  token?: string
  fetch?: typeof fetch
}

/** The server whose memory is at an address, in one form. Throws `input.invalid`. */
export const memoryServer = (url: string): string =>
  serverAddress(URL.canParse(url) ? new URL(url).href : url)

/** What a memory token says of its call. */
export type Claims = {
  run?: string
  step?: string
  agent?: string
  key?: string
  subject?: string
  attempt?: number
}

/** Unverified: the server judges it. */
export const claimsOf = (token: string | undefined): Claims => {
  try {
    const text = (token ?? '').split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
    const { run, step, agent, key, subject, attempt } = JSON.parse(new TextDecoder().decode(bytes))
    const texts = Object.entries({ run, step, agent, key, subject })
    return {
      ...Object.fromEntries(texts.filter(([, value]) => typeof value === 'string')),
      ...(Number.isSafeInteger(attempt) ? { attempt } : {}),
    }
  } catch {
    return {}
  }
}

export const endpointOf = ({ url, memoryToken, token, fetch }: MemoryAddress): Endpoint => ({
  url: `${serverAddress(url)}/memory`,
  headers: {
    ...(memoryToken === undefined ? {} : { 'concord-token': memoryToken }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  },
  ...(fetch === undefined ? {} : { fetch }),
})
