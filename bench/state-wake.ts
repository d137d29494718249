import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { systemRandom } from '../src/platform/system.ts'
import { sqliteStores } from '../src/stores/sqlite/stores.ts'
import { machineClock } from '../src/testing/clock.ts'
import { workFolder } from './folder.ts'
import type { Outcome } from './report.ts'
import { median, short } from './statistics.ts'

const listener = new URL('subjects/state-listener.ts', import.meta.url)
const write = (n: number) => ({ namespace: 'team/bench', key: 'k', value: n })
const us = (from: bigint, to: bigint) => Number(to - from) / 1000
const open = (directory: string) =>
  sqliteStores({ directory, durability: 'process', clock: machineClock, random: systemRandom() })

const hear = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the listening process ended'))
    child.once('exit', gone)
    child.once('message', (word) => {
      child.off('exit', gone)
      resolve(String(word))
    })
  })

const listening = async (...args: string[]): Promise<ChildProcess> => {
  const child = fork(listener, args, { execArgv: ['--disable-warning=ExperimentalWarning'] })
  await hear(child)
  return child
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 2))

/** One way over a bare unix socket: from before the write until the other process's handler runs. */
const bareSocket = async (folder: string, count: number): Promise<number[]> => {
  const path = join(folder, 'bare.sock')
  const child = await listening('socket', path)
  const socket = createConnection(path)
  await new Promise((resolve) => socket.once('connect', resolve))
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    await pause()
    const heard = hear(child)
    const sent = process.hrtime.bigint()
    socket.write('\n')
    times.push(us(sent, BigInt(await heard)))
  }
  socket.destroy()
  child.disconnect()
  return times
}

/** From the moment a write is acknowledged here until a watcher in another process runs; the ring leaves just before the acknowledgement. */
const otherProcess = async (folder: string, count: number): Promise<number[]> => {
  const child = await listening('watch', folder)
  const stores = await open(folder)
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    await pause()
    const heard = hear(child)
    await stores.state.write([write(i)])
    const acknowledged = process.hrtime.bigint()
    times.push(us(acknowledged, BigInt(await heard)))
  }
  await stores.close()
  child.disconnect()
  return times
}

/** From the acknowledgement until a watcher of the same process runs. */
const sameProcess = async (folder: string, count: number): Promise<number[]> => {
  const stores = await open(folder)
  const watch = stores.state.watch('team/bench', '*')
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    let woken = 0n
    const told = watch.next().then(() => {
      woken = process.hrtime.bigint()
    })
    await stores.state.write([write(i)])
    const acknowledged = process.hrtime.bigint()
    await told
    times.push(us(acknowledged, woken))
  }
  await stores.close()
  return times
}

const outcomeOf = (title: string, floor: number, concord: number, most: number, target: string): Outcome => ({
  title,
  unit: 'us',
  floor,
  concord,
  ratio: concord / floor,
  target,
  met: concord <= most,
})

/** How long after a write a watcher runs, here and in another process. */
export const stateWake = async (quick: boolean): Promise<Outcome[]> => {
  const count = quick ? 300 : 1500
  const folder = await mkdtemp(join(await workFolder(), 'wake-'))
  try {
    const same = await sameProcess(join(folder, 'same'), count)
    const bare = await bareSocket(folder, count)
    const other = await otherProcess(join(folder, 'other'), count)
    const p95 = (times: number[]) =>
      [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN
    console.log(
      '\nwrite here, watcher runs, in us after the write was acknowledged (median, 95th percentile)',
    )
    for (const [label, times] of [
      ['the same process', same],
      ['bare unix socket, one way to another process', bare],
      ['another process', other],
    ] as const)
      console.log(
        `  ${label.padEnd(58)} ${short(median(times)).padStart(9)} ${short(p95(times)).padStart(9)}`,
      )
    const floor = median(bare)
    return [
      outcomeOf('write here, watcher runs: the same process', Number.NaN, median(same), 10, '<= 10 us'),
      outcomeOf(
        'write here, watcher runs: another process',
        floor,
        median(other),
        1.5 * floor,
        '<= 1.5x of a socket',
      ),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
