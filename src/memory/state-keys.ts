import { ConcordError } from '../domain/errors.ts'
import { type Json, sameJson } from '../domain/json.ts'
import { literalPattern } from '../domain/key-pattern.ts'
import { type Schema, validate } from '../ports/schema.ts'
import { jsonValue } from './json-value.ts'
import type { Key, KeyState, State } from './state.ts'
import type { Change, Updated, UpdateOptions } from './state-update.ts'

/** Names a key and says what its values are: `key('stock', z.object({ ... }))`. Any Standard Schema serves. */
export const key = <T>(name: string, schema: Schema<unknown, T>): Key<T> => ({ name, schema })

const refuse = (name: string, problems: readonly string[]): never => {
  throw new ConcordError(
    'input.invalid',
    `Cannot use "${name}" as its value must fit the key's schema: ${problems.join(', ')}; correct the value or the schema`,
    { details: { key: name, problems: [...problems] } },
  )
}

/** An update that answers with the value that was written, be it by an execution before this one. */
export type Updating = (key: string, change: Change, options?: number | UpdateOptions) => Promise<Updated>

export const typedKey = <T>(state: State, { name, schema }: Key<T>, update: Updating): KeyState<T> => {
  const judged = (result: Awaited<ReturnType<typeof validate<T>>>): T =>
    result.ok ? result.value : refuse(name, result.problems)
  const read = async (value: Json | undefined): Promise<T | undefined> =>
    value === undefined ? undefined : judged(await validate(schema, value))
  /** What is stored is read through the schema again: one that makes something else of it could not read its own. */
  const checked = async (value: T): Promise<Json> => {
    const stored = jsonValue(`write "${name}"`, judged(await validate(schema, value)))
    const again = await validate(schema, stored)
    if (!again.ok || !sameJson(jsonValue(`write "${name}"`, again.value), stored))
      refuse(name, ['the schema makes something else of what it has made once (it transforms)'])
    return stored
  }
  const now = (value: unknown): T => {
    const result = validate(schema, value)
    return result instanceof Promise
      ? refuse(name, ['the schema answers later (a promise), which this cannot wait for'])
      : judged(result)
  }
  return {
    get: async (options) => read((await state.entry(name, options))?.value),
    peek() {
      const value = state.peek(name)
      return value === undefined ? undefined : now(value)
    },
    set: async (value, options) => state.set(name, await checked(value), options),
    compareAndSet: async (version, value, options) =>
      state.compareAndSet(name, version, await checked(value), options),
    async update(change, options) {
      const { value } = await update(name, async (old) => checked(await change(await read(old))), options)
      // Absent: written by an execution before this one, and erased since.
      return value === undefined
        ? refuse(name, ['what was written was erased since'])
        : judged(await validate(schema, value))
    },
    delete: (options) => state.delete(name, options),
    history: (options) => state.history(name, options),
    watch: (options) => state.watch(literalPattern(name), options),
  }
}
