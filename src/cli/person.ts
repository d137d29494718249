import { userInfo } from 'node:os'
import type { Principal } from '../domain/principal.ts'

/** Who uses the command line, as the operating system says. */
export const personName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A user id that has no name.
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

/** The same as the principal of what is started here. */
export const person = (): Principal => ({ id: personName() })
