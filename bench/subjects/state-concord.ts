import { systemRandom } from '../../src/platform/system.ts'
import { sqliteStores } from '../../src/stores/sqlite/stores.ts'
import { machineClock } from '../../src/testing/clock.ts'
import type { SubjectFactory } from '../subject.ts'
import { exampleOf } from './state-floor.ts'

export const open = (directory: string, durability: 'process' | 'power') =>
  sqliteStores({ directory, durability, clock: machineClock, random: systemRandom() })

/** `StateStore.write` under a condition, with provenance and an operation id: one write a call. */
export const compareAndSet: SubjectFactory = async ({ writers, durability }, directory) => {
  const stores = await open(directory, durability === 'power' ? 'power' : 'process')
  const { state } = stores
  const keys = Array.from({ length: Number(writers) }, (_, i) => ({ key: `writer:${i}`, version: 0 }))
  let operations = 0
  const one = async (mine: { key: string; version: number }) => {
    const [outcome] = await state.write([
      {
        namespace: 'team/bench',
        key: mine.key,
        value: exampleOf(mine.version),
        ifVersion: mine.version,
        operation: `bench/${operations++}`,
        provenance: { agent: 'bench' },
      },
    ])
    if (!outcome?.ok) throw new Error('somebody came between')
    mine.version = outcome.version
  }
  return {
    async run(count) {
      const writer = async (mine: { key: string; version: number }) => {
        for (let i = 0; i < count; i++) await one(mine)
      }
      await Promise.all(keys.map(writer))
    },
    close: () => stores.close(),
  }
}

const thousand = async (directory: string) => {
  const stores = await open(directory, 'process')
  const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`)
  await stores.state.write(
    names.map((key, i) => ({ namespace: 'team/bench', key, value: exampleOf(i), operation: key })),
  )
  return { stores, names }
}

/** A thousand reads of a thousand keys from the live copy. */
export const read: SubjectFactory = async (_options, directory) => {
  const { stores, names } = await thousand(directory)
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        for (const name of names)
          if (stores.state.peek('team/bench', name) === undefined) throw new Error('a key is missing')
    },
    close: () => stores.close(),
  }
}

/** The same by `get`, which asks the database each time. */
export const get: SubjectFactory = async (_options, directory) => {
  const { stores, names } = await thousand(directory)
  return {
    async run(count) {
      for (let i = 0; i < count; i++)
        for (const name of names)
          if ((await stores.state.get('team/bench', name)) === undefined) throw new Error('a key is missing')
    },
    close: () => stores.close(),
  }
}
