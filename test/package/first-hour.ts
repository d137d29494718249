/**
 * The first hour of somebody who finds this package: it is packed and installed into an empty
 * folder, `init` makes a project, its types and tests are checked, a goal is run and approved, a
 * model is read while it writes, a change wakes an agent. Then the server of the guide to
 * embedding is killed with -9 half way, and started again. `npm run first-hour` says each step;
 * test/package/package.test.ts runs the same.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { blocksOf, pageText } from '../guides/page.ts'
import { browse } from './browser.ts'
import { environment, type Installation, install, root, run, succeeded } from './installation.ts'

type Say = (done: string) => void

const goal = 'My desk lamp does not work. Please refund order A-1001.'

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Starts a program of a folder and resolves once it says where it listens. */
const listening = async (folder: string, port: number, command: string, ...args: string[]) => {
  const child = spawn(command, args, { cwd: folder, env: { ...environment(), PORT: String(port) } })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      if (/listen(?:s|ing) on/i.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', () => reject(new Error(`it ended: ${said}`)))
  })
  return child
}

const killed = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** The project that `concord init` makes in a folder in which npm has made a package.json. */
const project = async ({ project: home, name }: Installation, say: Say): Promise<string> => {
  const folder = join(home, 'desk')
  await mkdir(folder)
  await succeeded(folder, 'npm', 'init', '-y')
  const made = await run(folder, 'npx', 'concord', 'init')
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stderr, /Added what was missing to package\.json/)
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  assert.deepEqual(Object.keys(dependencies), [name, 'zod'])
  assert.match(dependencies[name], /^file:\.\.\/\.\.\/.*\.tgz$/, 'as the project above asks for it')
  say('init made a project beside the package.json of npm')
  const tested = await succeeded(folder, 'npm', 'test')
  assert.match(tested, /pass 4/)
  say('npm test: its types are right, its tests pass')
  return folder
}

const approval = async (folder: string, say: Say): Promise<void> => {
  const waiting = await run(folder, 'npx', 'concord', 'run', goal)
  assert.equal(waiting.code, 4, waiting.stderr)
  // As printed, to be copied.
  const [, words = ''] = /npx concord (approve \S+ --hash \S+)/.exec(waiting.stderr) ?? []
  const done = await run(folder, 'npx', 'concord', ...words.split(' '))
  assert.equal(done.code, 0, done.stderr)
  assert.deepEqual(JSON.parse(done.stdout), { order: 'A-1001', paid: 40, sent: true })
  say('a goal was run, approved, and went on')
}

/** Over HTTP: what a model writes, as it writes it, and an agent that a change wakes. */
const served = async (folder: string, say: Say): Promise<void> => {
  const port = await freePort()
  const server = await listening(folder, port, 'npx', 'concord', 'serve')
  try {
    const url = `http://127.0.0.1:${port}`
    const headers = { 'content-type': 'application/json', prefer: 'respond-async' }
    const body = JSON.stringify({ goal, team: 'drafts' })
    const answer = await fetch(`${url}/goal`, { method: 'POST', headers, body })
    const { runId } = (await answer.json()) as { runId: string }
    const stream = await (await fetch(`${url}/runs/${runId}/events`)).text()
    assert.match(stream, /event: run\.succeeded/)
    say(`a run was streamed: ${stream.match(/^event: /gm)?.length} events`)
    const key = `${url}/memory/state?namespace=team/desk&key=`
    await fetch(`${key}refund:A-1002`, { method: 'PUT', headers, body: '{"value":120}' })
    const news = `${url}/memory/watch?namespace=team/desk&key=refunded&since=0`
    await heard(news, /^data: .*"value":120\b/m)
    say('a change of the shared memory woke an agent')
  } finally {
    await killed(server)
  }
}

/** The guide's own Hono server: its page in a browser's place, killed half way through packing. */
const embedded = async ({ project: home }: Installation, say: Say): Promise<void> => {
  const folder = join(home, 'shop')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const blocks = blocksOf(pageText('docs/guides/embedding.md'))
  for (const { file, code } of blocks) if (file !== undefined) await writeFile(join(folder, file), code)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/orders/order-17`
  const first = await listening(folder, port, process.execPath, 'server.ts')
  try {
    await fetch(url, { method: 'POST', body: '{"text":"Three lamps."}' })
    const page = await browse(`http://127.0.0.1:${port}/?order=order-17`)
    await page.shows('#question', /Send "Thank you for your order, it leaves today\." and pack three lamps\?/)
    await page.click('#yes')
    await heard(`${url}/events`, /pack lamp 1/)
    page.close()
  } finally {
    await killed(first)
  }
  say('a server of one’s own was killed with -9 half way')
  const second = await listening(folder, port, process.execPath, 'server.ts')
  try {
    const events = await (await fetch(`${url}/events`)).text()
    assert.match(events, /event: run\.succeeded/)
    for (const lamp of [1, 2, 3])
      assert.equal(
        events.match(new RegExp(`"name":"pack lamp ${lamp}"`, 'g'))?.length,
        1,
        `lamp ${lamp} was packed once`,
      )
    assert.ok((events.match(/^event: run\.claimed$/gm)?.length ?? 0) >= 2, 'another process went on with it')
  } finally {
    await killed(second)
  }
  say('and started again: every lamp was packed once')
}

/** Reads a stream until it says something. */
const heard = async (url: string, wanted: RegExp): Promise<void> => {
  let text = ''
  for await (const chunk of (await fetch(url)).body ?? []) {
    text += Buffer.from(chunk).toString()
    if (wanted.test(text)) return
  }
  assert.fail(`the stream ended without ${wanted}: ${text}`)
}

/** What npm installs for the project's own tools, of this repository's. */
export const tools = async ({ project: home, link }: Installation): Promise<void> => {
  const made = (error: { code?: string }) => {
    if (error.code !== 'EEXIST') throw error
  }
  for (const name of ['typescript', '@types/node', 'undici-types']) await link(name).catch(made)
  await symlink('../typescript/bin/tsc', join(home, 'node_modules/.bin/tsc')).catch(made)
}

export const firstHour = async (installation: Installation, say: Say = () => {}): Promise<void> => {
  await tools(installation)
  const folder = await project(installation, say)
  await approval(folder, say)
  await served(folder, say)
  await embedded(installation, say)
}

if (import.meta.main) {
  console.log(`packing and installing ${root} ...`)
  const installation = await install()
  try {
    await firstHour(installation, (done) => console.log(`✓ ${done}`))
  } finally {
    await installation.remove()
  }
}
