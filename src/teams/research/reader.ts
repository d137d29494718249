import type { AgentContext } from '../../agent/context.ts'
import { asJson, type Json } from '../../domain/json.ts'
import { isObject } from '../../domain/reference.ts'
import { contributions } from '../../domain/text/extract.ts'
import { gaps } from '../../domain/text/gaps.ts'
import { attributionOf } from './attribution.ts'
import { closingParts } from './closing-parts.ts'
import { complainedOf } from './feedback.ts'
import { readWithModel } from './model-reader.ts'
import { hasDebris } from './plain-text.ts'
import { ofField } from './relevance.ts'
import { retell } from './retell.ts'
import { carried } from './self-check.ts'
import type { PaperRecord, ReaderInput, Reading, Statement, StatementKind } from './shapes.ts'
import { nameInTitle } from './system-name.ts'

/** How many statements of a kind are kept: enough to choose from, few enough for the log. */
const KEPT: { [kind in StatementKind]: number } = {
  contribution: 2,
  method: 1,
  result: 2,
  finding: 2,
  gap: 3,
}
const KEPT_MAX = 8
const FULL_TEXT_CHARS = 60_000
/** A gap stated after the contribution is one the paper leaves; one before it may be the one it closes. */
const LEFT_OPEN = 0.5

/**
 * What one paper contributes, how, with what result, and what it leaves open; every statement bound to its source sentence by exact span.
 * Statements named in the feedback are given up for the next best. Writes `paper:{id}:summary` with its result.
 */
export const read = async (
  input: ReaderInput,
  context: AgentContext,
): Promise<{ output: Json; writes: Json[] }> => {
  const { paper } = input
  const avoided = complainedOf(input.feedback)
  const text = input.fullText === true ? await fullText(input, context) : undefined
  const all = statementsIn(paper, text)
  const kept = chosen(all.filter(({ id }) => !avoided.includes(id)))
  const named = kept.map(({ name: own }) => own).find((own) => own !== undefined && stands(own, paper))
  const name = named ?? nameInTitle(paper.title, paper.abstract)
  const classical: Reading = {
    id: paper.id,
    title: paper.title,
    authors: paper.authors,
    published: paper.published,
    url: paper.url,
    ...(name === undefined ? {} : { name }),
    statements: kept.map(({ name: _, ...statement }) => statement),
    avoided,
    method: 'classical',
  }
  const reading = input.method === 'model' ? await readWithModel(context, input, classical, text) : classical
  const summary = reading.statements.find(({ kind }) => kind !== 'gap')?.text ?? paper.title
  const value = { title: paper.title, summary, method: reading.method }
  return { output: asJson(reading), writes: [{ key: `paper:${paper.id}:summary`, value }] }
}

/** A name made of markup (`M$^3$`) is not the paper's own. */
const stands = (name: string, { title, abstract }: PaperRecord): boolean =>
  `${title} ${abstract}`.includes(name)

type Read = Statement & { name?: string }

const fullText = async (
  { paper, corpus }: ReaderInput,
  context: AgentContext,
): Promise<string | undefined> => {
  const { output, failed } = await context.tool('paper_fetch', {
    id: paper.id,
    charactersMax: FULL_TEXT_CHARS,
    ...(corpus === undefined ? {} : { path: corpus }),
  })
  return failed === undefined && isObject(output) && typeof output.text === 'string' ? output.text : undefined
}

const statementsIn = (paper: PaperRecord, text: string | undefined): Read[] => {
  const found = readPart(paper, paper.abstract, 'abstract', 0)
  if (text !== undefined)
    for (const part of closingParts(text)) found.push(...readPart(paper, part.text, 'text', part.start))
  return found
}

const readPart = (paper: PaperRecord, text: string, place: Statement['in'], offset: number): Read[] => {
  const attribution = attributionOf(paper)
  const own = nameInTitle(paper.title, text)
  const mark = place === 'text' ? 't' : ''
  const open = new Map(gaps(paper.title, text).map((gap) => [gap.start, gap]))
  const all = contributions(paper.title, text)
  const offer = all.find(({ kind }) => kind === 'contribution')?.start ?? 0
  /** Prose of another kind than the cues know: its best sentences as they are. */
  const plainly = (): Read[] =>
    all.flatMap(({ kind, start, end, sentence, score }): Read[] => {
      const found = kind === 'gap' ? undefined : retell(sentence, attribution, own)
      const id = `${paper.id}#${mark}${start + offset}`
      const at = { sentence, start: start + offset, end: end + offset, in: place, id }
      return found === undefined ? [] : [{ ...at, kind: 'finding', score: rounded(score), ...found }]
    })
  const told = all.flatMap((found): Read[] => {
    const { start, end, sentence, score } = found
    const at = {
      sentence,
      start: start + offset,
      end: end + offset,
      in: place,
      id: `${paper.id}#${mark}${start + offset}`,
    }
    const gap = open.get(start)
    const list: Read[] = []
    if (gap !== undefined && !hasDebris(sentence) && !sentence.endsWith('?'))
      list.push({
        ...at,
        id: `${at.id}g`,
        kind: 'gap',
        text: sentence,
        score: rounded(gap.score + (start > offer ? LEFT_OPEN : 0)),
      })
    if (found.kind !== 'gap' && found.kind !== 'background') {
      const told = retell(sentence, attribution, own)
      if (told !== undefined) list.push({ ...at, kind: found.kind, score: rounded(score), ...told })
    }
    return list
  })
  const supported = carried(paper, text, attribution, told)
  return supported.some(({ kind }) => kind !== 'gap') || ofField(paper)
    ? supported
    : [...supported, ...carried(paper, text, attribution, plainly())]
}

const rounded = (score: number): number => Math.round(score * 1000) / 1000

/** The best of each kind, best first. */
const chosen = (all: readonly Read[]): Read[] => {
  const best = [...all].sort((a, b) => b.score - a.score || a.start - b.start)
  const counts = new Map<StatementKind, number>()
  const kept = best.filter(({ kind }) => {
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    return count < KEPT[kind]
  })
  return kept.slice(0, KEPT_MAX)
}
