import { workerData } from 'node:worker_threads'

/**
 * Ends its whole process once that takes too much memory, or has lost its parent. In a thread of its own, as the
 * parser it watches blocks the main one.
 */
const everyMs = 20

const { bytesMax, parent } = workerData as { bytesMax: number; parent: number }

setInterval(() => {
  if (process.memoryUsage.rss() > bytesMax || process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, everyMs)
