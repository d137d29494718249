import type { Primitive } from '../agent/typed-agent.ts'
import { ConcordError } from '../domain/errors.ts'
import type { Json, JsonObject } from '../domain/json.ts'
import { putMember } from '../domain/json.ts'
import type { Reference } from '../domain/reference.ts'

/** Stands for the type of a reference's value; no object has a member of this name. */
declare const value: unique symbol

/** What all references to a `T` have in common. */
export type RefTo<T> = { readonly [value]: T }

/**
 * A value that will be known when the run comes to it: a step's output, an item, shared state, or a
 * part of one. Its members are references too: `found.output.papers[0].title`.
 */
export type Ref<T> = RefTo<T> & RefMembers<T>

/** What absence of the whole does to its parts. */
type Absent<T> = Extract<T, undefined | null>

type RefMembers<T> = unknown extends T
  ? unknown
  : Json extends T
    ? { readonly [member: string]: Ref<Json> }
    : PartsOf<NonNullable<T>, Absent<T>>

type PartsOf<T, A> = T extends readonly unknown[]
  ? number extends T['length']
    ? { readonly [index: number]: Ref<T[number] | undefined> }
    : { readonly [K in keyof T as K extends `${number}` ? K : never]: Ref<T[K] | A> }
  : T extends object
    ? { readonly [K in keyof T]-?: Ref<T[K] | A> }
    : unknown

/**
 * What may be passed where a value of type `T` is wanted: the value, a reference to one, or a
 * mixture.
 */
export type Given<T> =
  | RefTo<Exclude<T, undefined>>
  | (unknown extends T
      ? GivenJson
      : Json extends T
        ? GivenJson
        : T extends Primitive
          ? T
          : { readonly [K in keyof T]: Given<T[K]> })

/** Any JSON with references in it. */
export type GivenJson =
  | RefTo<unknown>
  | string
  | number
  | boolean
  | null
  | readonly GivenJson[]
  | { readonly [member: string]: GivenJson | undefined }

const references = new WeakMap<object, Reference>()

const escaped = (member: string): string => member.replaceAll('~', '~0').replaceAll('/', '~1')

const within = (reference: Reference, member: string): Reference =>
  '$item' in reference
    ? { $item: `${reference.$item}/${escaped(member)}` }
    : { ...reference, path: `${reference.path ?? ''}/${escaped(member)}` }

const unknownYet = (reference: Reference) => (): never => {
  throw new ConcordError(
    'config.invalid',
    `Cannot make text or a number of ${JSON.stringify(reference)} as its value is known only when the run comes to it; pass it to a step as input, and let its agent do that`,
  )
}

/** A reference whose members are references to the parts of its value. */
export const typedReference = <T>(reference: Reference): Ref<T> => {
  const proxy = new Proxy(Object.freeze({}), {
    get(_, member) {
      if (member === Symbol.toPrimitive || member === 'toString') return unknownYet(reference)
      if (typeof member === 'symbol') return undefined
      return member === 'toJSON' ? () => reference : typedReference(within(reference, member))
    },
  })
  references.set(proxy, reference)
  return proxy as Ref<T>
}

/** The plain data of a reference; undefined for everything else. */
export const referenceOf = (given: unknown): Reference | undefined =>
  typeof given === 'object' && given !== null ? references.get(given) : undefined

/** A value with its references as plain data. */
export const plainOf = (given: unknown): Json => {
  const reference = referenceOf(given)
  if (reference !== undefined) return reference as Json
  if (Array.isArray(given)) return given.map(plainOf)
  if (typeof given !== 'object' || given === null || Object.getPrototypeOf(given) !== Object.prototype)
    return given as Json
  const plain: JsonObject = {}
  for (const [member, part] of Object.entries(given))
    if (part !== undefined) putMember(plain, member, plainOf(part))
  return plain
}
