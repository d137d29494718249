import { agent } from '../../src/index.ts'
import { gate } from '../server/fixture.ts'

/**
 * An agent that holds its run until the test lets that one go; who is at work, and in which order
 * they began.
 */
export const held = () => {
  const gates = new Map<string, ReturnType<typeof gate>>()
  const of = (goal: string) => {
    const found = gates.get(goal) ?? gate()
    gates.set(goal, found)
    return found
  }
  const begun: string[] = []
  const working = new Set<string>()
  let most = 0
  let news = () => {}
  const worker = agent({
    name: 'worker',
    run: async (_, { goal, signal }) => {
      begun.push(goal.text)
      working.add(goal.text)
      most = Math.max(most, working.size)
      news()
      const stopped = new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      )
      try {
        await Promise.race([of(goal.text).opened, stopped])
      } finally {
        working.delete(goal.text)
      }
      return goal.text
    },
  })
  return {
    worker,
    begun,
    /** The most that were at work at once, since it was asked for the last time. */
    most: () => {
      const found = most
      most = working.size
      return found
    },
    let: (goal: string) => of(goal).open(),
    async until(goal: string) {
      while (!begun.includes(goal))
        await new Promise<void>((resolve) => {
          news = resolve
        })
    },
  }
}
