import { Worker } from 'node:worker_threads'
import { moduleBeside } from '../isolate.ts'
import type { SqlAnswer, SqlJob } from './protocol.ts'

/**
 * The process that reads the database. A thread would not do: SQLite runs natively and cannot be interrupted from
 * JavaScript, so a terminated thread keeps running until its statement ends; a process can be killed. The statement
 * runs in a thread of this process, so that its own loop notices at once when the parent goes away, and watches how
 * much memory the statement takes.
 */
const watchEveryMs = 20

const end = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

process.once('disconnect', end)
process.once('message', (job: SqlJob) => {
  const worker = new Worker(moduleBeside('./query-worker', import.meta.url), { workerData: job })
  const tell = (answer: SqlAnswer) => process.send?.(answer, end)
  const before = process.memoryUsage.rss()
  setInterval(() => {
    if (process.memoryUsage.rss() - before > job.memoryBytesMax)
      tell({ kind: 'wrong', message: `it takes more than ${job.memoryBytesMax} bytes of memory` })
  }, watchEveryMs)
  worker.once('message', tell)
  worker.once('error', (error) => tell({ kind: 'failed', message: error.message }))
})
