import type { Concord } from './platform/concord-types.ts'
import type { Listening } from './server/listen.ts'
import type { ServeOptions, Serving } from './server/serve.ts'

export type { Listening, ServeOptions, Serving }

/**
 * Serves Concord over HTTP on `http://{host}:{port}` (default 127.0.0.1:4270; port 0: a free one), as `concord serve` does, and continues runs that no process advances.
 * Close the server, then Concord. Read when it is first used: who serves nothing loads no server. Throws `config.invalid`.
 */
export const serve = async (concord: Concord, options?: ServeOptions): Promise<Serving> =>
  (await import('./server/serve.ts')).serve(concord, options)
