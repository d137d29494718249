import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('./frozen-worker.ts', import.meta.url))

const lines = (stream: NodeJS.ReadableStream) => {
  const seen: string[] = []
  let changed = Promise.withResolvers<void>()
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    seen.push(...parts)
    changed.resolve()
    changed = Promise.withResolvers()
  })
  return async (fits: (line: string) => boolean): Promise<string> => {
    for (;;) {
      const found = seen.find(fits)
      if (found !== undefined) return found
      await changed.promise
    }
  }
}

type Effect = { pid: number; key: string }

/** Owner and successor in processes of their own, on one store. */
export const frozenPair = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-frozen-'))
  const file = join(directory, 'effects.txt')
  await writeFile(file, '')
  const children: ChildProcess[] = []
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [worker, directory, file, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return { pid: child.pid ?? assert.fail('not started'), child, line: lines(child.stdout) }
  }
  const effects = (): Effect[] =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [pid = '', ...key] = line.split(' ')
        return { pid: Number(pid), key: key.join(' ') }
      })
  return {
    directory,
    start,
    effects,
    /** Resolves when that many effects of a process are counted. */
    async reached(pid: number, count: number): Promise<void> {
      const watcher = watch(file)
      try {
        while (effects().filter((effect) => effect.pid === pid).length < count) await once(watcher, 'change')
      } finally {
        watcher.close()
      }
    },
    async close(): Promise<void> {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Keys of steps and tools whose effect was made more than once. */
export const repeated = (effects: readonly Effect[]): string[] => {
  const keys = effects.map(({ key }) => key).filter((key) => !key.startsWith('model'))
  return [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))]
}
