import { ConcordError } from '../domain/errors.ts'
import type { Fact } from '../domain/recall.ts'
import type { Concord } from '../platform/concord-types.ts'
import type { CommonValues } from './options.ts'
import { openWith, settingsOf, storeExists } from './settings.ts'
import type { Terminal } from './terminal.ts'

type SubjectMemory = ReturnType<Concord['subject']>

export type SubjectValues = Pick<CommonValues, 'config' | 'dir'> & { json: boolean }

type Act = (
  memory: SubjectMemory,
  words: string[],
  values: SubjectValues,
  terminal: Terminal,
) => Promise<void>

const sourceText = ({ source, at }: Fact): string => {
  const from = source.run === undefined ? (source.agent ?? 'nobody') : `run ${source.run}`
  return `${from}${source.step === undefined ? '' : `/${source.step}`}, ${new Date(at).toISOString()}`
}

const factText = (fact: Fact): string => {
  const before = fact.supersedes === undefined ? '' : `; before: ${fact.supersedes.fact}`
  const against = fact.conflicts === undefined ? '' : `; CONTRADICTED BY: ${fact.conflicts.join('; ')}`
  return `${fact.about}: ${fact.fact}  (${sourceText(fact)}${before}${against})`
}

const show = (terminal: Terminal, values: SubjectValues, facts: readonly Fact[]): void =>
  terminal.out(
    values.json ? `${JSON.stringify(facts, null, 2)}\n` : facts.map((fact) => `${factText(fact)}\n`).join(''),
  )

const missing = (what: string, way: string): ConcordError =>
  new ConcordError(
    'input.invalid',
    `Cannot use the memory of a subject as ${what}; write: concord memory ${way}`,
  )

const list: Act = async (memory, words, values, terminal) => {
  const query = words.join(' ')
  const facts =
    query === '' ? await memory.facts() : await memory.recall(query, { limit: 50, tokensMax: 10_000 })
  show(terminal, values, facts)
  if (facts.length === 0 && !values.json) terminal.err(`Nothing is known of ${memory.subject}\n`)
}

const set: Act = async (memory, [about, ...words], values, terminal) => {
  const fact = words.join(' ')
  if (about === undefined || fact === '')
    throw missing('a fact has what it is about and what is so', 'set --subject ada name "My name is Ada"')
  show(terminal, values, [await memory.remember(fact, { about })])
}

const remove: Act = async (memory, words, values, terminal) => {
  const about = words.join(' ')
  if (about === '') throw missing('nothing is named', 'delete --subject ada name')
  if (!(await memory.drop(about)))
    throw new ConcordError(
      'not-found',
      `Cannot delete what is known about "${about}" of ${memory.subject} as there is nothing; list it with "concord memory list --subject ${memory.subject}"`,
    )
  terminal.out(
    values.json
      ? '{"deleted":true}\n'
      : `No longer known: ${about}. The log still holds it: concord memory forget --subject ${memory.subject} erases all of it\n`,
  )
}

/** What `concord memory` does with facts about a subject instead of keys. */
export const subjectActions: { readonly [action: string]: Act } = { list, set, delete: remove }

export const withSubject = async (
  act: Act,
  subject: string,
  words: string[],
  values: SubjectValues,
  terminal: Terminal,
): Promise<void> => {
  const config = await settingsOf(values)
  if (act !== set && !storeExists(config))
    throw new ConcordError(
      'not-found',
      `Cannot find what is known of ${subject} as there is no store in ${config.stores?.directory}; name another folder with --dir`,
    )
  const concord = await openWith(config)
  try {
    await act(concord.subject(subject), words, values, terminal)
  } finally {
    await concord.close()
  }
}
