import { userInfo } from 'node:os'

/** Who uses the command line, as the operating system says. */
export const personName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A user id that has no name.
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
