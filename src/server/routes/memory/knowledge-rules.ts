import { ConcordError } from '../../../domain/errors.ts'
import type { Caller } from './caller.ts'

export const absent = (id: string): ConcordError =>
  new ConcordError(
    'not-found',
    `Cannot use document ${JSON.stringify(id.slice(0, 200))} as there is none of this name here; list them with GET /memory/knowledge`,
  )

export const checkSubject = (caller: Caller, subject: string | undefined): void => {
  if (!caller.knows(subject))
    throw new ConcordError(
      'policy.denied',
      `Cannot use knowledge about ${JSON.stringify(subject)} as a call reaches that of its run's own subject: this is another; leave it out`,
    )
}

/** Without what is undefined. */
export const given = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
