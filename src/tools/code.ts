import type { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { ConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { cut } from '../domain/text/cut.ts'
import { type Tool, type ToolContext, tool } from '../ports/tool.ts'
import type { CodeJob, CodeOutcome, FromSandbox, ToSandbox } from './code/protocol.ts'
import { withDeadline } from './deadline.ts'
import { death, isolatedWorker, moduleBeside, slots } from './isolate.ts'

/** Called by the code as `await name(...args)`; arguments and result travel as JSON. */
export type HostFunction = (
  args: Json[],
  context: ToolContext,
) => Promise<Json | undefined> | Json | undefined

export type CodeToolOptions = {
  /** The whole memory of the interpreter, default 64 MiB, at least 17 MiB. */
  memoryBytesMax?: number
  /** From the first line to the result, waiting for host functions included; default 5,000. */
  timeoutMs?: number
  functions?: { readonly [name: string]: HostFunction }
  /** Characters kept of what the code prints, default 20,000. */
  outputCharactersMax?: number
  /** Characters of the result's JSON, default 200,000. */
  resultCharactersMax?: number
  /** Calls of host functions in one execution, default 100. */
  callsMax?: number
}

export type CodeInput = { code: string; input?: Json | undefined }
/** `result` is null when the code returns nothing that JSON can express. */
export type CodeOutput = { result: Json; output: string; outputTruncated: boolean }

const mebibyte = 1024 * 1024
const memoryBytesMin = 17 * mebibyte
const codeCharactersMax = 100_000
const startTimeoutMs = 30_000
/** For the interpreter to end itself; then the thread is terminated. */
const graceMs = 500

const enter = slots()

/**
 * Runs JavaScript a model wrote, in QuickJS in a thread of its own: no files, network, process or modules; bounded
 * time, memory, stack, output and result. Throws `tool.failed` for code that throws or outgrows its memory, `tool.timeout`
 * for code that does not end.
 */
export const codeTool = (options: CodeToolOptions = {}): Tool<CodeInput, CodeOutput> => {
  const { memoryBytesMax = 64 * mebibyte, timeoutMs = 5000, functions = {} } = options
  const { outputCharactersMax = 20_000, resultCharactersMax = 200_000, callsMax = 100 } = options
  const names = Object.keys(functions)
  refuseConfiguration(memoryBytesMax, names)
  const limits = { memoryBytesMax, timeoutMs, outputCharactersMax, resultCharactersMax, callsMax }
  const available = names.length > 0 ? ` Async functions: ${names.join(', ')}.` : ''
  return tool({
    name: 'code',
    description:
      'Runs JavaScript (ES2023) in a sandbox without files, network or modules. The code is the body of an async ' +
      'function: `input` holds the given JSON, `return` gives the result, console.log is captured, await is allowed.' +
      available,
    permission: 'execute',
    timeoutMs: timeoutMs + startTimeoutMs,
    input: z.object({
      code: z.string().min(1).max(codeCharactersMax).describe('For example: return input.map((n) => n * n)'),
      input: z.json().optional(),
    }),
    execute: async ({ code, input }, context) => {
      const leave = await enter(context.signal)
      try {
        const job = { code, input: JSON.stringify(input ?? null), functions: names, ...limits }
        return settled(await evaluated(job, functions, context), limits)
      } finally {
        leave()
      }
    },
  })
}

const refuseConfiguration = (memoryBytesMax: number, names: string[]): void => {
  if (memoryBytesMax < memoryBytesMin)
    throw new ConcordError(
      'config.invalid',
      `Cannot create the code tool as the interpreter needs ${memoryBytesMin} bytes: memoryBytesMax is ${memoryBytesMax}; raise it`,
    )
  for (const name of names)
    if (!/^[A-Za-z_$][\w$]*$/.test(name))
      throw new ConcordError(
        'config.invalid',
        `Cannot create the code tool as a function's name must be an identifier: ${JSON.stringify(name)}; rename it`,
      )
}

const evaluated = async (
  job: CodeJob,
  functions: { readonly [name: string]: HostFunction },
  context: ToolContext,
): Promise<CodeOutcome> => {
  const worker = isolatedWorker(moduleBeside('./code/sandbox-worker', import.meta.url), job)
  const dead = death(worker).catch((error: unknown) => {
    throw new ConcordError(
      'tool.failed',
      `Cannot run the code as the sandbox must survive it: ${error instanceof Error ? error.message : error}; simplify the code`,
      { cause: error },
    )
  })
  dead.catch(() => {})
  const ended = new AbortController()
  try {
    await withDeadline(context, startTimeoutMs, 'start the sandbox', () =>
      Promise.race([ready(worker), dead]),
    )
    return await withDeadline(context, job.timeoutMs + graceMs, 'run the code', (signal) =>
      Promise.race([
        conversation(worker, functions, { ...context, signal: AbortSignal.any([signal, ended.signal]) }),
        dead,
      ]),
    )
  } finally {
    // Host functions that nobody awaits any more are told to stop.
    ended.abort()
    await worker.terminate()
  }
}

const ready = (worker: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.once('message', (message: FromSandbox) => {
      if (message.kind === 'ready') return resolve()
      const now = message.kind === 'missing' ? message.message : message.kind
      const missing = 'Cannot run the code as the sandbox needs the package quickjs-emscripten'
      reject(new ConcordError('package.missing', `${missing}: ${now}; npm install quickjs-emscripten`))
    })
  })

/** Starts the evaluation and answers its calls of host functions until it is done. */
const conversation = (
  worker: Worker,
  functions: { readonly [name: string]: HostFunction },
  context: ToolContext,
): Promise<CodeOutcome> =>
  new Promise((resolve) => {
    const tell = (message: ToSandbox) => worker.postMessage(message)
    worker.on('message', async (message: FromSandbox) => {
      if (message.kind === 'done') resolve(message.outcome)
      if (message.kind !== 'call') return
      const { id } = message
      try {
        const value = await functions[message.name]!(JSON.parse(message.args) as Json[], context)
        tell({ kind: 'answer', id, ok: true, value: JSON.stringify(value ?? null) })
      } catch (error) {
        tell({ kind: 'answer', id, ok: false, value: error instanceof Error ? error.message : String(error) })
      }
    })
    tell({ kind: 'start' })
  })

const settled = (outcome: CodeOutcome, limits: Omit<CodeJob, 'code' | 'input' | 'functions'>): CodeOutput => {
  const { output, outputTruncated } = outcome
  if (outcome.end === 'returned') return { result: parsed(outcome.result), output, outputTruncated }
  const details = { output: cut(output, 2000) }
  const failed = (rule: string, wayOut: string) =>
    new ConcordError('tool.failed', `Cannot finish the code as ${rule}: ${outcome.message}; ${wayOut}`, {
      details,
    })
  switch (outcome.end) {
    case 'timed-out':
      throw new ConcordError(
        'tool.timeout',
        `Cannot finish the code as its time is bounded: ${limits.timeoutMs} ms have passed; do less or in a better way`,
        { details },
      )
    case 'out-of-memory':
      throw failed(`its memory is bounded to ${limits.memoryBytesMax} bytes`, 'hold less at a time')
    case 'result-too-large':
      throw failed(`results are bounded to ${limits.resultCharactersMax} characters`, 'return a summary')
    case 'threw':
      throw failed('it must end without an error', 'correct it')
  }
}

/** Without `__proto__` keys, which would become a prototype where the result is copied carelessly. */
const parsed = (json: string | undefined): Json => {
  if (json === undefined) return null
  if (!json.includes('__proto__')) return JSON.parse(json) as Json
  return JSON.parse(json, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as Json
}
