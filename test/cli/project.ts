import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after } from 'node:test'
import { pathToFileURL } from 'node:url'

export const root = resolve(import.meta.dirname, '../..')
const command = join(root, 'bin/concord.js')

/**
 * Teams of code agents. `slow` waits in its second step for the file `open`, so that a test says when it goes on; every execution of a
 * step leaves a line in `effects`, which is how a test sees from outside what was done, and how often.
 */
const config = `
import { appendFileSync, existsSync } from 'node:fs'
import { agent, ConcordError, defineConfig, team } from '${pathToFileURL(join(root, 'src/index.ts')).href}'

const here = import.meta.dirname
const done = (line) => appendFileSync(here + '/effects', line + '\\n')

const echo = agent({ name: 'echo', description: 'Says what it is told', run: (input) => ({ told: input }) })
const find = agent({ name: 'find', run: (input) => { done('find'); return { papers: ['a', 'b', 'c'] } } })
const gate = agent({
  name: 'gate',
  run: async (input, context) => {
    done('gate')
    while (!existsSync(here + '/open')) {
      context.signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return 'opened'
  },
})
const write = agent({ name: 'write', run: (input) => { done('write'); return { markdown: '# About ' + JSON.stringify(input.topic) } } })

export default defineConfig({
  team: 'quick',
  teams: {
    noting: team({ agents: [agent({ name: 'clerk', run: (_, { scratchpad }) => { scratchpad.pin('Ada is the customer'); scratchpad.observe('page 1 says nothing'); return scratchpad.text() } })], plan: () => [{ id: 'read', agent: 'clerk' }] }),
    quick: team({ description: 'One agent', agents: [echo] }),
    slow: team({
      agents: [find, gate, write],
      plan: (goal) => [
        { id: 'find', agent: 'find' },
        { id: 'gate', agent: 'gate' },
        { id: 'write', agent: 'write', payload: { topic: goal.params?.topic ?? 'nothing' } },
      ],
    }),
    asking: team({
      agents: [
        agent({
          name: 'asker',
          run: async (input, context) => {
            const who = await context.ask('Who are you?')
            return (await context.approve('Greet ' + JSON.stringify(who) + '?')) ? { report: 'hello ' + who } : 'no greeting'
          },
        }),
      ],
    }),
    publishing: team({
      agents: [write],
      plan: () => [{ id: 'publish', agent: 'write', payload: { topic: 'news' }, requireApproval: true }],
    }),
    delegating: team({ agents: [agent({ name: 'boss', run: (input, context) => context.delegate('asking', 'greet') })] }),
    failing: team({
      agents: [agent({ name: 'broken', attemptsMax: 1, run: () => { throw new Error('the disk is round') } })],
    }),
    unmet: team({
      agents: [echo],
      checker: agent({ name: 'critic', run: () => ({ valid: false, reasons: ['too vague'] }) }),
    }),
    thinking: team({ agents: [agent({ name: 'thinker', instructions: 'Think.' })] }),
    mending: team({
      agents: [
        agent({ name: 'list', run: () => [1, 2, 3, 4] }),
        agent({
          name: 'double',
          run: (input, context) => {
            if (input === 3 && context.attempt === 1) throw new Error('three is hard')
            return input * 2
          },
        }),
        agent({ name: 'sum', run: (input) => ({ sum: input.parts.reduce((a, b) => a + b), note: input.feedback ?? '' }) }),
      ],
      plan: () => [
        { id: 'list', agent: 'list' },
        { id: 'double', agent: 'double', forEach: { $step: 'list' } },
        { id: 'sum', agent: 'sum', payload: { parts: { $step: 'double' } } },
      ],
      checker: agent({
        name: 'auditor',
        run: ({ results }) =>
          results[2].note === ''
            ? { valid: false, reasons: ['no note'], redo: [{ step: 'sum', feedback: 'add a note' }] }
            : { valid: true, reasons: ['the note is there'] },
      }),
      output: 'sum',
    }),
  },
})
`

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

export type Started = {
  child: ChildProcess
  /** Resolves when a line of the standard error fits; rejects when the process ends without one. */
  says(pattern: RegExp): Promise<void>
  ended: Promise<Ended>
}

export type Project = {
  folder: string
  start(...args: string[]): Started
  /** Runs a command to its end. */
  concord(...args: string[]): Promise<Ended>
  /** Lets the gate of team `slow` open. */
  open(): void
  effects(): string[]
  env: NodeJS.ProcessEnv
}

/** Nothing of the tester's own settings, keys and colours reaches the command. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(CONCORD_|npm_lifecycle_event$|NODE_OPTIONS|NODE_TEST|NO_COLOR|FORCE_COLOR|PORT$|.*_API_KEY$)/.test(
          name,
        ),
    ),
  )

export const start = (
  folder: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  node = process.execPath,
): Started => {
  const child = spawn(node, [command, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  // A test that fails must not wait for a server that nobody stops.
  after(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const looks = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
    for (const look of looks) look()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stderr)) return
          looks.delete(look)
          resolve()
        }
        looks.add(look)
        look()
        void ended.then(({ code }) =>
          reject(new Error(`ended with ${code} and never said ${pattern}: ${stderr}`)),
        )
      }),
  }
}

/** A folder with a config of its own, removed after the tests of the file. */
export const project = (configText: string | undefined = config): Project => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'concord-cli-')))
  after(() => rmSync(folder, { recursive: true, force: true }))
  if (configText !== '') writeFileSync(join(folder, 'concord.config.ts'), configText)
  const env = environment()
  const starting = (...args: string[]) => start(folder, env, args)
  return {
    folder,
    env,
    start: starting,
    concord: (...args) => starting(...args).ended,
    open: () => writeFileSync(join(folder, 'open'), ''),
    effects: () => {
      const file = join(folder, 'effects')
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    },
  }
}

/** The id of the run that a command started. */
export const runIn = (stderr: string): string => {
  const id = /run ([0-9a-z]{16})\b/i.exec(stderr)?.[1]
  if (id === undefined) throw new Error(`no run is named in: ${stderr}`)
  return id
}

/** The command that a run printed for deciding what it waits for, as its words. */
export const printedWay = (printed: string, verb: 'approve' | 'reject' | 'answer'): string[] => {
  const way = new RegExp(`concord (${verb} \\S+ --hash [0-9a-f]+)`).exec(printed)?.[1]
  if (way === undefined) throw new Error(`no way to ${verb} in: ${printed}`)
  return way.split(' ')
}

/** The first URL that a started server prints; rejects with its stderr if it ends before. */
export const urlOf = (started: Started): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    started.child.stdout?.on('data', (chunk) => {
      text += chunk
      const url = /http:\/\/\S+/.exec(text)?.[0]
      if (url !== undefined) resolve(url)
    })
    void started.ended.then(({ stderr }) => reject(new Error(stderr)))
  })
