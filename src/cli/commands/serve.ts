import { command } from '../command.ts'
import { plainLogger, portOf, untilStopped, verboseLogger } from '../listening.ts'
import { buildPage } from '../page.ts'
import { openWith, settingsOf } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

export const serveCommand = command({
  name: 'serve',
  summary: 'Serve goals, runs and memory over HTTP, and continue runs that no process advances',
  options: {
    host: { type: 'string', value: 'address', description: 'default 127.0.0.1; another one needs a token' },
    port: { type: 'string', value: 'n', description: 'default 4270 (PORT); 0 takes a free one' },
    token: {
      type: 'string',
      value: 'secret',
      description: 'what callers must send as bearer token (CONCORD_TOKEN)',
    },
    team: { type: 'string', value: 'name', description: 'the team of goals that name none (CONCORD_TEAM)' },
    'no-page': { type: 'boolean', description: 'show no page at /' },
    verbose: {
      type: 'boolean',
      description: 'log each request too, and what runs wait for and how they end',
    },
    model: {
      type: 'string',
      value: 'provider/model',
      description: 'default model of the agents (CONCORD_MODEL)',
    },
    durability: {
      type: 'string',
      value: 'process|power',
      description: 'what a commit survives (default process)',
    },
  },
  notes: [
    'The description of all it answers is at /openapi.json. Ctrl-C ends it; its runs continue when it is started again.',
  ],
  examples: [
    'concord serve --port 4270',
    `curl -s localhost:4270/goal -H 'content-type: application/json' -d '{"goal": "..."}'`,
  ],
  async run(_, values) {
    const terminal = openTerminal(values['no-color'])
    const config = await settingsOf(values, values)
    const { env } = process
    const host = values.host ?? config.server?.host
    const port = portOf(values.port) ?? portOf(env.PORT, 'PORT') ?? config.server?.port
    const token = values.token ?? env.CONCORD_TOKEN ?? config.server?.token
    const { tokensIn } = await import('../../server/callers.ts')
    const tokens = tokensIn(config.server?.tokens, env)
    const hasPage = values['no-page'] !== true
    if (hasPage) await buildPage(terminal)
    const { serve, serverStops } = await import('../../server/serve.ts')
    const concord = await openWith(
      { logger: values.verbose === true ? verboseLogger : plainLogger, ...config },
      { role: 'server', keep: false },
    )
    try {
      const server = await serve(concord, {
        page: hasPage,
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
        ...(token === undefined ? {} : { token }),
        tokens,
      })
      terminal.out(`Concord listens on ${server.url}\n`)
      const link = server.pageLink()
      if (link !== undefined) terminal.out(`Open ${link} to watch and steer it\n`)
      await untilStopped()
      terminal.err('Stopping; runs under way continue when the server is started again\n')
      await server.close()
      return 0
    } finally {
      await concord.close(serverStops)
    }
  },
})
