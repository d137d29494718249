import type { Row } from './rows.ts'
import type { SubjectRef } from './subject.ts'

const floorFile = new URL('subjects/state-floor.ts', import.meta.url)
const concordFile = new URL('subjects/state-concord.ts', import.meta.url)

const of = (file: URL, label: string, name: string, options: SubjectRef['options'] = {}): SubjectRef => ({
  label,
  file,
  name,
  options,
})

/** 0.8 of the floor's rate is 1.25 times its time. */
const compareAndSet = (writers: number): Row => {
  const options = { writers, durability: 'power' }
  return {
    title: `compare-and-set, power-loss safe (FULL), ${writers} writer${writers === 1 ? '' : 's'}`,
    unit: 'us a write',
    perWork: writers,
    scale: 1000,
    floor: of(floorFile, 'bare SQL, the same rows in one group commit', 'compareAndSet', options),
    concord: of(concordFile, 'Concord', 'compareAndSet', options),
    target: { timesFloor: 1.25 },
  }
}

/** The rows of TARGETS "Memory layer" about shared state. */
export const stateRows = (): Row[] => [
  ...[1, 64, 1000].map(compareAndSet),
  {
    title: 'read of a key from the live copy',
    unit: 'us a read',
    perWork: 1000,
    scale: 1000,
    floor: of(floorFile, 'a Map', 'read'),
    concord: of(concordFile, 'Concord, peek', 'read'),
    target: { most: 1 },
  },
  {
    title: 'linearizable read of a key',
    unit: 'us a read',
    perWork: 1000,
    scale: 1000,
    floor: of(floorFile, 'SQLite, a prepared SELECT by key', 'get'),
    concord: of(concordFile, 'Concord, get', 'get'),
    notes: () => ['TARGETS asks that there be one, not how fast it is'],
  },
]
