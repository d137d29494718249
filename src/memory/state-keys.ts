import { ConcordError } from '../domain/errors.ts'
import { asJson, type Json } from '../domain/json.ts'
import { literalPattern } from '../domain/key-pattern.ts'
import { type Schema, validate } from '../ports/schema.ts'
import type { Key, KeyState, State } from './state.ts'

/** Names a key and says what its values are: `key('stock', z.object({ ... }))`. Any Standard Schema serves. */
export const key = <T>(name: string, schema: Schema<unknown, T>): Key<T> => ({ name, schema })

const refuse = (name: string, problems: readonly string[]): never => {
  throw new ConcordError(
    'input.invalid',
    `Cannot use "${name}" as its value must fit the key's schema: ${problems.join(', ')}; correct the value or the schema`,
    { details: { key: name, problems: [...problems] } },
  )
}

export const typedKey = <T>(state: State, { name, schema }: Key<T>): KeyState<T> => {
  const judged = (result: Awaited<ReturnType<typeof validate<T>>>): T =>
    result.ok ? result.value : refuse(name, result.problems)
  const read = async (value: Json | undefined): Promise<T | undefined> =>
    value === undefined ? undefined : judged(await validate(schema, value))
  const checked = async (value: T): Promise<Json> => asJson(judged(await validate(schema, value)))
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
    compareAndSet: async (version, value) => state.compareAndSet(name, version, await checked(value)),
    async update(change) {
      let last: T | undefined
      await state.update(name, (value) => {
        last = now(change(value === undefined ? undefined : now(value)))
        return asJson(last)
      })
      return last as T
    },
    delete: (options) => state.delete(name, options),
    history: (options) => state.history(name, options),
    watch: (options) => state.watch(literalPattern(name), options),
  }
}
