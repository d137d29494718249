import type { JsonSchema } from '../ports/schema.ts'

/** Keywords strict mode takes everywhere; a schema with any other is sent unstrict rather than risk a refusal. */
const known = new Set([
  '$schema',
  '$ref',
  '$defs',
  'definitions',
  'type',
  'title',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
])

const isRecord = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const closed = (schema: JsonSchema): boolean => {
  if (schema.type !== 'object' && schema.properties === undefined) return true
  const required = Array.isArray(schema.required) ? schema.required : []
  const names = isRecord(schema.properties) ? Object.keys(schema.properties) : []
  return schema.additionalProperties === false && names.every((name) => required.includes(name))
}

const conforms = (schema: unknown): boolean => {
  if (!isRecord(schema)) return typeof schema === 'boolean'
  if (Object.keys(schema).some((keyword) => !known.has(keyword)) || !closed(schema)) return false
  const maps = [schema.properties, schema.$defs, schema.definitions].filter(isRecord)
  const inner = maps.flatMap((map) => Object.values(map))
  if (schema.items !== undefined) inner.push(schema.items)
  if (Array.isArray(schema.anyOf)) inner.push(...schema.anyOf)
  return inner.every(conforms)
}

/**
 * Whether OpenAI's strict structured output accepts the schema: every object closed, every property required, no keyword
 * outside the common subset. https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export const isStrictSchema = (schema: JsonSchema): boolean => schema.type === 'object' && conforms(schema)
