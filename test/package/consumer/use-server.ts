// Starts `concord serve` and hands it a goal with the client.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { concordClient } from '@concord-agents/concord/client'

const server = spawn('npx', ['concord', 'serve', '--port', '0', '--config', 'served.config.ts'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
try {
  let said = ''
  for await (const text of server.stdout.setEncoding('utf8')) {
    said += text
    if (said.includes('\n')) break
  }
  const url = /http:\S+/.exec(said)?.[0]
  if (url === undefined) throw new Error(`the server said: ${said}`)
  const client = concordClient({ url })
  const answer = await client.goal({ goal: 'Say it twice', params: { say: 'hello' } })
  if (!('output' in answer)) throw new Error(JSON.stringify(answer))
  const types: string[] = []
  for await (const event of client.events(answer.runId)) types.push(event.type)
  console.log(`the server works: ${answer.output}; ${types.at(-1)}`)
} finally {
  // npx is a process of its own: the group has both.
  if (server.pid !== undefined) process.kill(-server.pid, 'SIGTERM')
  await once(server, 'exit')
}
