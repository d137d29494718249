import type { Row } from './rows.ts'

const file = (name: string): URL => new URL(`subjects/${name}.ts`, import.meta.url)
const tasks = 1000

const memory = (): Row => {
  const options = { kind: 'memory', tasks, bytes: 0 }
  return {
    title: `fan-out of ${tasks} tasks and a join, in memory`,
    unit: 'ms',
    perWork: 1,
    scale: 1,
    floor: { label: 'floor: Promise.all and a sum', file: file('floor-memory'), name: 'fanOut', options },
    concord: {
      label: 'Concord, store in memory',
      file: file('concord-fan-out'),
      name: 'fanOut',
      options,
    },
    target: { most: 5 },
  }
}

const durable = (durability: 'process' | 'power', bytes: number): Row => {
  const options = { kind: 'sqlite', tasks, durability, bytes }
  return {
    title: `fan-out durable, ${durability === 'power' ? 'FULL (power)' : 'NORMAL (process)'}, ${bytes === 0 ? 'small results' : 'results of 1 KB'}`,
    unit: 'ms',
    perWork: 1,
    scale: 1,
    floor: {
      label: `floor: ${tasks} INSERTs in group commits`,
      file: file('floor-sqlite'),
      name: 'fanOut',
      options,
    },
    concord: { label: 'Concord on SQLite', file: file('concord-fan-out'), name: 'fanOut', options },
    target: { timesFloor: 1.5 },
  }
}

/** Each item as a child run, against the same items in the run's own process. */
const spread = (): Row => {
  const options = { kind: 'sqlite', tasks, durability: 'process', bytes: 0 }
  const subject = { file: file('concord-fan-out'), name: 'fanOut' }
  return {
    title: `fan-out durable, spread over processes, one process, ${tasks} items`,
    unit: 'ms',
    perWork: 1,
    scale: 1,
    floor: { label: 'Concord, items in the process of the run', ...subject, options },
    concord: {
      label: 'Concord, items as child runs (spread)',
      ...subject,
      options: { ...options, spread: true },
    },
  }
}

export const fanOutRows = (): Row[] => [memory(), durable('process', 1000), durable('power', 1000), spread()]
