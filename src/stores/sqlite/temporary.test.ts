// Not a test: what the tests of this room open their databases with. Named so because only tests may import from testing.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../../ports/random.ts'
import { type ManualClock, machineClock, manualClock } from '../../testing/clock.ts'
import { type SqliteOptions, type SqliteStores, sqliteStores } from './stores.ts'

export const systemRandom: Random = { next: Math.random, bytes: (size) => randomBytes(size) }

/** Runs `use` in a fresh folder and removes it. */
export const inFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'concord-store-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** On the machine's clock, for tests with other processes. */
export const openIn = (directory: string, options: Partial<SqliteOptions> = {}): Promise<SqliteStores> =>
  sqliteStores({ directory, durability: 'process', clock: machineClock, random: systemRandom, ...options })

/** A fresh store on a manual clock, its folder removed at its close. */
export const openFresh = async (
  options: Partial<SqliteOptions> = {},
): Promise<SqliteStores & { clock: ManualClock }> => {
  const directory = await mkdtemp(join(tmpdir(), 'concord-store-'))
  const clock = manualClock()
  const stores = await openIn(directory, { clock, ...options })
  return {
    ...stores,
    clock,
    async close() {
      await stores.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
