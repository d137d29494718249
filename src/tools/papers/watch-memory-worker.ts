import { workerData } from 'node:worker_threads'

/**
 * Ends its whole process once that takes too much memory or CPU time, or has lost its parent. In a thread of its
 * own, as the parser it watches blocks the main one.
 */
const everyMs = 20

const { bytesMax, cpuMax, parent } = workerData as {
  bytesMax: number
  cpuMax: Float64Array
  parent: number
}

const hasHadItsTime = (): boolean => {
  const [most = 0] = cpuMax
  if (most === 0) return false
  const { user, system } = process.cpuUsage()
  return user + system > most
}

setInterval(() => {
  if (hasHadItsTime()) process.kill(process.pid, 'SIGTERM')
  if (process.memoryUsage.rss() > bytesMax || process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, everyMs)
