/**
 * Standard Schema v1 (https://standardschema.dev) and its JSON Schema extension, declared here so that the core imports
 * no schema library: zod, valibot, arktype or any other that implements the interface serves.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?: {
      readonly input: (options: { target: string }) => Record<string, unknown>
      readonly output: (options: { target: string }) => Record<string, unknown>
    }
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export type SchemaIssue = {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type JsonSchema = { [key: string]: unknown }

/** The JSON Schema (draft 2020-12) a model or a page is told; `undefined` when the library cannot say. */
export const jsonSchemaOf = (
  schema: Schema | undefined,
  side: 'input' | 'output' = 'input',
): JsonSchema | undefined => schema?.['~standard'].jsonSchema?.[side]({ target: 'draft-2020-12' })

const pathOf = (issue: SchemaIssue): string =>
  (issue.path ?? [])
    .map((part) => `/${String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part)}`)
    .join('')

export type Validated<Output> = { ok: true; value: Output } | { ok: false; problems: string[] }

const judged = <Output>(result: SchemaResult<Output>): Validated<Output> =>
  result.issues === undefined
    ? { ok: true, value: result.value }
    : { ok: false, problems: result.issues.map((issue) => `${pathOf(issue) || '/'}: ${issue.message}`) }

/** Checks a value against a schema; `problems` name the place as a JSON pointer. Synchronous when the schema is. */
export const validate = <Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Validated<Output> | Promise<Validated<Output>> => {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(judged) : judged(result)
}

/**
 * The same where nothing can be waited for: a schema that answers with a promise is a problem of
 * its own.
 */
export const validateAtOnce = <Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Validated<Output> => {
  const result = validate(schema, value)
  if (!(result instanceof Promise)) return result
  result.catch(() => {})
  return { ok: false, problems: ['/: the schema answers later (a promise); use one without async checks'] }
}
