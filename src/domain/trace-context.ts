import { hash } from 'node:crypto'

/** A run's place in a distributed trace, in the words of W3C Trace Context (Level 2). */
export type TraceContext = {
  /** 32 hex digits: one trace for everything that one request led to. */
  traceId: string
  /** 16 hex digits: the run's own span. */
  spanId: string
  /** The span that started the run; absent where the trace begins with it. */
  parentId?: string
  /** The caller asked not to record the trace; passed on. */
  sampled?: false
}

/** The trace that a new run continues. */
export type TraceParent = Omit<TraceContext, 'spanId'>

const hex = (text: string, digits: number): string => hash('sha256', text).slice(0, digits)

/** The span of an execution, by its idempotency key: the same when it is repeated after a crash. */
export const spanIdOf = (key: string): string => hex(key, 16)

/** A run's place in the trace it continues; without one, the first of a trace of its own. Repeating gives the same. */
export const traceOfRun = (run: string, parent?: TraceParent): TraceContext => ({
  ...(parent ?? { traceId: hex(run, 32) }),
  spanId: spanIdOf(`run ${run}`),
})

/** The trace as what a span of the run starts continues it. Runs of 0.1 recorded none: theirs follows from their id. */
export const continued = (run: { id: string; trace?: TraceContext }, spanId: string): TraceParent => {
  const { traceId, sampled } = run.trace ?? traceOfRun(run.id)
  return sampled === undefined ? { traceId, parentId: spanId } : { traceId, parentId: spanId, sampled }
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent` header. One that is not valid is undefined: the specification starts a new trace then. */
export const parseTraceparent = (header: string | undefined): TraceParent | undefined => {
  const [, version, traceId = '', parentId = '', flags = '', more] = pattern.exec(header?.trim() ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1
  return isSampled ? { traceId, parentId } : { traceId, parentId, sampled: false }
}

/** The `traceparent` header of a call that a span makes. */
export const formatTraceparent = ({ traceId, parentId = '', sampled }: TraceParent): string =>
  `00-${traceId}-${parentId}-${sampled === false ? '00' : '01'}`
