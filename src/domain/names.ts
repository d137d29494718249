import { ConcordError } from './errors.ts'

/*
 * The names of streams and of namespaces are made and read here and nowhere else:
 * `test/architecture/names.test.ts` finds any other place. Invariants:
 * 1. Two different things never share a name. A prefix says the kind; the id follows as it is.
 *    Only a run's id is followed by something, so it has no `/`: `runNamespace` refuses one.
 * 2. Names are stored: a kind may be added, and no name may change.
 * 3. `tenant/` and `live/` are reserved: nothing makes them yet, and `namespaceNamed` refuses them.
 * 4. Makers and the readers of one kind allocate nothing but the string that they return.
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

/** The tenant of a state stream is in its namespace. */
export type StreamName = { tenant?: string } & (
  | { kind: 'run' | 'inbox'; run: string }
  | { kind: 'state'; namespace: string }
  | { kind: 'audit' }
)

/** The events of a run; only its owner appends. */
export const runStream = (run: string): string => `${runPrefix}${run}`
/** Signals for a run; any process may append. */
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

/** The id of a run that another one starts. It is never parsed: `run.queued` names the parent. */
export const childRun = (parent: string, name: string): string => `${parent}.${name}`
/**
 * The child run of a spread step's item, `{step}` or `{step}/{index}`. Nobody can name a run so: ids
 * that are given have no `~`.
 */
export const itemRun = (parent: string, plan: number, redo: number, item: string): string =>
  childRun(parent, `~${plan}-${redo}-${item.replace('/', '~')}`)
/** What the id of an item's run contains, and no other's: for patterns in a store's own language. */
export const itemMark = '.~'
/** Whether a run is the child run of a spread step's item. */
export const isItemRun = (run: string): boolean => run.includes(itemMark)
/** Whether a stream is `own`, a run's stream or inbox, or the same of a run that it started. */
export const isOfFamily = (stream: string, own: string): boolean => isAtOrBelow(stream, own, '.')

const streamWithin = (name: string): StreamName | undefined => {
  if (name === auditStream) return { kind: 'audit' }
  const run = runOfStream(name)
  if (run !== undefined) return { kind: 'run', run }
  const inbox = runOfInbox(name)
  return inbox === undefined ? undefined : { kind: 'inbox', run: inbox }
}

/** The parts of a stream's name; undefined for a name that no maker here returns. */
export const parseStream = (name: string): StreamName | undefined => {
  const namespace = namespaceOfStream(name)
  return namespace === undefined ? inTenant(name, streamWithin) : { kind: 'state', namespace }
}

// Namespaces, of state and of knowledge

/** Of a run, `part` is what follows its id: a fork of its state, for example. */
export type NamespaceName = { tenant?: string } & (
  | { kind: 'run'; id: string; part?: string }
  | { kind: 'thread' | 'subject' | 'team' | 'wake' | 'live'; id: string }
  | { kind: 'global' }
)

export const globalNamespace = 'global'
/** The namespaces that users may name, for messages and help. */
export const namespaceForms = 'run/{id}, thread/{id}, subject/{id}, team/{name} or global'

/**
 * A run's own state and knowledge, or a part below it, such as a fork.
 * Throws `input.invalid` for an id with a slash.
 */
export const runNamespace = (run: string, part?: string): string => {
  if (run.includes('/'))
    throw invalid(run, 'the id of a run as it must have no slash: this one has one; give the id alone')
  return part === undefined ? `${runPrefix}${run}` : `${runPrefix}${run}/${part}`
}
export const threadNamespace = (thread: string): string => `${threadPrefix}${thread}`
export const subjectNamespace = (subject: string): string => `${subjectPrefix}${subject}`
export const teamNamespace = (team: string): string => `${teamPrefix}${team}`
/** The cursor of a wake. */
export const wakeNamespace = (wake: string): string => `${wakePrefix}${wake}`
/** Live state, which may be lost with the store that holds it. */
export const liveNamespace = (name: string): string => `${livePrefix}${name}`

/** Whether a namespace is of live state, of a tenant or of none. */
export const isLiveNamespace = (namespace: string): boolean => {
  const parsed = parseNamespace(namespace)
  return parsed?.kind === 'live' && parsed.id !== ''
}

/** Whether a namespace is `home`, a run's own, or a part below it. */
export const isAtHome = (namespace: string, home: string): boolean => isAtOrBelow(namespace, home, '/')

/** The run whose own namespace it is; undefined for every other one, parts below it included. */
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

/** The parts of a namespace's name; undefined for a name that no maker here returns. */
export const parseNamespace = (name: string): NamespaceName | undefined => inTenant(name, namespaceWithin)

const given = [runPrefix, threadPrefix, subjectPrefix, teamPrefix, wakePrefix]
const beginsOneOf = (name: string, prefixes: readonly string[]): boolean => {
  for (const prefix of prefixes) if (name.length > prefix.length && name.startsWith(prefix)) return true
  return false
}

/** Why a namespace of a reserved kind is refused; undefined for every other. */
export const reservedProblem = (name: string): string | undefined => {
  if (name.startsWith(livePrefix))
    return 'live/{name} is reserved for live state, which no store keeps yet; use a durable namespace, for example team/{name}'
  if (name.startsWith(tenantPrefix))
    return 'tenant/{id}/ is reserved for tenants, which do not exist yet; leave the prefix out'
  return undefined
}

/** Throws `input.invalid` for a namespace of a reserved kind. */
export const refuseReserved = (name: string): void => {
  const problem = reservedProblem(name)
  if (problem !== undefined) throw invalid(name, `a namespace as ${problem}`)
}

/** A namespace that a user named. Throws `input.invalid` for other words and reserved kinds. */
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

/** A channel named like a namespace is as private as that namespace; any other is as `global`. */
export const namespaceOfChannel = (channel: string): string => {
  for (const prefix of likeNamespaces) if (channel.startsWith(prefix)) return channel
  return globalNamespace
}

// Tenants: a prefix of namespaces, and of streams other than `state/`

const ofTenant = (tenant: string): string => {
  if (tenant === '' || tenant.includes('/'))
    throw invalid(
      tenant,
      'a tenant as its id must be a word without a slash: this is not; name one, for example acme',
    )
  return `${tenantPrefix}${tenant}/`
}

/** Reserved: a tenant's namespace. Throws `input.invalid` for an empty id and one with a slash. */
export const tenantNamespace = (tenant: string, namespace: string): string =>
  `${ofTenant(tenant)}${namespace}`

/** Reserved: a tenant's stream. Throws `input.invalid` for an empty id and one with a slash. */
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
