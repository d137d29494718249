/** The id of an operation in the attempt after so many that failed. */
export const attemptOf = (operation: string, failures: number): string =>
  failures > 0 ? `${operation}@${failures}` : operation

/** Attempts looked back at; what one before them wrote is written again. */
const earlierMax = 100

/** Its ids in the attempts that failed, newest first. */
export const earlierOf = (operation: string, failures: number): string[] =>
  Array.from({ length: Math.max(0, Math.min(failures, earlierMax)) }, (_, i) =>
    attemptOf(operation, failures - 1 - i),
  )
