import type { SubjectFactory } from '../subject.ts'
import { payload, stepsPerRun, work } from '../work.ts'

/** A plain async chain: each step awaits the one before it. */
export const pipeline: SubjectFactory = async () => ({
  async run(count) {
    for (let n = 0; n < count; n++) {
      let value = payload(n)
      for (let step = 0; step < stepsPerRun; step++) value = await work(value)
    }
  },
})

/** A thousand trivial tasks and their join. */
export const fanOut: SubjectFactory = async ({ tasks }) => {
  const task = async (item: number) => ({ item })
  return {
    async run(count) {
      for (let n = 0; n < count; n++) {
        const results = await Promise.all(Array.from({ length: Number(tasks) }, (_, i) => task(i)))
        if (results.reduce((sum, { item }) => sum + item, 0) === 0) throw new Error('the join is wrong')
      }
    },
  }
}
