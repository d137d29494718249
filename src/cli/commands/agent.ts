import { command } from '../command.ts'
import { plainLogger, portOf, untilStopped, verboseLogger } from '../listening.ts'
import { settingsOf } from '../settings.ts'
import { openTerminal } from '../terminal.ts'

export const agentCommand = command({
  name: 'agent',
  summary: 'Serve one agent as a service of its own: POST /run and GET /health',
  positionals: [
    {
      name: 'module',
      description: 'the file that exports it: export default agent({ name, run })',
      required: true,
    },
  ],
  options: {
    agent: { type: 'string', value: 'name', description: 'which one, where the module exports several' },
    host: { type: 'string', value: 'address', description: 'default 127.0.0.1; another one needs a token' },
    port: { type: 'string', value: 'n', description: 'default: a free one (PORT)' },
    token: {
      type: 'string',
      value: 'secret',
      description: 'what callers must send as bearer token (CONCORD_TOKEN)',
    },
    memory: {
      type: 'string',
      multiple: true,
      value: 'url',
      description: 'a server whose memory the agent may use, where no CONCORD_MEMORY_KEY is shared',
    },
    verbose: {
      type: 'boolean',
      description: 'log each request too, and what runs wait for and how they end',
    },
    model: { type: 'string', value: 'provider/model', description: 'its default model (CONCORD_MODEL)' },
  },
  notes: ['Then name it in concord.config.ts: agents: { reader: { url: "http://127.0.0.1:8080" } }'],
  examples: ['concord agent agents/reader.ts --port 8080'],
  async run([module = ''], values) {
    const terminal = openTerminal(values['no-color'])
    const config = await settingsOf(values, { model: values.model })
    const { env } = process
    const port = portOf(values.port) ?? portOf(env.PORT, 'PORT')
    const token = values.token ?? env.CONCORD_TOKEN
    const { serveAgent } = await import('../../server/serve-agent.ts')
    const server = await serveAgent(module, {
      open: { config: { logger: values.verbose === true ? verboseLogger : plainLogger, ...config }, env },
      memory: values.memory,
      ...(values.agent === undefined ? {} : { agent: values.agent }),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(port === undefined ? {} : { port }),
      ...(token === undefined ? {} : { token }),
    })
    terminal.out(`Agent "${server.agent}" listens on ${server.url}\n`)
    await untilStopped()
    await server.close()
    return 0
  },
})
