import { ConcordError } from '../domain/errors.ts'
import { parseJson } from '../domain/exact.ts'
import type { Json } from '../domain/json.ts'
import { globalNamespace } from '../domain/names.ts'
import type { Concord } from '../platform/concord-types.ts'
import type { Entry, KeyMoment, Moment, Provenance, StateNews, WriteOutcome } from '../ports/state-store.ts'
import { untilStopped } from './listening.ts'
import type { CommonValues } from './options.ts'
import { openWith, settingsOf, storeExists } from './settings.ts'
import type { Terminal } from './terminal.ts'

type State = ReturnType<Concord['state']>

export type MemoryValues = Pick<CommonValues, 'config' | 'dir'> & {
  namespace: string | undefined
  'if-version': string | undefined
  ttl: string | undefined
  at: string | undefined
  since: string | undefined
  limit: string | undefined
  json: boolean
}

type Act = (state: State, words: string[], values: MemoryValues, terminal: Terminal) => Promise<void>

const wholeOf = (option: string, given: string, least = 0): number => {
  const number = Number(given)
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new ConcordError(
    'input.invalid',
    `Cannot use --${option} "${given}" as it is a whole number from ${least}; write for example --${option} 10`,
  )
}

const keyOf = (words: readonly string[], action: string, most = 1): string => {
  const [key] = words
  if (key !== undefined && words.length <= most) return key
  throw new ConcordError(
    'input.invalid',
    `Cannot run "concord memory ${action}" as ${key === undefined ? 'no key is given' : `"${words[most]}" is one argument too many`}; see "concord memory --help"`,
  )
}

/**
 * Anything that is not JSON is text, so that `set name Ann` needs no quotes within quotes; so is an
 * integer that a number cannot hold.
 */
const jsonOrText = (text: string): Json => {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

const lines = (terminal: Terminal, values: MemoryValues, items: readonly object[], plain: string[]): void =>
  terminal.out(
    values.json ? `${JSON.stringify(items, null, 2)}\n` : plain.map((line) => `${line}\n`).join(''),
  )

const by = ({ agent, run, step }: Provenance): string =>
  [agent, [run, step].filter(Boolean).join('/')].filter(Boolean).join(' in ') || 'nobody'

const standing = ({ key, version, value }: Entry): string => `${key}  v${version}  ${JSON.stringify(value)}`

const told = (news: StateNews): string => {
  if (news.kind === 'resync')
    return [
      `${news.sequence}  resync (${news.reason}): ${news.entries.length} keys`,
      ...news.entries.map(standing),
    ].join('\n  ')
  const { sequence, at, key, version, value, ended, provenance } = news
  return `${sequence}  ${new Date(at).toISOString()}  ${key}  v${version}  ${ended ?? JSON.stringify(value)}  by ${by(provenance)}`
}

const refused = (key: string, outcome: WriteOutcome, meant: number | undefined): void => {
  if (outcome.ok) return
  throw new ConcordError(
    'version.conflict',
    `Cannot write "${key}" as its version must be ${meant}: it is ${outcome.version}; read it and decide again`,
    { details: { key, version: outcome.version } },
  )
}

const conditionOf = (values: MemoryValues) =>
  values['if-version'] === undefined ? {} : { ifVersion: wholeOf('if-version', values['if-version']) }

/** `12`: after this change of the namespace; `v3`: when the key had this version; else an instant, as ISO 8601. */
const momentOf = (given: string): KeyMoment => {
  if (/^\d{1,15}$/.test(given)) return { sequence: Number(given) }
  if (/^v\d{1,15}$/.test(given)) return { version: Number(given.slice(1)) }
  const time = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN
  if (Number.isFinite(time)) return { time }
  throw new ConcordError(
    'input.invalid',
    `Cannot use --at "${given}" as a moment is a sequence, a version of the key or an instant; write --at 12, --at v3 or --at 2026-11-22T10:00:00Z`,
  )
}

const listMoment = (given: string): Moment => {
  const at = momentOf(given)
  if (!('version' in at)) return at
  throw new ConcordError(
    'input.invalid',
    `Cannot list --at "${given}" as a version is of one key; give a sequence or an instant`,
  )
}

const historyMoment = (given: string): number => {
  const at = momentOf(given)
  if ('sequence' in at) return at.sequence
  throw new ConcordError(
    'input.invalid',
    `Cannot tell the history up to --at "${given}" as it goes by sequence; take one of those that "concord memory history" shows`,
  )
}

const get: Act = async (state, words, values, terminal) => {
  const key = keyOf(words, 'get')
  const entry = await state.entry(key, values.at === undefined ? {} : { at: momentOf(values.at) })
  if (entry === undefined)
    throw new ConcordError(
      'not-found',
      `Cannot get "${key}" as there is no such key in ${state.namespace}${values.at === undefined ? '' : ` at ${values.at}`}; list them with "concord memory list --namespace ${state.namespace}"`,
    )
  terminal.out(`${values.json ? JSON.stringify(entry, null, 2) : JSON.stringify(entry.value)}\n`)
}

/** Before a store is opened, which `set` makes where there is none. */
const checkSet = (words: readonly string[]): [key: string, value: string] => {
  const key = keyOf(words, 'set', 2)
  const [, value] = words
  if (value !== undefined) return [key, value]
  throw new ConcordError('input.invalid', `Cannot set "${key}" as no value is given; write JSON, or text`)
}

const set: Act = async (state, words, values, terminal) => {
  const [key, value] = checkSet(words)
  const condition = conditionOf(values)
  const ttl = values.ttl === undefined ? {} : { ttlMs: wholeOf('ttl', values.ttl, 1) }
  const outcome = await state.set(key, jsonOrText(value), { ...condition, ...ttl })
  refused(key, outcome, condition.ifVersion)
  terminal.out(values.json ? `${JSON.stringify(outcome)}\n` : `${key}  v${outcome.version}\n`)
}

const remove: Act = async (state, words, values, terminal) => {
  const key = keyOf(words, 'delete')
  const condition = conditionOf(values)
  const outcome = await state.delete(key, condition)
  refused(key, outcome, condition.ifVersion)
  terminal.out(values.json ? `${JSON.stringify(outcome)}\n` : `${key}  v${outcome.version}  deleted\n`)
}

const list: Act = async (state, words, values, terminal) => {
  const prefix = words.length === 0 ? '' : keyOf(words, 'list')
  const limit = values.limit === undefined ? {} : { limit: wholeOf('limit', values.limit) }
  const at = values.at === undefined ? {} : { at: listMoment(values.at) }
  const entries = await state.list({ prefix, ...limit, ...at })
  lines(terminal, values, entries, entries.map(standing))
}

const history: Act = async (state, words, values, terminal) => {
  const limit = values.limit === undefined ? {} : { limit: wholeOf('limit', values.limit) }
  const before = values.at === undefined ? {} : { before: historyMoment(values.at) + 1 }
  const changes = await state.history(keyOf(words, 'history'), { ...limit, ...before })
  lines(terminal, values, changes, changes.map(told))
}

const watch: Act = async (state, words, values, terminal) => {
  const pattern = words.length === 0 ? '*' : keyOf(words, 'watch')
  const since = values.since === undefined ? {} : { since: wholeOf('since', values.since) }
  const news = state.watch(pattern, since)
  await news.opened
  void untilStopped().then(() => news.close())
  terminal.err(`Watching ${pattern} in ${state.namespace}; Ctrl-C ends it\n`)
  for await (const each of news) terminal.out(values.json ? `${JSON.stringify(each)}\n` : `${told(each)}\n`)
}

export const memoryActions: { readonly [action: string]: Act } = {
  get,
  set,
  delete: remove,
  list,
  history,
  watch,
}

/** Does something with shared state of the local store. */
export const withState = async (
  action: string,
  words: string[],
  values: MemoryValues,
  terminal: Terminal,
): Promise<void> => {
  const config = await settingsOf(values)
  const act = memoryActions[action]
  if (act === undefined) return
  if (action === 'set') checkSet(words)
  else if (!storeExists(config))
    throw new ConcordError(
      'not-found',
      `Cannot run "concord memory ${action}" as there is no store in ${config.stores?.directory}; set something first, or name another folder with --dir`,
    )
  const concord = await openWith(config)
  // Waiting for what another process commits holds nothing open by itself.
  const awake = setInterval(() => {}, 60_000)
  try {
    await act(concord.state(values.namespace ?? globalNamespace), words, values, terminal)
  } finally {
    clearInterval(awake)
    await concord.close()
  }
}
