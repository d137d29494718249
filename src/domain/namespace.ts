import { ConcordError } from './errors.ts'

const named = /^(run|thread|subject|team|wake)\/./s

/** A namespace of the memory. Throws `input.invalid` for a word that is none, so that what is written under it is not lost to everybody else. */
export const namespaceNamed = (name: string): string => {
  if (name === 'global' || named.test(name)) return name
  throw new ConcordError(
    'input.invalid',
    `Cannot use ${JSON.stringify(String(name).slice(0, 200))} as a namespace is run/{id}, thread/{id}, subject/{id}, team/{name} or global: this is none; name one, for example team/stock`,
  )
}
