import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { ConcordError } from '../domain/errors.ts'
import type { Tokens } from './callers.ts'
import { isLoopback } from './guard.ts'
import type { App } from './route.ts'

export type Address = Tokens & { host?: string; port?: number }

export type Listening = {
  url: string
  /** Stops accepting, lets requests under way finish for `graceMs`, then ends their connections. */
  close(graceMs?: number): Promise<void>
}

const graceMsDefault = 5_000
/** A request is sent within these times, its body included; an answer may take as long as it takes. */
const patience = { headersMsMax: 20_000, requestMsMax: 120_000, connectionsMax: 4_096, lookMs: 5_000 }
const idleLookMs = 20

const invalid = (message: string, cause?: unknown): ConcordError =>
  new ConcordError('config.invalid', message, cause === undefined ? {} : { cause })

/** Throws `config.invalid` for an address that others can reach without a token, and for a token that is none. */
export const checkAddress = ({ host, token, tokens = {} }: Address & { host: string }): void => {
  if (token !== undefined && token.trim() === '')
    throw invalid('Cannot serve as the token is empty; set one (--token, CONCORD_TOKEN) or leave it out')
  const isOpen = token === undefined && Object.keys(tokens).length === 0
  if (isOpen && !isLoopback(host))
    throw invalid(
      `Cannot listen on ${host} without a token as others could reach it: only 127.0.0.1, ::1 and localhost need none; set a token (--token, CONCORD_TOKEN, server.tokens) or listen on 127.0.0.1`,
    )
}

const causes: { [code: string]: (at: string, port: number) => string } = {
  EADDRINUSE: (at) =>
    `Cannot listen on ${at} as the port must be free: another process has it; stop that one or choose another (--port)`,
  EACCES: (at) =>
    `Cannot listen on ${at} as this user may not use the port; choose one of 1024 or above (--port)`,
  EADDRNOTAVAIL: (at) =>
    `Cannot listen on ${at} as the address must belong to this machine: it does not; choose another (--host)`,
  ENOTFOUND: (at) => `Cannot listen on ${at} as the name leads to no address; choose another (--host)`,
}

/** Listens and resolves once requests are taken. Port 0 takes a free one. Throws `config.invalid`. */
export const listen = async (
  app: App,
  { host, port, ...given }: { host: string; port: number } & Partial<typeof patience>,
): Promise<Listening> => {
  const { headersMsMax, requestMsMax, connectionsMax, lookMs } = { ...patience, ...given }
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      headersTimeout: headersMsMax,
      requestTimeout: requestMsMax,
      // Node's own 30 s would let a request that is not sent stay half a minute longer.
      connectionsCheckingInterval: lookMs,
    },
  }) as Server
  server.maxConnections = connectionsMax
  const at = `${host}:${port}`
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : ''
      reject(invalid(causes[code]?.(at, port) ?? `Cannot listen on ${at}: ${error.message}`, error))
    })
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve)
  })
  const { port: taken, family, address } = server.address() as AddressInfo
  const shown = family === 'IPv6' ? `[${address}]` : address
  let closed: Promise<void> | undefined
  return {
    url: `http://${shown}:${taken}`,
    close(graceMs = graceMsDefault) {
      closed ??= new Promise((resolve) => {
        const all = setTimeout(() => server.closeAllConnections(), graceMs)
        // A connection kept alive turns idle when its last answer is sent: looked for until the last is gone.
        const idle = setInterval(() => server.closeIdleConnections(), idleLookMs)
        server.close(() => {
          clearTimeout(all)
          clearInterval(idle)
          resolve()
        })
      })
      return closed
    },
  }
}
