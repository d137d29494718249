/** The seed of this run of the tests; `CONCORD_SEED` repeats it. */
export const seed = Number(process.env.CONCORD_SEED ?? 1)

/** A small seeded generator (mulberry32, Tommy Ettinger, public domain), uniform in [0, 1). */
export const seeded = (start = seed): (() => number) => {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` different items, drawn with this run's seed. */
export const sample = <T>(items: readonly T[], count: number): T[] => {
  const random = seeded()
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item)
}
