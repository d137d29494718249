import type { Row } from './rows.ts'

const floorFile = new URL('subjects/log-floor.ts', import.meta.url)
const concordFile = new URL('subjects/log-concord.ts', import.meta.url)

/** 0.8 of the floor's rate is 1.25 times its time. */
const append = (writers: number): Row => {
  const options = { writers, durability: 'power' }
  return {
    title: `event log append, hash-chained, power-loss safe (FULL), ${writers} at once`,
    unit: 'us an event',
    perWork: writers,
    scale: 1000,
    floor: {
      label: 'bare SQL, the same chained row, group commit',
      file: floorFile,
      name: 'append',
      options,
    },
    concord: { label: 'Concord', file: concordFile, name: 'append', options },
    target: { timesFloor: 1.25 },
  }
}

/** The row of TARGETS "Memory layer" about the log. */
export const eventLogRows = (): Row[] => [append(64), append(1000)]
