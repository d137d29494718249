/** One at a time, in the order of asking. */
export type Lane = {
  /** Calls `work` when all before it have ended; resolves when it has. Whatever it throws is the caller's. */
  run(work: () => Promise<void>): Promise<void>
}

export const createLane = (): Lane => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(work) {
      const done = last.then(work)
      last = done.catch(() => {})
      return done
    },
  }
}
