import type { Redis } from './redis.ts'
import type { Outcome, Row } from './rows.ts'

export const redisTitle = (writers: number): string =>
  `compare-and-set + publish on Redis, ${writers} writer${writers === 1 ? '' : 's'}`

const writersOf = [1, 64]

/** The floor an adapter on Redis will be judged by. Concord has none yet: its embedded store stands beside it, judged by nothing here. */
export const redisRows = ({ port, file }: Extract<Redis, { port: number }>): Row[] =>
  writersOf.map((writers) => ({
    title: redisTitle(writers),
    unit: 'us a write',
    perWork: writers,
    scale: 1000,
    floor: {
      label: 'Redis: one Lua script through ioredis, nothing on disk',
      file,
      name: 'compareAndSet',
      options: { writers, port },
    },
    concord: {
      label: 'Concord on SQLite, NORMAL (process): not an adapter of Redis',
      file: new URL('subjects/state-concord.ts', import.meta.url),
      name: 'compareAndSet',
      options: { writers, durability: 'process' },
    },
    notes: () => [
      'the adapter on Redis does not exist yet; it will be asked for 0.85 of the floor in rate (1.18x in time)',
    ],
  }))

export const redisUnmeasured = (): Outcome[] =>
  writersOf.map((writers) => ({
    title: redisTitle(writers),
    unit: 'us a write',
    floor: Number.NaN,
    concord: Number.NaN,
    ratio: Number.NaN,
    target: 'none',
    met: undefined,
  }))
