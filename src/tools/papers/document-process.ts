import { Worker } from 'node:worker_threads'
import { isConcordError } from '../../domain/errors.ts'
import { moduleBeside } from '../isolate.ts'
import type { DocumentAnswer, DocumentJob } from './document-protocol.ts'
import { oneLine, type Paper } from './paper.ts'
import { parseFile } from './parse-file.ts'
import { readPdf } from './read-pdf.ts'

/**
 * The process that documents are parsed in, one after the other. A thread kills it when a document takes too much
 * time of a processor or too much memory, or when the parent has died while a parser blocks.
 */
const batchCharactersMax = 2_000_000

const [bytesMax, documentMsMax] = process.argv.slice(2).map(Number)
/** The CPU time (in microseconds) at which the document that is read now has had its time; 0 between documents. */
const cpuMax = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
const usedMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}
new Worker(moduleBeside('./watch-memory-worker', import.meta.url), {
  workerData: { bytesMax, cpuMax, parent: process.ppid },
  env: {},
  execArgv: [],
}).unref()

const send = (answer: DocumentAnswer): Promise<void> =>
  new Promise((resolve) => process.send!(answer, undefined, undefined, () => resolve()))

const charactersIn = ({ title, abstract, fullText = '' }: Paper): number =>
  title.length + abstract.length + fullText.length

/** In batches, so that the parent never takes one message of the size of the whole file. */
const sendPapers = async (papers: readonly Paper[]): Promise<void> => {
  let batch: Paper[] = []
  let characters = 0
  for (const paper of papers) {
    batch.push(paper)
    characters += charactersIn(paper)
    if (characters < batchCharactersMax) continue
    await send({ kind: 'papers', papers: batch })
    batch = []
    characters = 0
  }
  if (batch.length > 0) await send({ kind: 'papers', papers: batch })
}

const answer = async (job: DocumentJob): Promise<DocumentAnswer> => {
  if ('pdf' in job) return { kind: 'draft', draft: await readPdf(job.pdf, job) }
  const { papers, skipped } = await parseFile(job.file, job)
  await sendPapers(papers)
  return { kind: 'read', skipped }
}

const failed = (error: unknown): DocumentAnswer => {
  if (isConcordError(error) && error.code === 'package.missing')
    return { kind: 'missing', package: String(error.details?.package), message: error.message }
  return { kind: 'unreadable', reason: oneLine(error instanceof Error ? error.message : String(error)) }
}

process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (job: DocumentJob) => {
  cpuMax[0] = usedMicros() + documentMsMax! * 1000
  void answer(job)
    .catch(failed)
    .finally(() => {
      cpuMax[0] = 0
    })
    .then(send)
})
void send({ kind: 'ready' })
