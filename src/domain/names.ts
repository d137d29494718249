import { ConcordError } from './errors.ts'

/*
 * The names of streams and of namespaces: made and read here and nowhere else. `test/architecture/names.test.ts` finds any other place.
 * Invariants:
 * 1. Two different things never share a name: a prefix says the kind, and what follows it is the id as it is. Only the id of a
 *    run is followed by something, so it alone may have no `/`: `runNamespace` refuses it.
 * 2. Names are stored: what is made here may gain kinds and must not change.
 * 3. `tenant/` and `live/` are reserved. Nothing makes them yet, and `namespaceNamed` refuses them.
 * Makers and readers that see every event allocate nothing but the name.
 */

/** For patterns in a store's own language, such as GLOB. */
export const runPrefix = 'run/'
export const statePrefix = 'state/'
const inboxPrefix = 'inbox/'
const threadPrefix = 'thread/'
const subjectPrefix = 'subject/'
const teamPrefix = 'team/'
const wakePrefix = 'wake/'
const livePrefix = 'live/'
const tenantPrefix = 'tenant/'

const invalid = (meant: string, problem: string): ConcordError =>
  new ConcordError('input.invalid', `Cannot use ${JSON.stringify(meant.slice(0, 200))} as ${problem}`)

const after = (name: string, prefix: string): string | undefined =>
  name.startsWith(prefix) ? name.slice(prefix.length) : undefined

/** Whether `name` is `base`, or `base` followed by the separator and anything. */
const isAtOrBelow = (name: string, base: string, separator: string): boolean =>
  name.startsWith(base) && (name.length === base.length || name[base.length] === separator)

// Streams

export type StreamName = { tenant?: string } & (
  | { kind: 'run' | 'inbox'; run: string }
  /** The namespace says the tenant. */
  | { kind: 'state'; namespace: string }
  | { kind: 'audit' }
)

/** What its owner records of a run. */
export const runStream = (run: string): string => `${runPrefix}${run}`
/** What others tell a run. */
export const inboxStream = (run: string): string => `${inboxPrefix}${run}`
/** The changes of a namespace. */
export const stateStream = (namespace: string): string => `${statePrefix}${namespace}`
/** Checkpoints, and what was erased or dropped lawfully. */
export const auditStream = 'audit/trail'

/** The run whose stream it is; undefined for every other stream. */
export const runOfStream = (stream: string): string | undefined => after(stream, runPrefix)
/** The run whose inbox it is; undefined for every other stream. */
export const runOfInbox = (stream: string): string | undefined => after(stream, inboxPrefix)
/** The namespace whose changes it holds; undefined for every other stream. */
export const namespaceOfStream = (stream: string): string | undefined => after(stream, statePrefix)
export const isRunStream = (stream: string): boolean => stream.startsWith(runPrefix)

/** The id of a run that is started by another. Read from it who its parent is nowhere: `run.queued` says that. */
export const childRun = (parent: string, name: string): string => `${parent}.${name}`
/** Whether a stream is the given one of a run, or the same of a run below it. */
export const isOfFamily = (stream: string, own: string): boolean => isAtOrBelow(stream, own, '.')

const streamWithin = (name: string): StreamName | undefined => {
  if (name === auditStream) return { kind: 'audit' }
  const run = runOfStream(name)
  if (run !== undefined) return { kind: 'run', run }
  const inbox = runOfInbox(name)
  return inbox === undefined ? undefined : { kind: 'inbox', run: inbox }
}

/** What a stream is of; undefined for a name that nothing here makes. */
export const parseStream = (name: string): StreamName | undefined => {
  const namespace = namespaceOfStream(name)
  return namespace === undefined ? inTenant(name, streamWithin) : { kind: 'state', namespace }
}

// Namespaces, of state and of knowledge

export type NamespaceName = {
  tenant?: string
} /** `part`: what follows the run's id, a fork of its state for example. */ & (
  | { kind: 'run'; id: string; part?: string }
  | { kind: 'thread' | 'subject' | 'team' | 'wake' | 'live'; id: string }
  | { kind: 'global' }
)

export const globalNamespace = 'global'
/** What users are told that a namespace may be. */
export const namespaceForms = 'run/{id}, thread/{id}, subject/{id}, team/{name} or global'

/** A run's own state and knowledge. `part`: a namespace of its own below it. Throws `input.invalid` for an id with a slash. */
export const runNamespace = (run: string, part?: string): string => {
  if (run.includes('/')) throw invalid(run, 'the id of a run as it has no slash: this one has; name the run')
  return part === undefined ? `${runPrefix}${run}` : `${runPrefix}${run}/${part}`
}
export const threadNamespace = (thread: string): string => `${threadPrefix}${thread}`
export const subjectNamespace = (subject: string): string => `${subjectPrefix}${subject}`
export const teamNamespace = (team: string): string => `${teamPrefix}${team}`
/** Where a wake stands. */
export const wakeNamespace = (wake: string): string => `${wakePrefix}${wake}`
/** Reserved: state that may be lost with the store that holds it. */
export const liveNamespace = (name: string): string => `${livePrefix}${name}`

/** Whether a namespace is a run's own, or below it; `home` is the run's. */
export const isAtHome = (namespace: string, home: string): boolean => isAtOrBelow(namespace, home, '/')

/** The run whose own namespace it is; undefined for every other namespace, those below it too. */
export const runOfNamespace = (namespace: string): string | undefined => {
  const run = after(namespace, runPrefix)
  return run === undefined || run === '' || run.includes('/') ? undefined : run
}
/** The subject whose namespace it is; undefined for every other namespace. */
export const subjectOfNamespace = (namespace: string): string | undefined =>
  after(namespace, subjectPrefix) || undefined

const kinds = [
  ['thread', threadPrefix],
  ['subject', subjectPrefix],
  ['team', teamPrefix],
  ['wake', wakePrefix],
  ['live', livePrefix],
] as const

const namespaceWithin = (name: string): NamespaceName | undefined => {
  if (name === globalNamespace) return { kind: 'global' }
  const run = after(name, runPrefix)
  if (run !== undefined) {
    const slash = run.indexOf('/')
    return slash < 0
      ? { kind: 'run', id: run }
      : { kind: 'run', id: run.slice(0, slash), part: run.slice(slash + 1) }
  }
  for (const [kind, prefix] of kinds)
    if (name.startsWith(prefix)) return { kind, id: name.slice(prefix.length) }
  return undefined
}

/** What a namespace is of; undefined for a name that nothing here makes. */
export const parseNamespace = (name: string): NamespaceName | undefined => inTenant(name, namespaceWithin)

const given = [runPrefix, threadPrefix, subjectPrefix, teamPrefix, wakePrefix]
const beginsOneOf = (name: string, prefixes: readonly string[]): boolean => {
  for (const prefix of prefixes) if (name.length > prefix.length && name.startsWith(prefix)) return true
  return false
}

/** What is wrong with a namespace whose kind is reserved. */
export const reservedProblem = (name: string): string | undefined => {
  if (name.startsWith(livePrefix))
    return 'live/{name} is reserved for live state, which no store keeps yet; use a durable namespace, for example team/{name}'
  if (name.startsWith(tenantPrefix))
    return 'tenant/{id}/ is reserved for tenants, which do not exist yet; leave the prefix out'
  return undefined
}

/** Throws `input.invalid` for a namespace whose kind is reserved. */
export const refuseReserved = (name: string): void => {
  const problem = reservedProblem(name)
  if (problem !== undefined) throw invalid(name, `a namespace as ${problem}`)
}

/** A namespace as users may name it. Throws `input.invalid` for any other word, and for a reserved one. */
export const namespaceNamed = (name: string): string => {
  if (typeof name === 'string') {
    if (name === globalNamespace || beginsOneOf(name, given)) return name
    refuseReserved(name)
  }
  throw invalid(
    String(name),
    `a namespace is ${namespaceForms}: this is none; name one, for example team/stock`,
  )
}

const likeNamespaces = [runPrefix, threadPrefix, subjectPrefix, teamPrefix, livePrefix, tenantPrefix]

/** Channels named like namespaces are as private as those; all others are as `global`. */
export const namespaceOfChannel = (channel: string): string => {
  for (const prefix of likeNamespaces) if (channel.startsWith(prefix)) return channel
  return globalNamespace
}

// Tenants: a prefix of namespaces, and of the streams that are of no namespace

const ofTenant = (tenant: string): string => {
  if (tenant === '' || tenant.includes('/'))
    throw invalid(
      tenant,
      'a tenant as its id is a word without a slash: this is none; name one, for example acme',
    )
  return `${tenantPrefix}${tenant}/`
}

/** Reserved: a namespace of a tenant. Throws `input.invalid` for an empty id or one with a slash. */
export const tenantNamespace = (tenant: string, namespace: string): string =>
  `${ofTenant(tenant)}${namespace}`

/** Reserved: a stream of a tenant. Throws `input.invalid` for an empty id or one with a slash. */
export const tenantStream = (tenant: string, stream: string): string => {
  const namespace = namespaceOfStream(stream)
  return namespace === undefined
    ? `${ofTenant(tenant)}${stream}`
    : stateStream(tenantNamespace(tenant, namespace))
}

function inTenant<Name extends object>(
  name: string,
  parse: (rest: string) => Name | undefined,
): (Name & { tenant?: string }) | undefined {
  const named = after(name, tenantPrefix)
  if (named === undefined) return parse(name)
  const slash = named.indexOf('/')
  const parsed = slash < 1 ? undefined : parse(named.slice(slash + 1))
  return parsed && { ...parsed, tenant: named.slice(0, slash) }
}
