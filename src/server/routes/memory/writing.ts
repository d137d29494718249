import type { Context } from 'hono'
import { ConcordError } from '../../../domain/errors.ts'
import type { Json } from '../../../domain/json.ts'
import type { StateWrite, WriteOutcome } from '../../../ports/state-store.ts'
import { bodyOf } from '../../body.ts'
import { invalid } from '../../problem.ts'
import { type App, json, route, type Services } from '../../route.ts'
import { type Caller, callerOf, underKey } from './caller.ts'
import { conditionOf, keyOf, noQuery, queryOnce } from './request.ts'
import {
  addressSchema,
  forkedSchema,
  forkSchema,
  incrementSchema,
  outcomeSchema,
  outcomesSchema,
  putSchema,
  removeSchema,
  transactionSchema,
  writeHeaders,
} from './schemas.ts'

type Refused = Extract<WriteOutcome, { ok: false }>

const conflict = (write: StateWrite, refused: Refused, outcomes?: WriteOutcome[]): ConcordError => {
  const { version, repeated } = refused
  const rule = repeated
    ? 'what it wrote before must still stand'
    : `its version must be ${write.ifAbsent ? 0 : write.ifVersion}`
  return new ConcordError(
    'version.conflict',
    `Cannot write ${JSON.stringify(write.key)} in ${JSON.stringify(write.namespace)} as ${rule}: it is ${version}; read it and decide again`,
    {
      details: {
        key: write.key,
        version,
        ...(repeated === undefined ? {} : { repeated }),
        ...(outcomes === undefined ? {} : { outcomes }),
      },
    },
  )
}

const versionMeant = ({ ifVersion, ifAbsent }: StateWrite): number | undefined => (ifAbsent ? 0 : ifVersion)

/** An id that the caller gave to one of several writes. */
const named = (
  caller: Caller,
  operation: string,
  earlier: readonly string[] = caller.earlier(operation),
): Pick<StateWrite, 'operation' | 'earlier'> => ({
  operation: caller.operation(operation),
  ...(earlier.length === 0 ? {} : { earlier: earlier.map(caller.operation) }),
})

const body = <S extends Parameters<typeof bodyOf>[1]>(schema: S) => ({
  content: { 'application/json': { schema } },
})

export const writingRoutes = (app: App, { concord }: Services): void => {
  const { store } = concord.memory

  /** One write in the caller's name. */
  const write = async (
    c: Context,
    caller: Caller,
    given: Omit<StateWrite, 'provenance' | 'attempt' | 'namespace'> & { namespace?: string | undefined },
  ): Promise<Response> => {
    const full: StateWrite = {
      ...given,
      namespace: caller.namespace(given.namespace, 'write'),
      ...caller.by,
      ...underKey(caller, keyOf(c)),
    }
    const [outcome] = await store.write([full])
    if (outcome === undefined) throw new ConcordError('internal', 'the state store answered no outcome')
    if (!outcome.ok) throw conflict(full, outcome)
    c.header('etag', `"${outcome.version}"`)
    return c.json(outcome)
  }

  route(
    app,
    {
      method: 'put',
      path: '/memory/state',
      tags: ['memory'],
      summary: 'Set a key',
      request: { query: addressSchema, headers: writeHeaders, body: body(putSchema) },
      responses: { 200: json('Written; the ETag is the version', outcomeSchema) },
      problems: [400, 409, 413, 422, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, key } = queryOnce(c, addressSchema)
      const { value, ttlMs, ...condition } = await bodyOf(c, putSchema)
      if (value === undefined)
        throw invalid('Cannot set a key as the body must have "value"; to end it, DELETE it')
      return write(c, caller, {
        namespace,
        key,
        value: value as Json,
        ...conditionOf(c, condition),
        ...(ttlMs === undefined ? {} : { ttlMs }),
      })
    },
  )

  route(
    app,
    {
      method: 'delete',
      path: '/memory/state',
      tags: ['memory'],
      summary: 'Delete a key',
      request: { query: removeSchema, headers: writeHeaders },
      responses: { 200: json('Gone', outcomeSchema) },
      problems: [400, 409, 422, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, key, ifVersion } = queryOnce(c, removeSchema)
      return write(c, caller, { namespace, key, delete: true, ...conditionOf(c, { ifVersion }) })
    },
  )

  route(
    app,
    {
      method: 'post',
      path: '/memory/state/increment',
      tags: ['memory'],
      summary: 'Add to a number where it is stored',
      request: { query: addressSchema, headers: writeHeaders, body: body(incrementSchema) },
      responses: { 200: json('`value` is the sum', outcomeSchema) },
      problems: [400, 409, 413, 422, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, key } = queryOnce(c, addressSchema)
      const { by, ttlMs, ifVersion } = await bodyOf(c, incrementSchema)
      return write(c, caller, {
        namespace,
        key,
        increment: by,
        ...conditionOf(c, { ifVersion }),
        ...(ttlMs === undefined ? {} : { ttlMs }),
      })
    },
  )

  transactionRoute(app, { concord })
  forkRoute(app, { concord })
}

const transactionRoute = (app: App, { concord }: Pick<Services, 'concord'>): void =>
  route(
    app,
    {
      method: 'post',
      path: '/memory/transaction',
      tags: ['memory'],
      summary: 'Several writes as one: all or none',
      description:
        'Writes without `operation` are told apart by their place when an Idempotency-Key is sent. Refused with 409: `outcomes` has the versions that stood in the way.',
      request: { headers: writeHeaders.pick({ 'idempotency-key': true }), body: body(transactionSchema) },
      responses: { 200: json('Written', outcomesSchema) },
      problems: [400, 409, 413, 422, 503],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { writes } = await bodyOf(c, transactionSchema)
      noQuery(c)
      const whole = keyOf(c)
      const full = writes.map(({ operation, earlier, namespace, ...rest }, i): StateWrite => {
        const place = whole === undefined || rest.check ? undefined : `${whole}/${i}`
        return {
          ...(rest as Partial<StateWrite>),
          key: rest.key,
          namespace: caller.namespace(namespace, rest.check ? 'read' : 'write'),
          ...caller.by,
          ...(operation === undefined ? underKey(caller, place) : named(caller, operation, earlier)),
        }
      })
      const outcomes = await concord.memory.store.write(full)
      const at = outcomes.findIndex((outcome, i) => {
        const meant = versionMeant(full[i]!)
        if (outcome.ok) return false
        return outcome.repeated || (meant !== undefined && meant !== outcome.version)
      })
      const refused = outcomes[at]
      if (refused?.ok === false) throw conflict(full[at]!, refused, outcomes)
      return c.json({ outcomes })
    },
  )

const forkRoute = (app: App, { concord }: Pick<Services, 'concord'>): void =>
  route(
    app,
    {
      method: 'post',
      path: '/memory/fork',
      tags: ['memory'],
      summary: 'Make an empty namespace a copy-on-write overlay of another',
      description: 'With a concord-token: below the run, `run/{id}/{name}`.',
      request: { body: body(forkSchema) },
      responses: { 200: json('Forked; sent again nothing more happens', forkedSchema) },
      problems: [400, 404, 409, 413],
    },
    async (c) => {
      const caller = await callerOf(concord, c)
      const { namespace, from, at } = await bodyOf(c, forkSchema)
      noQuery(c)
      const { provenance } = caller.by
      const target = caller.namespace(namespace, 'write')
      await caller.current()
      const { sequence } = await concord.memory.store.fork(target, {
        from: caller.namespace(from, 'read'),
        ...(provenance === undefined ? {} : { provenance }),
        ...(at === undefined ? {} : { at }),
      })
      return c.json({ namespace, sequence })
    },
  )
