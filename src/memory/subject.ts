import { ConcordError } from '../domain/errors.ts'
import type { Json } from '../domain/json.ts'
import { asJson } from '../domain/json.ts'
import { subjectNamespace } from '../domain/names.ts'
import { type Fact, type FactSource, tokensAbout } from '../domain/recall.ts'
import { isObject } from '../domain/reference.ts'
import { bm25Index } from '../domain/text/bm25.ts'
import { negated } from '../domain/text/negation.ts'
import { jaccard } from '../domain/text/similarity.ts'
import { britishSpelling } from '../domain/text/spelling.ts'
import { isStopWord, stems, words } from '../domain/text/tokens.ts'
import type { Entry, StateStore, StateWrite } from '../ports/state-store.ts'
import { statementsOf, withConflicts } from './fact-conflicts.ts'
import type { State } from './state.ts'
import { placeOf, type Statement, statementsIn } from './statements.ts'

/*
 * Facts about a subject live in state namespace `subject/{id}`, one key `fact:{about}` each. So a fact is superseded by writing its key
 * again: never duplicated, and what was said before is in the key's history, with who said it and when.
 */

const keyPrefix = 'fact:'
const aboutCharsMax = 200
const factCharsMax = 4_000
/** Facts of one subject that are looked through. */
const factsMax = 10_000
/** Two statements whose content words overlap by this much are one, said again. */
const sameFrom = 0.8

const spelled = (text: string): string => words(text).map(britishSpelling).join(' ')

/** By stems in no order, in one spelling: "favorite colors" and "the favourite colour" are the same, and "dose of warfarin" and "warfarin dose". */
export const factKey = (about: string): string => {
  const terms = stems(spelled(about))
  // A no is a stop word, and what makes two things of one.
  const no = negated(words(about)) ? ' not' : ''
  return `${keyPrefix}${(terms.length > 0 ? terms.sort() : words(about)).join(' ').slice(0, aboutCharsMax)}${no}`
}

export type RecallOptions = {
  /** Default 8. */
  limit?: number
  /** About four characters each. Default 500. */
  tokensMax?: number
}

/** What is known about one subject. */
export interface SubjectMemory {
  readonly subject: string
  /**
   * Keeps a fact with its source. `about` names the one thing it says something of ("name", "seat on trains"): a later fact about the same supersedes it. Without it, it is taken
   * from the statement, or is the fact that it says again in other words.
   */
  remember(fact: string, options?: { about?: string }): Promise<Fact>
  /** The facts that bear on a query by their words, best first, after those that always do (name, language, how to answer). */
  recall(query: string, options?: RecallOptions): Promise<Fact[]>
  /** Every fact, by what it is about. */
  facts(): Promise<Fact[]>
  /** Removes a fact from what is known; its history stays in the log. To erase that too: `concord memory forget --subject`. */
  drop(about: string): Promise<boolean>
}

const sourceOf = (value: Json | undefined): FactSource => {
  const source: FactSource = {}
  if (!isObject(value)) return source
  for (const name of ['run', 'step', 'agent'] as const) {
    const given = value[name]
    if (typeof given === 'string') source[name] = given
  }
  return source
}

/** A fact as the state holds it, also one that somebody wrote there by hand; undefined for anything else. */
export const asFact = ({ value, at: writtenAt }: Entry): Fact | undefined => {
  if (!isObject(value) || typeof value.fact !== 'string' || typeof value.about !== 'string') return undefined
  const { about, fact, at, source, supersedes } = value
  const kept: Fact = { about, fact, at: typeof at === 'number' ? at : writtenAt, source: sourceOf(source) }
  if (isObject(supersedes) && typeof supersedes.fact === 'string')
    kept.supersedes = {
      version: Number(supersedes.version),
      fact: supersedes.fact,
      at: Number(supersedes.at),
    }
  return kept
}

const factsIn = (entries: readonly Entry[]): Fact[] =>
  entries.slice(0, factsMax).flatMap((entry) => asFact(entry) ?? [])

/** Facts as the state holds them, each with those that contradict it. */
export const factsOf = (entries: readonly Entry[]): Fact[] => withConflicts(factsIn(entries))

/** What bears on every answer, whatever is asked. */
const standing =
  /^(?:name|language\b.*|diet|age|preference (?:.* )?(?:answers?|replies|responses?|tone|units?|format|style|summar(?:y|ies)|languages?|reports?)\b.*)$/

/** Chooses facts for a query, those that contradict each other together: the standing ones, then by BM25 over content words, within the limits. */
export const relevantFacts = (facts: readonly Fact[], query: string, options: RecallOptions = {}): Fact[] => {
  const { limit = 8, tokensMax = 500 } = options
  const index = bm25Index(facts.map(({ about, fact }) => stems(spelled(`${about} ${fact}`))))
  const always = facts.filter(({ about }) => standing.test(about))
  const found = index.search(stems(spelled(query)), facts.length).flatMap(({ index: at }) => facts[at] ?? [])
  const chosen = new Set<Fact>()
  let left = tokensMax
  for (const fact of [...always, ...found]) {
    if (chosen.has(fact)) continue
    // What contradicts a fact is told with it; where there is no room, the fact itself still says that it is contradicted.
    const against = facts.filter((one) => fact.conflicts?.includes(one.about))
    for (const one of [fact, ...against]) {
      const tokens = tokensAbout(`${one.about} ${one.fact}`)
      if (chosen.has(one) || tokens > left || chosen.size >= limit) continue
      left -= tokens
      chosen.add(one)
    }
  }
  return [...chosen]
}

/** Two statements of which one says no are the same only word for word: "takes aspirin, not ibuprofen" is not the reverse said again. */
const saidAgain = (facts: readonly Fact[], fact: string): string | undefined => {
  const terms = new Set(stems(spelled(fact)))
  const no = negated(words(fact))
  let best: { about: string; likeness: number } | undefined
  for (const other of facts) {
    const likeness = jaccard(terms, new Set(stems(spelled(other.fact))))
    const from = no === negated(words(other.fact)) ? sameFrom : 1
    if (likeness >= from && likeness > (best?.likeness ?? 0)) best = { about: other.about, likeness }
  }
  return best?.about
}

const placed = (facts: readonly Fact[], statement: Statement): string =>
  placeOf(
    statement,
    facts.flatMap((fact) => {
      const [known, ...more] = statementsOf(fact.fact)
      // What says more than one thing is superseded by nothing that says one.
      return known === undefined || more.length > 0 ? [] : [{ ...known, about: fact.about }]
    }),
  )

const topicOf = (facts: readonly Fact[], fact: string): string => {
  const [statement, ...more] = statementsOf(fact)
  return statement === undefined || more.length > 0 ? topicOfWords(facts, fact) : placed(facts, statement)
}

const topicOfWords = (facts: readonly Fact[], fact: string): string =>
  saidAgain(facts, fact) ??
  (words(fact)
    .filter((word) => !isStopWord(word))
    .slice(0, 6)
    .join(' ') ||
    fact)

const factFrom = (
  given: { about: string; fact: string },
  before: Entry | undefined,
  at: number,
  source: FactSource,
): Fact => {
  const { about, fact } = given
  const earlier = before === undefined ? undefined : asFact(before)
  return {
    about,
    fact,
    at,
    source,
    ...(before === undefined || earlier === undefined
      ? {}
      : { supersedes: { version: before.version, fact: earlier.fact, at: earlier.at } }),
  }
}

const checked = (fact: string): string => {
  const text = fact.trim()
  if (text !== '' && text.length <= factCharsMax) return text
  throw new ConcordError(
    'input.invalid',
    `Cannot remember a fact as it has 1 to ${factCharsMax} characters: ${text.length}; keep documents in knowledge`,
  )
}

/** Facts of one subject, over its state: writes carry who wrote and are applied once. */
export const subjectMemory = (parts: {
  subject: string
  state: State
  source: FactSource
  now: () => number
}): SubjectMemory => {
  const { subject, source, now } = parts
  const state = parts.state.in(subjectNamespace(subject))
  const facts = async (): Promise<Fact[]> => factsOf(await state.list(keyPrefix))
  return {
    subject,
    facts,
    async remember(given, { about } = {}) {
      const fact = checked(given)
      const topic = about ?? topicOf(await facts(), fact)
      const key = factKey(topic)
      // Executed again, each call must have the name it had, whether it writes or not: a transaction counts both.
      return state.transaction(async (tx) => {
        await tx.get(key)
        const before = await state.entry(key)
        const earlier = before === undefined ? undefined : asFact(before)
        // Said again as it is known: nothing changes, and the first source stays.
        if (earlier?.fact === fact) return earlier
        const kept = factFrom({ about: topic, fact }, before, now(), source)
        tx.set(key, asJson(kept))
        return kept
      })
    },
    recall: async (query, options) => relevantFacts(await facts(), query, options),
    async drop(about) {
      const key = factKey(about)
      return state.transaction(async (tx) => {
        if ((await tx.get(key)) === undefined) return false
        tx.delete(key)
        return true
      })
    },
  }
}

/**
 * Writes for what a text states about its subject, by rule; to be committed with the run that brings it. What is known already is not
 * written again.
 */
export const statedWrites = async (
  store: StateStore,
  given: { subject: string; text: string; run: string; at: number },
): Promise<StateWrite[]> => {
  const { subject, text, run, at } = given
  const namespace = subjectNamespace(subject)
  const writes: StateWrite[] = []
  const statements = statementsIn(text)
  if (statements.length === 0) return []
  const known = factsIn(await store.list(namespace, { prefix: keyPrefix }))
  const said = new Map(statements.map((statement) => [factKey(placed(known, statement)), statement]))
  for (const [key, statement] of said) {
    const about = placed(known, statement)
    const before = await store.get(namespace, key)
    if (before !== undefined && asFact(before)?.fact === statement.fact) continue
    const value: Json = asJson(factFrom({ about, fact: statement.fact }, before, at, { run }))
    writes.push({
      namespace,
      key,
      value,
      operation: `${run}/stated/${key}`,
      provenance: { run, agent: 'user' },
    })
  }
  return writes
}
