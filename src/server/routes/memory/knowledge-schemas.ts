import { z } from '@hono/zod-openapi'
import { globalNamespace } from '../../../domain/names.ts'
import { knowledgeLimits } from '../../../ports/knowledge-store.ts'
import { anyObject } from '../../schemas.ts'

const { idCharsMax, subjectCharsMax, labelCharsMax, listMax, neighboursMax } = knowledgeLimits

const namespace = z
  .string()
  .min(1)
  .max(1000)
  .default(globalNamespace)
  .openapi({ description: 'Default global', example: 'subject/ann' })
const named = z.string().min(1).max(1000).optional().openapi({
  description: 'In the query or in the body; default global',
  example: 'subject/ann',
})
const id = z.string().min(1).max(idCharsMax)
const text = z.string().min(1)
const subject = z
  .string()
  .min(1)
  .max(subjectCharsMax)
  .optional()
  .openapi({ description: 'Whom or what it is about' })
const ms = z.number().openapi({ description: 'Milliseconds since the epoch' })
const modality = z.enum(['text', 'image', 'audio'])
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const ordered = z.union([z.string(), z.number()]).optional()
const metadata = anyObject
const span = { start: z.int(), end: z.int() }

export const documentAddressSchema = z.strictObject({ namespace, id })
export const documentsSchema = z.strictObject({
  namespace,
  after: z.string().max(1000).optional().openapi({ description: 'The `next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
export const statsQuerySchema = z.strictObject({ namespace })
/** Of a request with a body: where it may be named too. */
export const namespaceQuerySchema = z.strictObject({ namespace: named })

export const addSchema = z
  .strictObject({
    namespace: named,
    id: id.optional().openapi({ description: 'Default: derived from title, text and subject' }),
    title: z.string().max(labelCharsMax).optional(),
    text,
    metadata: metadata.optional(),
    subject,
    source: z
      .string()
      .max(labelCharsMax)
      .optional()
      .openapi({ description: 'Default with a token: its run' }),
    ttlMs: z.number().positive().optional(),
    chunking: z
      .union([z.literal('lines'), z.strictObject({ charsMax: z.int().min(2).optional() })])
      .optional(),
  })
  .openapi('KnowledgeAdd')

/** What is left out is kept as it was. */
export const changeSchema = addSchema
  .omit({ namespace: true, id: true })
  .partial()
  .openapi('KnowledgeChange', { description: 'What is left out is kept' })
export const removalSchema = z
  .strictObject({ namespace: named, ids: z.array(id).max(listMax).optional(), subject })
  .openapi('KnowledgeRemoval', { description: 'Documents by id, or all of a subject' })

export const searchSchema = z
  .strictObject({
    namespace: named,
    question: text.max(100_000),
    limit: z.int().min(1).max(200).default(10),
    filter: z
      .strictObject({
        metadata: z
          .record(
            z.string(),
            z.union([
              scalar,
              z.strictObject({ in: z.array(scalar).max(listMax).optional(), gte: ordered, lte: ordered }),
            ]),
          )
          .optional(),
        subject,
        source: z.string().optional(),
        modality: modality.optional(),
        ids: z.array(id).max(listMax).optional(),
        from: ms.optional(),
        to: ms.optional(),
      })
      .optional(),
    neighbours: z.int().min(0).max(neighboursMax).optional(),
    recency: z
      .strictObject({ halfLifeMs: z.number().positive(), weight: z.number().min(0).optional() })
      .optional(),
    diversity: z.number().min(0).max(1).optional(),
    distinct: z.enum(['chunk', 'document']).optional(),
    precise: z.boolean().optional(),
  })
  .openapi('KnowledgeSearch')

const known = z.looseObject({
  id: z.string(),
  modality,
  title: z.string().optional(),
  metadata,
  subject: z.string().optional(),
  source: z.string().optional(),
  at: ms,
  updatedAt: ms,
  version: z.int(),
})

export const documentSchema = known.extend({ text: z.string() }).openapi('KnowledgeDocument')
export const documentPageSchema = z
  .object({ documents: z.array(documentSchema), next: z.string().optional() })
  .openapi('KnowledgeDocuments')
export const putOutcomeSchema = z
  .object({
    outcome: z.enum(['created', 'updated', 'unchanged', 'duplicate']),
    id: z.string(),
    version: z.int(),
  })
  .openapi('KnowledgePut')
export const hitsSchema = z
  .object({
    hits: z.array(
      z.looseObject({
        document: known,
        ...span,
        text: z.string(),
        score: z.number(),
        scores: z.record(z.string(), z.number()),
        context: z.object({ ...span, text: z.string() }).optional(),
        also: z.array(z.string()).optional(),
      }),
    ),
  })
  .openapi('KnowledgeHits', { description: '`text` is the text of the document from `start` to `end`' })
export const statsSchema = z
  .looseObject({ documents: z.int(), chunks: z.int(), characters: z.number(), unembedded: z.boolean() })
  .openapi('KnowledgeStats')
export const forgottenSchema = z.object({ forgotten: z.int() }).openapi('KnowledgeForgotten')
