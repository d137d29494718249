import { ConcordError } from '../domain/errors.ts'
import { isRecord } from '../domain/record.ts'
import type { JsonSchema, Schema, SchemaResult } from '../ports/schema.ts'
import type { AiSdkTool, AnyTool, ToolSet, Tools } from '../ports/tool.ts'

const refuse = (name: string, rule: string, way: string): never => {
  throw new ConcordError('config.invalid', `Cannot use tool "${name}" as ${rule}; ${way}`, {
    details: { problem: `tool "${name}": ${rule}`, way },
  })
}

const isSchema = (value: unknown): value is Schema => isRecord(value) && isRecord(value['~standard'])

/**
 * What the AI SDK's `jsonSchema()` returns: a JSON Schema, and perhaps a function that validates.
 */
const ofJsonSchema = (
  name: string,
  given: { jsonSchema?: unknown; validate?: unknown },
): Schema<unknown, unknown> => {
  const { jsonSchema, validate } = given
  if (!isRecord(jsonSchema) || 'then' in jsonSchema)
    return refuse(name, 'its JSON Schema must be there at once: it comes later', 'wait for it first')
  const judge = (value: unknown): SchemaResult<unknown> | Promise<SchemaResult<unknown>> => {
    if (typeof validate !== 'function') return { value }
    const judged: unknown = validate(value)
    return judged instanceof Promise ? judged.then(resultOf) : resultOf(judged)
  }
  const said = (): JsonSchema => jsonSchema
  return {
    '~standard': {
      version: 1,
      vendor: 'ai-sdk',
      validate: judge,
      jsonSchema: { input: said, output: said },
    },
  }
}

const resultOf = (judged: unknown): SchemaResult<unknown> => {
  if (isRecord(judged) && judged.success === true) return { value: judged.value }
  const error = isRecord(judged) ? judged.error : undefined
  return { issues: [{ message: error instanceof Error ? error.message : 'it does not fit' }] }
}

const schemaOf = (name: string, given: unknown): Schema<unknown, unknown> => {
  const schema: unknown = typeof given === 'function' && !isSchema(given) ? given() : given
  if (isSchema(schema)) return schema
  if (isRecord(schema) && 'jsonSchema' in schema) return ofJsonSchema(name, schema)
  return refuse(
    name,
    'its inputSchema must be a schema',
    'use zod 4, a Standard Schema, or jsonSchema() of the AI SDK',
  )
}

const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  isRecord(value) && Symbol.asyncIterator in value

/** Of a tool that reports progress the last value is its result. */
const lastOf = async (returned: unknown): Promise<unknown> => {
  const value = await returned
  if (!isStream(value)) return value
  let last: unknown
  for await (const each of value) last = each
  return last
}

const describing = (description: AiSdkTool['description']): string =>
  typeof description === 'function' ? description({} as never) : (description ?? '')

const ofAiSdk = (name: string, tool: AiSdkTool): AnyTool => {
  if (tool.type?.startsWith('provider') === true)
    return refuse(
      name,
      'a model provider executes it, unseen by policies and the log',
      'give a tool with "execute"',
    )
  if (typeof tool.execute !== 'function')
    return refuse(
      name,
      'it has no "execute"',
      'give it one; a person is asked with ctx.ask() or requireApproval',
    )
  const { outputSchema, needsApproval, timeoutMs } = tool
  return {
    name,
    description: describing(tool.description),
    input: schemaOf(name, tool.inputSchema),
    ...(outputSchema === undefined ? {} : { output: schemaOf(name, outputSchema) }),
    permission: tool.permission ?? 'execute',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    // A function decides by what is known in an AI SDK call only: a person is asked each time.
    ...(needsApproval === undefined || needsApproval === false ? {} : { requireApproval: true }),
    execute: (input, { idempotencyKey, signal }) =>
      lastOf(
        tool.execute?.(
          input as never,
          { toolCallId: idempotencyKey, messages: [], abortSignal: signal, context: undefined } as never,
        ),
      ),
  }
}

const isOurs = (tool: AiSdkTool | AnyTool): tool is AnyTool =>
  'permission' in tool && 'input' in tool && !('inputSchema' in tool)

/** A tool where a set of tools belongs. */
const isUnnamed = (set: ToolSet): boolean =>
  'inputSchema' in set && ('execute' in set || 'description' in set) && !isNamedTool(set.inputSchema)

const isNamedTool = (tool: unknown): boolean => isRecord(tool) && 'inputSchema' in tool

const ofSet = (set: ToolSet): AnyTool[] => {
  if (isUnnamed(set))
    return refuse(
      '(unnamed)',
      'a tool of the AI SDK has no name of its own',
      'name it: { weather: tool({ ... }) }',
    )
  return Object.entries(set).map(([name, tool]) => {
    if (!isRecord(tool)) return refuse(name, 'it must be an object', 'give what tool({ ... }) returns')
    if (!isOurs(tool)) return ofAiSdk(name, tool)
    return { ...tool, name, execute: (...given) => tool.execute(...given) }
  })
}

const isTool = (given: AnyTool | ToolSet): given is AnyTool =>
  typeof given.name === 'string' && typeof given.execute === 'function'

const read = new WeakMap<object, readonly (AnyTool | string)[]>()

/**
 * Tools as an agent was given them, each with its name; the same objects each time. Throws
 * `config.invalid`.
 */
export const toolsIn = (tools: Tools | undefined): readonly (AnyTool | string)[] => {
  if (tools === undefined) return []
  const before = read.get(tools)
  if (before !== undefined) return before
  const each: readonly (AnyTool | string | ToolSet)[] = Array.isArray(tools) ? tools : [tools as ToolSet]
  const found = each.flatMap((given) => (typeof given === 'string' || isTool(given) ? [given] : ofSet(given)))
  read.set(tools, found)
  return found
}
