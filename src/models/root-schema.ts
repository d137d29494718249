import type { Json } from '../domain/json.ts'
import type { JsonSchema } from '../ports/schema.ts'

/*
 * Providers take only an object at the root of a tool's input or of an answer's schema. Any other root (a list, a text, a
 * union) is sent as the member `value` of an object, and taken out of it again.
 */

const definitions = new Set(['$defs', 'definitions', '$schema'])

const moved = (pointer: string): string => {
  const [, first = ''] = pointer.split('/')
  return definitions.has(first) ? pointer : pointer.replace(/^#/, '#/properties/value')
}

/** References count from the root, which is now one level up. */
const withMovedReferences = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withMovedReferences)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name === '$ref' && typeof member === 'string' && member.startsWith('#')
        ? [name, moved(member)]
        : [name, withMovedReferences(member)],
    ),
  )
}

export const isObjectRoot = (schema: JsonSchema): boolean => schema.type === 'object'

/** A schema as providers take it: an object with `properties` at its root. */
export const objectRoot = (schema: JsonSchema): JsonSchema => {
  if (isObjectRoot(schema)) return schema.properties === undefined ? { ...schema, properties: {} } : schema
  const kept = Object.entries(schema).filter(([name]) => definitions.has(name))
  const inner = Object.entries(schema).filter(([name]) => !definitions.has(name))
  return withMovedReferences({
    ...Object.fromEntries(kept),
    type: 'object',
    properties: { value: Object.fromEntries(inner) },
    required: ['value'],
    additionalProperties: false,
  }) as JsonSchema
}

/** What a model wrote for a schema that was wrapped; a model that left the wrapping out is understood, too. */
export const unwrapped = (written: Json): Json => {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return written
  const names = Object.keys(written)
  return names.length === 1 && names[0] === 'value' ? (written.value ?? null) : written
}
