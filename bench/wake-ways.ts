import { type ChildProcess, fork } from 'node:child_process'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { systemRandom } from '../src/platform/system.ts'
import { sqliteStores } from '../src/stores/sqlite/stores.ts'
import { machineClock } from '../src/testing/clock.ts'
import type { Redis } from './redis.ts'

/** From something done here until a handler runs; microseconds, one for each label. */
export type Way = { labels: string[]; once(n: number): Promise<number[]>; close(): Promise<unknown> }

const listener = new URL('subjects/state-listener.ts', import.meta.url)
const write = (n: number) => ({ namespace: 'team/bench', key: 'k', value: n })
const us = (from: bigint, to: bigint) => Number(to - from) / 1000
const now = () => process.hrtime.bigint()
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

const listening = async (file: URL, ...args: string[]): Promise<ChildProcess> => {
  const child = fork(file, args, { execArgv: ['--disable-warning=ExperimentalWarning'] })
  await hear(child)
  return child
}

/** The least that tells another process anything. */
export const bareSocket = async (folder: string): Promise<Way> => {
  const path = join(folder, 'bare.sock')
  const child = await listening(listener, 'socket', path)
  const socket = createConnection(path)
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    labels: ['bare unix socket, one way to another process'],
    async once() {
      const heard = hear(child)
      const sent = now()
      socket.write('\n')
      return [us(sent, BigInt(await heard))]
    },
    async close() {
      socket.destroy()
      child.disconnect()
    },
  }
}

/** The ring leaves just before the acknowledgement. */
export const otherProcess = async (folder: string): Promise<Way> => {
  const child = await listening(listener, 'watch', folder)
  const stores = await open(folder)
  return {
    labels: ['another process, from the call', 'another process, from the acknowledgement'],
    async once(n) {
      const heard = hear(child)
      const called = now()
      await stores.state.write([write(n)])
      const acknowledged = now()
      const woken = BigInt(await heard)
      return [us(called, woken), us(acknowledged, woken)]
    },
    async close() {
      await stores.close()
      child.disconnect()
    },
  }
}

export const sameProcess = async (folder: string): Promise<Way> => {
  const stores = await open(folder)
  const watch = stores.state.watch('team/bench', '*')
  return {
    labels: ['the same process, from the acknowledgement'],
    async once(n) {
      const told = watch.next().then(now)
      await stores.state.write([write(n)])
      const acknowledged = now()
      return [us(acknowledged, await told)]
    },
    close: () => stores.close(),
  }
}

type Client = {
  publish(channel: string, message: string): Promise<number>
  compareAndSet(key: string, version: number, value: string, channel: string): Promise<number>
  del(key: string): Promise<number>
  quit(): Promise<unknown>
}

export const redisWay = async (
  { port, file }: Extract<Redis, { port: number }>,
  what: 'PUBLISH' | 'script + PUBLISH',
): Promise<Way> => {
  const { connect } = (await import(file.href)) as { connect(port: number): Client }
  const child = await listening(file, 'listen', String(port), what)
  const client = connect(port)
  await client.del('wake')
  return {
    labels: [`Redis ${what} -> another process, from the call`],
    async once(n) {
      const heard = hear(child)
      const called = now()
      const sent =
        what === 'PUBLISH'
          ? client.publish(what, String(n))
          : client.compareAndSet('wake', n, String(n), what)
      const woken = BigInt(await heard)
      if ((await sent) < 1) throw new Error('somebody came between')
      return [us(called, woken)]
    },
    async close() {
      await client.quit()
      child.disconnect()
    },
  }
}
