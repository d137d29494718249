import { z } from '@hono/zod-openapi'
import type { JsonObject } from '../domain/json.ts'
import { isObject } from '../domain/reference.ts'
import type { RunPlace } from '../ports/event-log.ts'

/*
 * The shapes of the HTTP API. What comes in is strict: a limit misspelt would be no limit. What goes out is described for clients, and
 * made by `view.ts`.
 */

export const anyJson = z.unknown().openapi({ description: 'Any JSON value' })
/** An object of any members, kept as it was sent: a record would drop one that is called `__proto__`. */
export const anyObject = z
  .custom<JsonObject>(isObject, 'Invalid input: expected an object')
  .openapi({ type: 'object', additionalProperties: {} })
const params = anyObject.openapi({ description: 'Data that goes with the goal' })
const ms = z.number().openapi({ description: 'Milliseconds since the epoch' })

const limits = z
  .strictObject({
    timeMs: z.number().positive().optional(),
    tokens: z.number().nonnegative().optional(),
    money: z.number().nonnegative().optional(),
    steps: z.int().nonnegative().optional(),
    depth: z.int().nonnegative().optional(),
  })
  .openapi('Limits', { description: 'Hard limits of a run and everything below it; absent is unlimited' })

export const goalSchema = z
  .strictObject({
    goal: z.string().trim().min(1).max(100_000),
    params: params.optional(),
    team: z.string().min(1).max(200).optional(),
    thread: z.string().min(1).max(200).optional(),
    subject: z.string().min(1).max(200).optional(),
    budget: limits.optional(),
    criteria: z.array(z.string().max(10_000)).max(100).optional(),
    tags: z.array(z.string().min(1).max(100)).max(20).optional().openapi({
      description: 'Free words that runs are found by: different ones, without a comma',
    }),
  })
  .openapi('Goal', { example: { goal: 'Summarize the latest advances in multimodal LLMs', params: {} } })

export const forkSchema = z
  .strictObject({
    at: z.int().positive().optional().openapi({ description: 'Version of the last event both share' }),
    params: params.optional(),
    goal: z.string().trim().min(1).max(100_000).optional(),
  })
  .openapi('Fork')

const address = {
  step: z.string().min(1).max(300).optional(),
  name: z.string().min(1).max(300).optional(),
  by: z.string().min(1).max(200).optional().openapi({
    description: 'Who the caller says it is: recorded as "claimedBy"; "by" is who was authenticated',
  }),
}
/** A decision names the wait it is about, as `waits` shows it: by `hash`, or by `name`. */
const decision = {
  ...address,
  hash: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/)
    .optional()
    .openapi({ description: 'Of the wait that is decided: the first 8 to 64 characters of its "hash"' }),
}
const reason = z.string().max(10_000).optional()

export const signalSchemas = {
  cancel: z.strictObject({ reason, by: address.by }).openapi('Cancel'),
  pause: z.strictObject({ reason, by: address.by }).openapi('Pause'),
  resume: z.strictObject({ by: address.by }).openapi('Resume'),
  signal: z
    .strictObject({ ...address, name: z.string().min(1).max(300), value: z.unknown().optional() })
    .openapi('Signal'),
  approve: z.strictObject({ ...decision, value: z.unknown().optional() }).openapi('Approve'),
  answer: z.strictObject({ ...decision, value: z.unknown() }).openapi('Answer'),
  reject: z.strictObject({ ...decision, reason }).openapi('Reject'),
  message: z.strictObject({ ...address, value: z.unknown() }).openapi('Message'),
}

export const runsQuerySchema = z.strictObject({
  status: z.string().optional().openapi({
    description: 'One or several, with commas: queued running waiting suspended succeeded failed cancelled',
    example: 'running,waiting',
  }),
  team: z.string().optional(),
  thread: z.string().optional(),
  tag: z.string().optional().openapi({ description: 'Runs whose goal has this tag' }),
  principal: z.string().optional().openapi({ description: 'Runs that this principal asked for, by its id' }),
  text: z.string().min(1).optional().openapi({
    description:
      'Runs whose goal contains this text, whatever the case; the first 2,000 characters are searched. Finds nothing in goals that a policy encrypted',
  }),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  before: z
    .string()
    .regex(/^\d{1,16}(:.{1,1000})?$/, 'an instant in ms, or the `next` of a page')
    .transform((text): number | RunPlace => {
      const at = text.indexOf(':')
      return at < 0 ? Number(text) : { createdAt: Number(text.slice(0, at)), run: text.slice(at + 1) }
    })
    .optional()
    .openapi({
      type: 'string',
      description: 'The `next` of the page before; or an instant in ms: runs created before it',
    }),
})

export const eventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).optional().openapi({ description: 'Events behind this version' }),
  limit: z.coerce.number().int().min(1).optional().openapi({ description: 'Of a JSON answer' }),
})

export const traceQuerySchema = z.strictObject({ format: z.enum(['json', 'text']).default('json') })

export const idParam = z.object({ id: z.string().openapi({ description: 'Id of the run' }) })

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string().optional(),
    runId: z.string().optional(),
    reasons: z.array(z.string()).optional(),
  })
  .openapi('Problem', { description: 'Problem details, RFC 9457' })

const failure = z
  .looseObject({ code: z.string(), message: z.string() })
  .openapi('Failure', { description: 'Why something failed' })

const wait = z
  .object({
    step: z.string(),
    for: z.enum(['approval', 'answer', 'signal', 'timer', 'child', 'message']),
    name: z.string(),
    prompt: z.string().optional(),
    until: ms.optional(),
    run: z.string().optional(),
    hash: z.string().optional().openapi({
      description:
        'Of an approval or a question: SHA-256 of everything that is shown, and of where it happens',
    }),
    agent: z.string().optional(),
    tool: z.string().optional(),
    input: anyJson.optional().openapi({ description: 'The whole input of what will be done' }),
  })
  .openapi('Wait', { description: 'What a waiting step waits for' })

const status = z.enum(['queued', 'running', 'waiting', 'suspended', 'succeeded', 'failed', 'cancelled'])

export const successSchema = z
  .object({ status: z.literal('success'), output: anyJson, runId: z.string() })
  .openapi('Success')

export const acceptedSchema = z
  .object({ runId: z.string(), status, waits: z.array(wait).optional() })
  .openapi('Accepted')

const principal = z
  .object({ id: z.string(), tenant: z.string().optional(), roles: z.array(z.string()).optional() })
  .openapi('Principal', { description: 'Who asked, as authenticated; absent: unknown' })

export const runSummarySchema = z
  .object({
    id: z.string(),
    status,
    goal: z.string(),
    team: z.string(),
    thread: z.string().optional(),
    tags: z.array(z.string()).optional(),
    principal: principal.optional(),
    createdAt: ms,
    updatedAt: ms,
    parent: z.string().optional(),
    failure: failure.optional(),
  })
  .openapi('RunSummary')

export const runsSchema = z
  .object({
    runs: z.array(runSummarySchema),
    next: z.string().optional().openapi({ description: 'Pass as `before` for the next page' }),
  })
  .openapi('Runs')

const step = z
  .looseObject({
    id: z.string(),
    agent: z.string(),
    status: z.enum(['pending', 'ready', 'running', 'waiting', 'retrying', 'succeeded', 'failed', 'skipped']),
    redo: z.int(),
    output: anyJson.optional(),
    failure: failure.optional(),
    retryAt: ms.optional().openapi({ description: 'When a step that is `retrying` is tried again' }),
  })
  .openapi('StepView')

export const runSchema = z
  .looseObject({
    id: z.string(),
    status,
    goal: z.string(),
    team: z.string(),
    tags: z.array(z.string()).optional(),
    principal: principal.optional(),
    trace: z
      .object({ traceId: z.string(), spanId: z.string(), parentId: z.string().optional() })
      .optional()
      .openapi({ description: 'Its place in a distributed trace, in the words of W3C Trace Context' }),
    version: z.int().openapi({ description: 'Version of the last event this view contains' }),
    createdAt: ms,
    updatedAt: ms,
    output: anyJson.optional(),
    failure: failure.optional(),
    reasons: z.array(z.string()),
    plan: z.object({ version: z.int(), steps: z.array(step) }).optional(),
    tasks: z.array(step).optional().openapi({ description: 'What its strategy had executed outside a plan' }),
    waits: z.array(wait),
    blocked: z.string().optional().openapi({
      description: 'What this server lacks to execute the run, which no living process advances',
    }),
    spent: z.object({ tokens: z.number(), money: z.number(), steps: z.int(), cachedTokens: z.number() }),
  })
  .openapi('Run')

export const traceSchema = z
  .looseObject({
    kind: z.string(),
    name: z.string(),
    status: z.string().optional(),
    at: ms,
    ms: z.number().optional(),
    tokens: z.number(),
    money: z.number(),
    reasons: z.array(z.string()),
    children: z
      .array(z.unknown())
      .openapi({ description: 'What happened inside it: nodes of the same shape' }),
  })
  .openapi('Trace')

export const eventSchema = z
  .looseObject({
    id: z.string(),
    stream: z.string(),
    version: z.int(),
    position: z.int(),
    at: ms,
    type: z.string(),
    epoch: z.int(),
    data: z.looseObject({}),
  })
  .openapi('Event')

const agentCard = z
  .looseObject({ name: z.string(), description: z.string(), role: z.string(), kind: z.string() })
  .openapi('AgentCard')

export const agentsSchema = z
  .object({
    agents: z.array(agentCard.extend({ teams: z.array(z.string()) })),
  })
  .openapi('Agents')

export const teamsSchema = z
  .object({
    teams: z.array(
      z.looseObject({
        name: z.string(),
        description: z.string(),
        strategy: z.string(),
        planner: z.string().optional(),
        checker: z.string().optional(),
        agents: z.array(agentCard),
      }),
    ),
  })
  .openapi('Teams')

export const healthSchema = z
  .looseObject({
    status: z.enum(['ok', 'failing']),
    blocked: z
      .object({ runs: z.int(), reasons: z.array(z.string()) })
      .optional()
      .openapi({ description: 'Runs that this server lacks something for, and that no other executes' }),
  })
  .openapi('Health')
