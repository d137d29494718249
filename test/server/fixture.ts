import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  agent,
  type Concord,
  type ConcordConfig,
  type OpenOptions,
  openConcord,
  team,
} from '../../src/index.ts'
import { agentApp } from '../../src/server/agent-app.ts'
import { type AppOptions, createApp } from '../../src/server/app.ts'
import { listen } from '../../src/server/listen.ts'
import { type ServeOptions, serve } from '../../src/server/serve.ts'

export const jsonHeaders = { 'content-type': 'application/json' }

export const echo = agent<unknown, unknown>({ name: 'echo', run: (input) => input })

/** A promise and what resolves it: for agents that wait until the test says so. */
export const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: () => resolve(), opened: promise }
}

export const openMemory = async (
  t: TestContext,
  config: ConcordConfig,
  options: Omit<OpenOptions, 'config'> = {},
): Promise<Concord> => {
  const concord = await openConcord({ ...options, config: { stores: { kind: 'memory' }, ...config } })
  t.after(() => concord.close())
  return concord
}

/** A Concord whose default team is one agent, and its app called without a socket. */
export const appOf = async (
  t: TestContext,
  config: ConcordConfig,
  options: AppOptions = {},
  adopt = true,
) => {
  const concord = await openMemory(t, config)
  if (adopt) concord.runner.adopt()
  const app = createApp(concord, options)
  const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      headers: { ...jsonHeaders, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers })
  return { concord, app, post, get }
}

export const soleTeam = (...agents: Parameters<typeof team>[0]['agents']): ConcordConfig => ({
  team: 't',
  teams: { t: team({ agents }) },
})

export const served = async (t: TestContext, concord: Concord, options: ServeOptions = {}) => {
  const server = await serve(concord, { port: 0, page: false, ...options })
  t.after(() => server.close(0))
  return server
}

/** An agent as a service of its own. */
export const serveAgentHere = async (
  t: TestContext,
  served: Parameters<typeof agentApp>[0],
): Promise<string> => {
  const { app, close } = await agentApp(served)
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  t.after(async () => {
    await listening.close(0)
    await close()
  })
  return listening.url
}

export type Problem = {
  status: number
  code: string
  detail: string
  type: string
  title: string
  runId?: string
  reasons?: string[]
  requestId?: string
  problems?: string[]
}

export const problemOf = async (response: Response): Promise<Problem> => {
  const type = response.headers.get('content-type')
  if (type !== 'application/problem+json')
    throw new Error(`expected a problem, got ${type}: ${await response.text()}`)
  return (await response.json()) as Problem
}

/** Parses `text/event-stream` (WHATWG HTML, section 9.2) as far as it is used here. */
export async function* messagesOf(response: Response) {
  if (response.body === null) return
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end)
      text = text.slice(end + 2)
      const message: { id?: string; event?: string; data: string; comment?: string } = { data: '' }
      for (const line of block.split('\n')) {
        if (line.startsWith(':')) message.comment = line.slice(1).trim()
        const [, field, value = ''] = /^(id|event|data): ?(.*)$/.exec(line) ?? []
        if (field === 'data') message.data += value
        else if (field === 'id' || field === 'event') message[field] = value
      }
      yield message
    }
  }
}

/** A server of this test on a free port of 127.0.0.1. */
export const httpServer = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Passes requests on, and cuts the answers of the next ones off at the bytes named. */
export const unreliableProxy = async (t: TestContext, target: string) => {
  let breaks: number[] = []
  const url = await httpServer(t, (incoming, outgoing) => {
    const { host: _, ...headers } = incoming.headers
    const { method } = incoming
    const upstream = request(new URL(incoming.url ?? '', target), { method, headers }, (response) => {
      let left = breaks.shift() ?? Number.POSITIVE_INFINITY
      outgoing.writeHead(response.statusCode ?? 500, { 'content-type': response.headers['content-type'] })
      response.on('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, left))
        left -= chunk.length
        if (left <= 0) outgoing.destroy()
      })
      response.on('end', () => outgoing.end())
    })
    outgoing.on('close', () => upstream.destroy())
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  })
  return {
    url,
    breakAt(bytes: readonly number[]) {
      breaks = [...bytes]
    },
  }
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')

/** Starts a program and resolves with its first line. */
export const startProgram = async (
  t: TestContext,
  command: string,
  args: string[],
  errors: 'inherit' | 'ignore' = 'inherit',
): Promise<{ line: string; kill: (signal: NodeJS.Signals) => Promise<unknown> }> => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', errors] })
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended(child)
  }
  t.after(() => kill('SIGKILL'))
  const first = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const line = await Promise.race([
    first.then(([text]) => text),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${command} ended with ${code}`))),
  ])
  return { line, kill }
}

const hasPython = spawnSync('python3', ['--version']).status === 0

/** Python may be missing on a developer's machine; in CI that fails. */
export const pythonMissing =
  hasPython || process.env.CI !== undefined ? false : 'python3 is not installed on this machine'

/** A program of test/agents as a process: its URL. */
export const pythonAgent = async (t: TestContext, name: string): Promise<string> => {
  const path = fileURLToPath(new URL(`../agents/${name}.py`, import.meta.url))
  // It complains of every caller that is gone before its answer, as a killed server is.
  const { line } = await startProgram(t, 'python3', [path], 'ignore')
  return `http://127.0.0.1:${line}/run`
}
