import type { Concord } from '../platform/concord-types.ts'
import { type AppOptions, createApp } from './app.ts'
import { callersOf } from './callers.ts'
import { type Address, checkAddress, type Listening, listen } from './listen.ts'
import { pageFiles } from './page/files.ts'
import { builtPage } from './page/folder.ts'
import { PageSessions } from './page/session.ts'

export type ServeOptions = Address &
  Omit<AppOptions, 'closing' | 'page'> & {
    /** Shows the page at `/`, where it is built. Default true. */
    page?: boolean
  }

export type Serving = Listening & {
  /**
   * A link to the page from which runs can be started, approved and stopped; each opens one session, within ten minutes.
   * Undefined where there is no page.
   */
  pageLink(): string | undefined
}

/** What a server suspends its runs with when it is stopped (`concord.close(serverStops)`): the next one continues them. */
export const serverStops = 'the server stops'

export const portDefault = 4270

/**
 * Serves Concord on `http://{host}:{port}` (default 127.0.0.1:4270; port 0: a free one) and keeps the runs of its store going (`concord.keep`). Close the
 * server first, then `concord.close(serverStops)`. Throws `config.invalid` when the address is taken, or can be reached by others and there is no token.
 */
export const serve = async (concord: Concord, options: ServeOptions = {}): Promise<Serving> => {
  const { host = '127.0.0.1', port = portDefault, page: hasPage = true, ...rest } = options
  checkAddress({ ...rest, host })
  if (callersOf(rest) === undefined) warnOfScope(concord)
  const closing = new AbortController()
  const files = hasPage ? await pageFiles(builtPage()) : undefined
  const sessions = new PageSessions(() => concord.clock.now())
  const page = files === undefined ? {} : { page: { files, sessions } }
  // Models stream from the first token, since a reader may join after the run began.
  const unlisten = concord.onDelta(() => {})
  const server = await listen(createApp(concord, { ...rest, ...page, closing: closing.signal }), {
    host,
    port,
  })
  try {
    concord.memory.reachableAt(concord.config.server?.url ?? server.url)
    await concord.keep()
  } catch (error) {
    closing.abort()
    unlisten()
    concord.memory.reachableAt(undefined)
    await server.close(0)
    throw error
  }
  return {
    url: server.url,
    pageLink: () => (files === undefined ? undefined : `${server.url}/#key=${sessions.invite()}`),
    close(graceMs) {
      closing.abort()
      unlisten()
      concord.memory.reachableAt(undefined)
      return server.close(graceMs)
    },
  }
}

/** On one machine a scope binds only who cannot leave its token out (docs/decisions/0032). */
const warnOfScope = (concord: Concord): void => {
  const elsewhere = new Set(
    concord
      .teams()
      .flatMap(({ agents }) => agents.flatMap(({ kind, name }) => (kind === 'remote' ? [name] : []))),
  )
  if (elsewhere.size > 0)
    concord.logger.warn(
      { agents: [...elsewhere].slice(0, 20) },
      'agents elsewhere are not bound to their memory tokens as this server has no token: any process of this machine is its user; set CONCORD_TOKEN',
    )
}
