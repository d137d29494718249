export const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise

/** `fn` of a value that may be a promise, at once when it is not: a chain of agents that are plain code never waits for a turn. */
export const chain = <T, R>(value: T | Promise<T>, fn: (value: T) => R | Promise<R>): R | Promise<R> =>
  isPromise(value) ? value.then(fn) : fn(value)
