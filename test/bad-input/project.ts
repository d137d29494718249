import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ErrorCode, errorTable } from '../../src/domain/errors.ts'

const command = resolve(import.meta.dirname, '../../bin/concord.js')

export type Ended = { code: number | null; stdout: string; stderr: string }
export type Running = { process: ChildProcess; said(part: string): Promise<void>; ended: Promise<Ended> }
export type Project = ReturnType<typeof project>

/** A person's shell without keys and settings; `more` adds some. */
const environment = (more: { [name: string]: string }): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CONCORD_|NODE_TEST|NODE_COMPILE_CACHE|.*_API_KEY)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...more }
}

/**
 * Eight steps one after the other, each of which writes its key into `effects` and returns so many kilobytes. The agent `gated` first
 * waits until the file `go` is there.
 */
export const workingConfig = `
import { appendFileSync, existsSync, watch } from 'node:fs'
import { join } from 'node:path'

const here = (file: string) => join(import.meta.dirname, file)
const opened = () => new Promise<void>((done) => {
  const look = () => {
    if (!existsSync(here('go'))) return
    watcher.close()
    done()
  }
  const watcher = watch(import.meta.dirname, look)
  look()
})
const worker = {
  name: 'worker',
  attemptsMax: 1,
  run: ({ kilobytes }, context) => {
    appendFileSync(here('effects'), context.idempotencyKey + '\\n')
    return context.stepId + ' ' + 'x'.repeat(kilobytes * 1024)
  },
}
const gated = {
  name: 'gated',
  timeoutMs: 30_000,
  run: async (_input, context) => {
    appendFileSync(here('effects'), context.idempotencyKey + '\\n')
    await opened()
    return 'opened'
  },
}
const steps = (kilobytes) => Array.from({ length: 8 }, (_, i) => ({ id: 's' + i, agent: 'worker', payload: { kilobytes } }))
export default {
  team: 'small',
  teams: {
    small: { agents: [worker], plan: () => steps(0), output: 's7' },
    big: { agents: [worker], plan: () => steps(200), output: 's7' },
    gate: { agents: [worker, gated], plan: () => [...steps(0), { id: 'gate', agent: 'gated', payload: {} }], output: 'gate' },
  },
}
`

/** A folder with a config, in which the command is run as a process of its own; gone at the end of the scope. */
export const project = (config = workingConfig) => {
  const folder = mkdtempSync(join(tmpdir(), 'concord-bad-input-'))
  const path = (name: string): string => join(folder, name)
  writeFileSync(path('concord.config.ts'), config)
  writeFileSync(path('package.json'), '{ "type": "module" }\n')
  const start = (args: string[], env: { [name: string]: string } = {}, uid?: number): Running => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: folder,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    let stdout = ''
    let stderr = ''
    const listeners = new Set<() => void>()
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
      for (const listener of listeners) listener()
    })
    const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, stdout, stderr })))
    const said = (part: string): Promise<void> =>
      new Promise((done, fail) => {
        const look = () => stderr.includes(part) && done()
        listeners.add(look)
        look()
        void ended.then(() => fail(new Error(`it ended without saying "${part}":\n${stderr}`)))
      })
    return { process: child, said, ended }
  }
  return {
    folder,
    path,
    start,
    run: (...args: string[]): Promise<Ended> => start(args).ended,
    runWith: (env: { [name: string]: string }, ...args: string[]): Promise<Ended> => start(args, env).ended,
    runAs: (uid: number, ...args: string[]): Promise<Ended> => start(args, {}, uid).ended,
    /** What the steps did to the world, in order. */
    effects: (): string[] => readFileSync(path('effects'), 'utf8').trim().split('\n'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** It ended with the code's exit and an error that says what was tried, the rule and the way out, and all of `words`. */
export const refused = ({ code, stdout, stderr }: Ended, expected: ErrorCode, ...words: string[]): void => {
  assert.match(stderr, /^error: Cannot [^;]+ as [^;]+; \S/m)
  assert.doesNotMatch(stderr, /^error: Unexpected|^ +at .+:\d+:\d+\)?$/m, 'no stack, no surprise')
  for (const word of words) assert.ok(stderr.includes(word), `"${word}" is missing in: ${stderr}`)
  assert.equal(code, errorTable[expected].exit, stderr)
  assert.equal(stdout, '')
}

export const succeededWith = ({ code, stdout, stderr }: Ended, output: string | RegExp): void => {
  assert.equal(code, 0, stderr)
  if (typeof output === 'string') assert.equal(stdout.trim(), output)
  else assert.match(stdout, output)
}

/** A small disk of its own mounted at a folder, or why that is not possible here. */
export const smallDisk = (
  folder: string,
  size: string,
): ({ remount(options: string): void } & Disposable) | string => {
  mkdirSync(folder)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], {
    encoding: 'utf8',
  })
  if (mounted.status !== 0)
    return `mounting a small disk is not allowed here: ${(mounted.stderr ?? String(mounted.error)).trim()}`
  return {
    remount(options) {
      const { status, stderr } = spawnSync('mount', ['-o', `remount,${options}`, folder], {
        encoding: 'utf8',
      })
      assert.equal(status, 0, stderr)
    },
    [Symbol.dispose]: () => void spawnSync('umount', [folder]),
  }
}
