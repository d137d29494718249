import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { assertShown } from './output.ts'
import { type Block, root } from './page.ts'
import type { Setting } from './settings.ts'

export type Ended = { code: number | null; printed: string }

export type Reader = {
  /** Does what a reader does with a block; throws when it does not do what the page shows. */
  follow(block: Block, shown: Block | undefined): Promise<void>
  leave(): Promise<void>
}

type Spawning = { readyWhen?: RegExp | undefined; listens?: boolean }

const commandMsMax = 60_000
const waitsForPerson = 4
/** Commands that go on until they are stopped: the reader gives them a terminal of their own. */
const staysUp = /^(?:npx concord (?:serve|agent)|node (?:--\S+ )?server\.ts)\b/m
const asks = /\[y(?:, or n and why| or n)\] /

/** Ends a command with all that it started. */
const end = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It is over.
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/**
 * Somebody who follows a page word by word, in an empty folder in which `npm install` brings this
 * checkout: files are written, programs and commands run, and what is shown below them has to be
 * printed.
 */
export const reader = async (setting: Setting = {}): Promise<Reader> => {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const home = mkdtempSync(join(root, '.tmp/guide-'))
  const bin = join(home, 'node_modules/.bin')
  mkdirSync(join(home, 'node_modules/@concord-agents'), { recursive: true })
  mkdirSync(bin)
  symlinkSync(root, join(home, 'node_modules/@concord-agents/concord'))
  writeFileSync(join(bin, 'concord'), `#!/bin/sh\nexec "${process.execPath}" "${root}/bin/concord.js" "$@"\n`)
  chmodSync(join(bin, 'concord'), 0o755)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  const port = await freePort()
  const started: ChildProcess[] = []
  const foreign = /^(npm_|NODE_TEST|NODE_OPTIONS|CONCORD_|.*_API_KEY)/
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(inherited),
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
    PORT: String(port),
    HOME: home,
    NO_COLOR: '1',
    TERM: 'dumb',
    NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache'),
  }
  const texts: [string, string][] = []
  let folder = home
  let programs = 0

  const spawned = (
    command: string,
    args: string[],
    { readyWhen, listens = false }: Spawning = {},
  ): Promise<Ended> =>
    new Promise((resolve, reject) => {
      // A group of its own: what it started ends with it.
      const child = spawn(command, args, { cwd: folder, env, detached: true })
      const late = setTimeout(() => end(child), commandMsMax)
      if (readyWhen !== undefined) late.unref()
      let printed = ''
      let answered = 0
      if (readyWhen !== undefined) started.push(child)
      if (!listens) child.stdin.end()
      const hear = (chunk: Buffer) => {
        printed += chunk
        // The reader agrees to whatever is asked.
        while (printed.split(asks).length - 1 > answered) {
          answered++
          child.stdin.write('y\r')
        }
        if (readyWhen?.test(printed)) resolve({ code: 0, printed })
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(late)
        resolve({ code, printed })
      })
    })

  const written = (path: string, text: string): string => {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${text}\n`)
    return file
  }

  /**
   * npm brings nothing new, npx finds the command without looking for it, and ports are those
   * that are free here.
   */
  const script = (code: string, shown: Block | undefined): string => {
    const strict = shown?.code.includes('"error"') === true ? '' : '--fail-with-body'
    return `set -e
npm() { case "$1" in install|i) ;; *) command npm "$@";; esac; }
npx() { npm_lifecycle_event=npx "$@"; }
curl() { case "$1" in -sN) command curl --max-time 1 "$@" || [ $? = 28 ];; *) command curl ${strict} "$@";; esac; }
trap 'pwd > "${home}/.folder"' EXIT
${code.replaceAll(/(localhost|127\.0\.0\.1):(4270|3000)/g, `$1:${port}`)}
`
  }

  const sh = async ({ code }: Block, shown: Block | undefined): Promise<Ended> => {
    const file = join(home, '.commands.sh')
    writeFileSync(file, script(code, shown))
    const isServer = staysUp.test(code)
    // A terminal of its own where a person is asked, by script(1).
    const typed = shown !== undefined && asks.test(shown.code)
    const ended = typed
      ? await spawned('script', ['-qefc', `bash ${file}`, '/dev/null'], { listens: true })
      : await spawned('bash', [file], { readyWhen: isServer ? /listen(?:s|ing) on/i : undefined })
    const left = join(home, '.folder')
    if (existsSync(left)) folder = readFileSync(left, 'utf8').trim()
    return ended
  }

  /** A unit of systemd: what it starts stays up. */
  const service = (unit: string): Promise<Ended> => {
    for (const line of unit.split('\n')) assert.match(line, /^(|\[(Unit|Service|Install)\]|[A-Z]\w+=.*)$/)
    const command = /^ExecStart=\S+ \S+\/(concord serve .*)$/m.exec(unit)?.[1] ?? ''
    return sh(
      { language: 'sh', code: `npx ${command.replace('4270', '0')}`, line: 0, heading: '', follows: false },
      undefined,
    )
  }

  const ran = async (block: Block, shown: Block | undefined): Promise<Ended | undefined> => {
    const { language, file } = block
    const code = texts.reduce((text, [from, to]) => text.replaceAll(from, to), block.code)
    if (file !== undefined) {
      written(file, code)
      return undefined
    }
    if (language === 'sh') return sh({ ...block, code }, shown)
    if (language === 'json') {
      JSON.parse(code)
      return undefined
    }
    if (language === 'ini') return service(code)
    assert.equal(language, 'ts', 'only ts, sh, json, ini and text blocks are followed')
    const whole = /^import /m.test(code) ? code : setting.complete?.(code, block)
    assert.ok(whole !== undefined, 'a program is whole, or test/guides/settings.ts completes it')
    return spawned(process.execPath, [written(`program-${programs++}.ts`, whole)])
  }

  if (setting.config !== undefined) written('concord.config.ts', setting.config)
  const serving: Block = { language: 'sh', code: 'npx concord serve', line: 0, heading: '', follows: false }
  if (setting.serves) await sh(serving, undefined)
  const prepared = await setting.prepare?.(home, `http://127.0.0.1:${port}`, env)
  texts.push(...(prepared?.texts ?? []))
  Object.assign(env, prepared?.env)

  return {
    async follow(block, shown) {
      const ended = await ran(block, shown)
      if (ended === undefined) return
      const waits = ended.code === waitsForPerson && shown?.code.includes('waits') === true
      assert.ok(ended.code === 0 || waits, `it ended with ${ended.code}:\n${ended.printed}`)
      if (shown !== undefined) assertShown(shown.code, ended.printed)
    },
    async leave() {
      for (const child of started) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        const ended = once(child, 'close')
        end(child)
        await ended
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}
