import { seededNumbers } from '../src/testing/hostile/faults.ts'

/** The seed of this run of the tests; `CONCORD_SEED` repeats it. */
export const seed = Number(process.env.CONCORD_SEED ?? 1)

/** Numbers drawn with this run's seed, uniform in [0, 1). */
export const seeded = (start = seed): (() => number) => seededNumbers(start)

/** `count` different items, drawn with this run's seed. */
export const sample = <T>(items: readonly T[], count: number): T[] => {
  const random = seeded()
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item)
}
