import type { Json } from '../domain/json.ts'
import type { Schema } from '../ports/schema.ts'

/** An agent as its callers see it: what it takes and what it gives. */
export type TypedAgent<Takes, Input, Output> = {
  name: string
  input?: Schema<Takes, Input>
  output?: Schema<unknown, Output>
}

/** What an agent is called with, before its schema makes something of it. */
export type Accepted<Takes, Input> = unknown extends Takes ? Input : Takes

export type Primitive = string | number | boolean | null | undefined

/** What is kept of an output in the log: its JSON. */
export type Kept<T> = unknown extends T
  ? Json
  : Json extends T
    ? Json
    : T extends { output: infer Output; writes: readonly unknown[] }
      ? KeptPart<Output>
      : KeptPart<T>

type KeptPart<T> = T extends void
  ? null
  : T extends Primitive
    ? T
    : T extends { toJSON(): infer Written }
      ? Written
      : T extends (...given: never[]) => unknown
        ? never
        : { [K in keyof T]: undefined extends T[K] ? KeptMember<T[K]> : KeptPart<T[K]> }

type KeptMember<T> = KeptPart<Exclude<T, undefined>> | undefined
