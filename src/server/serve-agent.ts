import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConcordError } from '../domain/errors.ts'
import { type AgentAppOptions, agentApp } from './agent-app.ts'
import type { AnyAgent } from './agent-calls.ts'
import type { Tokens } from './callers.ts'
import { type Address, checkAddress, type Listening, listen } from './listen.ts'

export type ServeAgentOptions = Address &
  Omit<AgentAppOptions, keyof Tokens> & {
    /** The agent's name or that of its export, where a module has several. */
    agent?: string
  }

const isAgent = (value: unknown): value is AnyAgent =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  ['run', 'reason', 'instructions', 'model', 'tools', 'url', 'team'].some((member) => member in value)

/** The agent a module exports: the one asked for, its default export, or its only one. Throws `config.invalid`. */
export const agentOfModule = async (path: string, wanted?: string): Promise<AnyAgent> => {
  const invalid = (problem: string, cause?: unknown) =>
    new ConcordError('config.invalid', `Cannot serve an agent of ${path} as ${problem}`, { cause })
  const module: { [name: string]: unknown } = await import(pathToFileURL(resolve(path)).href).catch(
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      throw invalid(`the module cannot be loaded: ${message}; check the path and the module`, error)
    },
  )
  const agents = Object.entries(module).flatMap(([name, value]) =>
    isAgent(value) ? [{ name, agent: value }] : [],
  )
  const names = agents.map(({ name, agent }) => (name === 'default' ? agent.name : name)).join(', ')
  if (agents.length === 0) throw invalid('it exports none; export one: export default agent({ name, run })')
  if (wanted !== undefined) {
    const found = agents.find(({ name, agent }) => name === wanted || agent.name === wanted)
    if (found !== undefined) return found.agent
    throw invalid(`it has no "${wanted}"; it exports: ${names}`)
  }
  const [only, another] = agents
  const chosen = agents.find(({ name }) => name === 'default') ?? (another === undefined ? only : undefined)
  if (chosen === undefined) throw invalid(`it exports several: ${names}; say which (--agent)`)
  return chosen.agent
}

/** Serves an agent of a module on `http://{host}:{port}`, default 127.0.0.1 and a free port. Throws `config.invalid`. */
export const serveAgent = async (
  path: string,
  options: ServeAgentOptions = {},
): Promise<Listening & { agent: string }> => {
  const { host = '127.0.0.1', port = 0, agent: wanted, ...rest } = options
  checkAddress({ ...rest, host })
  const agent = await agentOfModule(path, wanted)
  const { app, close } = await agentApp(agent, rest)
  const server = await listen(app, { host, port })
  return {
    agent: agent.name,
    url: server.url,
    async close(graceMs) {
      await server.close(graceMs)
      await close()
    },
  }
}
