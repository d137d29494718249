import { ConcordError } from '../domain/errors.ts'

/** A namespace's place in a chain of forks. */
export type Origin = { namespace: string; sequence: number }

type Origins = { origin(namespace: string): Origin | undefined }

/** Forks of forks: how many a read may have to walk through. */
export const forkDepthMax = 64
/** Of stores written before that bound. */
const walkedMax = 1000

const shown = (namespace: string): string => JSON.stringify(namespace.slice(0, 200))

const endless = (namespace: string): ConcordError =>
  new ConcordError(
    'store.corrupt',
    `Cannot read ${shown(namespace)} as a chain of forks must end: this one leads back to itself, or has more than ${walkedMax} forks; read a namespace it was forked from, or restore a backup`,
    { details: { namespace } },
  )

/**
 * Where a fork read through to, nearest first. Throws `store.corrupt` for a chain without an end,
 * which older versions let be made.
 */
export const originsOf = (source: Origins, namespace: string): Origin[] => {
  const found: Origin[] = []
  const passed = new Set([namespace])
  for (let at = source.origin(namespace); at !== undefined; at = source.origin(at.namespace)) {
    if (passed.has(at.namespace) || found.length >= walkedMax) throw endless(namespace)
    passed.add(at.namespace)
    found.push(at)
  }
  return found
}

/** Throws for a fork that would read through itself, or through more than `forkDepthMax` others. */
export const checkForkable = (source: Origins, namespace: string, from: string): void => {
  const origins = originsOf(source, from)
  if (from === namespace || origins.some((origin) => origin.namespace === namespace))
    throw new ConcordError(
      'input.invalid',
      `Cannot make ${shown(namespace)} a fork of ${shown(from)} as a fork must not lead back to itself: ${from === namespace ? 'they are the same' : `${shown(from)} is a fork of ${shown(namespace)}`}; choose a new namespace`,
      { details: { namespace, from } },
    )
  const depth = origins.length + 1
  if (depth > forkDepthMax)
    throw new ConcordError(
      'bound.reached',
      `Cannot make ${shown(namespace)} a fork of ${shown(from)} as a chain has at most ${forkDepthMax} forks: it would have ${depth}; merge into one of its origins and fork that one`,
      { details: { namespace, from, depth, forkDepthMax } },
    )
}
