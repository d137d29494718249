import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ConcordError } from '../../domain/errors.ts'
import { moduleBeside, slots } from '../isolate.ts'
import { type CorpusFile, corpusLimits, type DocumentLimits, type Skipped } from './corpus-files.ts'
import type { DocumentAnswer, DocumentJob } from './document-protocol.ts'
import type { Draft } from './document-text.ts'
import type { Paper } from './paper.ts'

export type ReadFile = { papers: Paper[]; skipped: Skipped[] }

export type DocumentReader = {
  /** @throws `Unreadable`; ConcordError `package.missing`; the signal's reason when aborted. */
  file(
    file: CorpusFile,
    limits: { pagesMax: number; recordsMax: number },
    signal?: AbortSignal,
  ): Promise<ReadFile>
  /** As `file`, for a PDF that is in memory. */
  pdf(bytes: Uint8Array, limits: { pagesMax: number }, signal?: AbortSignal): Promise<Draft>
  /** Kills the process. */
  close(): void
}

/** Why a document cannot be read. `killed` says that its parser had to be ended. */
export class Unreadable extends Error {
  readonly killed: boolean

  constructor(reason: string, killed = false) {
    super(reason)
    this.killed = killed
  }
}

/** Reading processes at a time, all corpora together: each may take `parserBytesMax`. */
const enter = slots(2)

/**
 * Reads documents in a process of its own, one after the other: parsers of untrusted files take any time and
 * memory, block their thread and ignore signals. The process is started with the first document, and again after
 * one that had to be killed; whoever makes a reader closes it.
 */
export const documentReader = (given: Partial<DocumentLimits> = {}): DocumentReader => {
  const limits = { ...corpusLimits, ...given }
  let running: ChildProcess | undefined
  let leave: (() => void) | undefined

  const close = (): void => {
    running?.kill('SIGKILL')
    running = undefined
    leave?.()
    leave = undefined
  }

  const started = async (signal: AbortSignal): Promise<ChildProcess> => {
    if (running?.connected) return running
    leave ??= await enter(signal)
    running = fork(
      fileURLToPath(moduleBeside('./document-process', import.meta.url)),
      [`${limits.parserBytesMax}`, `${limits.documentMsMax}`],
      {
        env: {},
        execArgv: [`--max-old-space-size=${Math.ceil(limits.parserBytesMax / 1_048_576)}`],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'advanced',
      },
    )
    await ready(running, signal).catch((error) => {
      close()
      throw error
    })
    return running
  }

  const read = async (job: DocumentJob, signal = new AbortController().signal) => {
    const child = await started(signal)
    try {
      return await answered(child, job, limits, signal)
    } catch (error) {
      // Killed, dead or given up: the next document gets a new process.
      if (!(error instanceof Unreadable) || error.killed) close()
      throw error
    }
  }

  return {
    file: async (file, bounds, signal) => {
      const { absolute, path, kind } = file
      const { papers, last } = await read({ file: { absolute, path, kind }, ...bounds }, signal)
      return { papers, skipped: last.kind === 'read' ? last.skipped : [] }
    },
    pdf: async (bytes, bounds, signal) => {
      const { last } = await read({ pdf: bytes, ...bounds }, signal)
      if (last.kind !== 'draft') throw new Unreadable('its parser answered something else')
      return last.draft
    },
    close,
  }
}

/** Starting takes about 0.2 s, more on a busy machine; it does not count as a document's time. */
const startMsMax = 20_000

const ready = async (child: ChildProcess, signal: AbortSignal): Promise<void> => {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(startMsMax)])
  const over = new AbortController()
  try {
    await Promise.race([
      once(child, 'message', { signal: AbortSignal.any([soon, over.signal]) }),
      once(child, 'exit', { signal: over.signal }).then(() => {
        throw new Unreadable('its parser could not be started', true)
      }),
    ])
  } catch (error) {
    signal.throwIfAborted()
    throw soon.aborted ? new Unreadable('its parser could not be started in time', true) : error
  } finally {
    over.abort()
  }
}

/** The limit of a document is time of a processor; where others have the processors, it may wait this many times as long. */
const busyFactor = 4

type Answered = { papers: Paper[]; last: Exclude<DocumentAnswer, { kind: 'papers' | 'ready' }> }

const answered = (
  child: ChildProcess,
  job: DocumentJob,
  limits: DocumentLimits,
  signal: AbortSignal,
): Promise<Answered> => {
  const papers: Paper[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const onMessage = (message: unknown): void => {
    const answer = message as DocumentAnswer
    if (answer.kind === 'papers') for (const paper of answer.papers) papers.push(paper)
    else if (answer.kind === 'ready') return
    else if (answer.kind === 'unreadable') reject(new Unreadable(answer.reason))
    else if (answer.kind === 'missing')
      reject(new ConcordError('package.missing', answer.message, { details: { package: answer.package } }))
    else resolve({ papers, last: answer })
  }
  const tooLong = (): void =>
    reject(new Unreadable(`reading it takes longer than ${limits.documentMsMax} ms`, true))
  const onExit = (code: number | null, killed: string | null): void => {
    if (killed === 'SIGTERM') return tooLong()
    reject(
      new Unreadable(
        killed === 'SIGKILL' || killed === 'SIGABRT'
          ? `reading it takes more than ${limits.parserBytesMax} bytes of memory`
          : `its parser ended with ${killed ?? code}`,
        true,
      ),
    )
  }
  const onAbort = (): void => reject(signal.reason)
  const timer = setTimeout(tooLong, limits.documentMsMax * busyFactor)
  child.on('message', onMessage)
  child.once('exit', onExit)
  child.once('error', reject)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  else child.send(job, () => {})
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('message', onMessage).off('exit', onExit).off('error', reject)
    signal.removeEventListener('abort', onAbort)
  })
}
