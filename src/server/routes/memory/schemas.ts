import { z } from '@hono/zod-openapi'
import { namespaceForms } from '../../../domain/names.ts'
import { anyJson } from '../../schemas.ts'

const ms = z.number().openapi({ description: 'Milliseconds since the epoch' })
const sequence = z.int().min(0).openapi({ description: 'Counts the changes of a namespace' })
const version = z.int().min(0).openapi({ description: 'Counts the changes of a key; 0: absent' })
const whole = z.coerce.number().int().min(0)

const namespace = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .openapi({
    description: `${namespaceForms}; with a concord-token default its run`,
    example: 'team/stock',
  })
const key = z.string().min(1).max(10_000)
const ttlMs = z.number().positive().optional().openapi({ description: 'Ends that long after the write' })
const limit = (most: number) => z.coerce.number().int().min(1).max(most)

/** `{sequence}-{mark}` as messages of a watch have it, or a bare sequence. */
export const position = z.string().regex(/^\d{1,16}(-[0-9a-f]*)?$/)

const moment = {
  sequence: whole.optional().openapi({ description: 'As it was after this change of the namespace' }),
  time: z.coerce.number().optional().openapi({ description: 'As it was at this instant, ms' }),
}

export const pageMax = 1000
const pageDefault = 100

export const addressSchema = z.strictObject({ namespace, key })
export const namespaceSchema = z.strictObject({ namespace })
export const readSchema = z.strictObject({
  namespace,
  key,
  ...moment,
  version: whole.optional().openapi({ description: 'As it was when the key had this version' }),
})
export const removeSchema = z.strictObject({ namespace, key, ifVersion: whole.optional() })
export const listSchema = z.strictObject({
  namespace,
  prefix: z.string().max(10_000).optional(),
  after: z.string().max(10_000).optional().openapi({ description: 'The `next` of the page before' }),
  limit: limit(pageMax).default(pageDefault),
  ...moment,
})
export const historySchema = z.strictObject({
  namespace,
  key,
  before: whole.optional().openapi({ description: 'Changes before this sequence' }),
  limit: limit(pageMax).default(pageDefault),
})
export const watchSchema = z.strictObject({
  namespace,
  key: key.optional().openapi({ description: 'One key' }),
  pattern: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .openapi({ description: '`*` stands for any text; default *' }),
  since: position.optional().openapi({
    description: 'What was handled: the `id` of its message, or a sequence; default: from now on',
  }),
  lagMax: whole.optional().openapi({ description: 'Changes to be behind before a resync. Default 10,000' }),
})
export const subscribeSchema = z.strictObject({ pattern: z.string().min(1).max(10_000).default('*') })
export const logSchema = z.strictObject({
  run: z.string().min(1).max(400).optional().openapi({ description: "Default: the token's" }),
  after: whole.default(0),
  limit: limit(pageMax).default(pageDefault),
})

const condition = { ifVersion: version.optional(), ifAbsent: z.boolean().optional() }

export const putSchema = z
  .strictObject({ value: z.unknown(), ttlMs, ...condition })
  .openapi('StatePut', { example: { value: { left: 3 }, ifVersion: 7 } })
export const incrementSchema = z
  .strictObject({ by: z.number().default(1), ttlMs, ifVersion: version.optional() })
  .openapi('StateIncrement')
export const transactionSchema = z
  .strictObject({
    writes: z
      .array(
        z.strictObject({
          namespace,
          key,
          value: z.unknown().optional(),
          delete: z.literal(true).optional(),
          increment: z.number().optional(),
          check: z.literal(true).optional(),
          ttlMs,
          keepExpiry: z.boolean().optional(),
          result: z
            .unknown()
            .optional()
            .openapi({ description: 'Kept with the change, told when the operation is repeated' }),
          ...condition,
          operation: z.string().min(1).max(10_000).optional(),
          earlier: z.array(z.string().min(1).max(10_000)).max(100).optional().openapi({
            description: 'Its ids in attempts that failed, newest first: done the same, it is not done again',
          }),
        }),
      )
      .max(10_000),
  })
  .openapi('StateTransaction', {
    description: 'Each write is one of value, delete, increment and check; all are applied or none',
  })
export const publishSchema = z
  .strictObject({ channel: z.string().min(1).max(10_000), message: z.unknown() })
  .openapi('Publish')
export const forkSchema = z
  .strictObject({
    namespace: z.string().min(1).max(1000),
    from: namespace,
    at: z.union([z.strictObject({ sequence: whole }), z.strictObject({ time: z.number() })]).optional(),
  })
  .openapi('StateFork')

const provenance = z
  .object({
    run: z.string().optional(),
    step: z.string().optional(),
    agent: z.string().optional(),
    cause: z.string().optional(),
    epoch: z.int().optional(),
  })
  .openapi('Provenance')

export const entrySchema = z
  .object({ key: z.string(), value: anyJson, version, at: ms, expiresAt: ms.optional(), provenance })
  .openapi('StateEntry')
export const outcomeSchema = z
  .object({
    ok: z.literal(true),
    key: z.string(),
    version,
    sequence,
    value: z.number().optional(),
    repeated: z.literal(true).optional(),
    result: anyJson.optional(),
  })
  .openapi('StateOutcome', {
    description:
      '`value` is what an increment made; `repeated`: it was done before, with this outcome and this `result`',
  })
export const operationSchema = z.strictObject({ namespace, operation: z.string().min(1).max(10_000) })
export const recordedSchema = z
  .object({
    sequence,
    key: z.string().optional(),
    version: version.optional(),
    value: anyJson.optional(),
    expiresAt: ms.optional(),
    result: anyJson.optional(),
  })
  .openapi('StateRecorded', { description: 'Of an erased write only the sequence is known' })
export const outcomesSchema = z.object({ outcomes: z.array(outcomeSchema) }).openapi('StateOutcomes')
export const entriesSchema = z
  .object({
    namespace: z.string(),
    sequence,
    entries: z.array(entrySchema),
    next: z.string().optional().openapi({
      description: 'There may be more: pass it as `after`, and `sequence` to stay at the same moment',
    }),
  })
  .openapi('StateEntries')
export const changeSchema = z
  .object({
    kind: z.literal('change'),
    namespace: z.string(),
    key: z.string(),
    sequence,
    version,
    at: ms,
    value: anyJson.optional(),
    ended: z.enum(['deleted', 'expired', 'erased']).optional(),
    expiresAt: ms.optional(),
    operation: z.string().optional(),
    provenance,
  })
  .openapi('StateChange')
export const changesSchema = z
  .object({
    changes: z.array(changeSchema),
    next: z.int().optional().openapi({ description: 'There are more: pass it as `before`' }),
  })
  .openapi('StateChanges', { description: 'Newest first' })
export const namespaceViewSchema = z
  .object({
    namespace: z.string(),
    sequence,
    origin: z.object({ namespace: z.string(), sequence }).optional(),
  })
  .openapi('StateNamespace')
export const forkedSchema = z.object({ namespace: z.string(), sequence }).openapi('StateForked')

export const writeHeaders = z.object({
  'idempotency-key': z.string().optional().openapi({
    description:
      'Sent again, the recorded outcome is answered and nothing is written, under a condition only while what was written stands (else 409); with another write it is refused (422). After an attempt that failed another write is made',
  }),
  'if-match': z.string().optional().openapi({ description: 'The version the key must have', example: '"7"' }),
  'if-none-match': z.literal('*').optional().openapi({ description: 'The key must be absent' }),
})
