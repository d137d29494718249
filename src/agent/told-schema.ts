import { isRecord } from '../domain/record.ts'
import type { JsonSchema, Schema } from '../ports/schema.ts'
import { jsonSchemaOf } from '../ports/schema.ts'

/*
 * A model is told what it has to write, as JSON Schema: the input of its tools, and its answer. Both are validated
 * afterwards, so what it writes is what the schema takes in, before any transformation.
 */

const depthMax = 32

/** Objects of which nothing is known beside their properties: strict servers want that said. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed)
  if (!isRecord(value)) return value
  const members = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'const' || name === 'enum' || name === 'default' || name === 'examples'
        ? member
        : closed(member),
    ]),
  )
  const isObject = value.type === 'object' && isRecord(value.properties)
  return isObject && value.additionalProperties === undefined
    ? { ...members, additionalProperties: false }
    : members
}

/** What a model has to answer with. */
export const answerSchemaOf = (schema: Schema | undefined): JsonSchema | undefined => {
  const told = jsonSchemaOf(schema)
  return told === undefined ? undefined : (closed(told) as JsonSchema)
}

const problemOf = (schema: Schema): string | undefined => {
  try {
    return jsonSchemaOf(schema) === undefined ? 'its library does not say its JSON Schema' : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The JSON Schema of a side, where it can be said at all: for cards, which people and planners read. */
export const shownSchemaOf = (
  schema: Schema | undefined,
  side: 'input' | 'output',
): JsonSchema | undefined => {
  try {
    return jsonSchemaOf(schema, side)
  } catch {
    return undefined
  }
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && '~standard' in value

/** The parts of a schema as zod keeps them; other libraries have no parts that are known here. */
const partsOf = (schema: object): [name: string, part: unknown][] => {
  const { def } = schema as { def?: unknown }
  if (!isRecord(def)) return []
  const shape = isRecord(def.shape) ? Object.entries(def.shape) : []
  const lists = [def.options, def.items].flatMap((list) => (Array.isArray(list) ? list : []))
  const inner = ['element', 'innerType', 'in', 'left', 'right', 'valueType', 'rest'].map((name) => def[name])
  return [...shape, ...[...inner, ...lists].map((part): [string, unknown] => ['', part])]
}

/** Where in a schema the part is that cannot be said, as a JSON pointer, and why. */
const placeOf = (schema: Schema, at = '', depth = 0): { at: string; problem: string } | undefined => {
  const problem = problemOf(schema)
  if (problem === undefined || depth > depthMax) return undefined
  for (const [name, part] of partsOf(schema)) {
    const found = isSchema(part) ? placeOf(part, name === '' ? at : `${at}/${name}`, depth + 1) : undefined
    if (found !== undefined) return found
  }
  return { at: at || '/', problem }
}

/** Why a model cannot be told a schema; undefined when it can. */
export const untellable = (schema: Schema | undefined): { wrong: string; way: string } | undefined => {
  const found = schema === undefined ? undefined : placeOf(schema)
  if (schema === undefined || found === undefined) return undefined
  const { vendor } = schema['~standard']
  return schema['~standard'].jsonSchema === undefined
    ? {
        wrong: `a model cannot be told this schema of ${vendor} because ${found.problem}`,
        way: `use zod 4 (not zod/mini or zod/v3), or give it one: withJsonSchema(schema, {...})`,
      }
    : {
        wrong: `a model cannot be told the schema at ${found.at} because ${found.problem}`,
        way: 'take in what JSON has and transform it, such as z.iso.datetime() for a date',
      }
}

/** A schema of any library together with the JSON Schema that models are told. */
export const withJsonSchema = <Input, Output>(
  schema: Schema<Input, Output>,
  jsonSchema: JsonSchema,
): Schema<Input, Output> => ({
  '~standard': {
    ...schema['~standard'],
    validate: (value) => schema['~standard'].validate(value),
    jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
  },
})
