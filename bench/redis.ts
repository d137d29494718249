import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { workFolder } from './folder.ts'
import { installPeer } from './peers.ts'

/** A server of its own on this machine, and the file that talks to it; or why there is none. */
export type Redis = { port: number; file: URL; close(): Promise<void> } | { problem: string }

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** Resolves when it says that it is ready; with the reason when it cannot be started. */
const ready = (server: ChildProcess): Promise<string | undefined> =>
  new Promise((resolve) => {
    let said = ''
    server.stdout?.on('data', (text) => {
      said += text
      if (said.includes('Ready to accept connections')) resolve(undefined)
    })
    server.once('error', () => resolve('no redis-server'))
    server.once('exit', (code) => resolve(`redis-server ended with ${code}`))
  })

/** Nothing is written to disk, the fastest it can be: the strictest floor. */
const start = async (): Promise<{ port: number; close(): Promise<void> } | { problem: string }> => {
  const folder = await mkdtemp(join(await workFolder(), 'redis-'))
  const port = await freePort()
  const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const problem = await ready(server)
  const close = async () => {
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill()
      await gone
    }
    await rm(folder, { recursive: true, force: true })
  }
  if (problem === undefined) return { port, close }
  await close()
  return { problem }
}

export const startRedis = async (): Promise<Redis> => {
  const server = await start()
  if ('problem' in server) return server
  const installed = await installPeer({ name: 'redis', label: 'ioredis' })
  if ('file' in installed) return { ...server, file: installed.file }
  await server.close()
  return { problem: `ioredis could not be installed: ${installed.problem}` }
}
