import type { AgentContext } from '../../../agent/context.ts'
import { asJson, type Json } from '../../../domain/json.ts'
import { isObject } from '../../../domain/reference.ts'
import { contributions } from '../../../domain/text/extract.ts'
import { gaps } from '../../../domain/text/gaps.ts'
import { CAUSE, stanceOf } from '../answer/cues.ts'
import { fitOf } from '../answer/fit.ts'
import { measuresIn } from '../answer/measures.ts'
import { approachOf } from '../approaches.ts'
import { attributionOf } from '../attribution.ts'
import { complainedOf } from '../feedback.ts'
import { readWithModel } from '../model/reader.ts'
import { hasDebris } from '../plain-text.ts'
import { isMultimodal } from '../relevance.ts'
import { retell } from '../retell.ts'
import type { PaperRecord, ReaderInput, Reading, Statement, StatementKind } from '../shapes.ts'
import { nameInTitle } from '../system-name.ts'
import { LOOKING_ON, leavesOpen } from './open.ts'
import { sectionsIn } from './sections.ts'
import { carried } from './self-check.ts'

/** How many statements of a kind are kept: enough to choose from, few enough for the log. */
const KEPT: { [kind in StatementKind]: number } = {
  contribution: 2,
  method: 2,
  result: 3,
  finding: 3,
  gap: 3,
  background: 1,
}
const KEPT_MAX = 10
const MEASURES_MAX = 4
export const FULL_TEXT_CHARS = 60_000
const FIT_WEIGHT = 0.6
const FAILING_SCORE = 0.7

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
  const whole = input.fullText ?? paper.document === true
  const text = whole ? await fullText(input, context) : undefined
  const { statements: all, sections } = statementsIn(input, text)
  const kept = chosen(all.filter(({ id }) => !avoided.includes(id)))
  const named = kept.map(({ name: own }) => own).find((own) => own !== undefined && stands(own, paper))
  const name = named ?? nameInTitle(paper.title, paper.abstract)
  const statements = kept.map(({ name: _, ...statement }) => statement)
  const classical: Reading = {
    id: paper.id,
    title: paper.title,
    authors: paper.authors,
    published: paper.published,
    url: paper.url,
    ...(name === undefined ? {} : { name }),
    statements,
    measures: statements
      .filter(({ kind }) => kind !== 'gap' && kind !== 'background')
      .flatMap(({ sentence }) => measuresIn(sentence))
      .slice(0, MEASURES_MAX),
    sections,
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

const statementsIn = (
  input: ReaderInput,
  text: string | undefined,
): { statements: Read[]; sections: string[] } => {
  const { paper } = input
  const statements = readPart(input, { text: paper.abstract, place: 'abstract', start: 0 })
  const sections = text === undefined ? [] : sectionsIn(text)
  for (const { text: part, start, role } of sections)
    statements.push(...readPart(input, { text: part, place: 'text', start, section: role }))
  return { statements, sections: [...new Set(sections.map(({ heading }) => heading))] }
}

type Part = { text: string; place: Statement['in']; start: number; section?: string }

const readPart = ({ paper, question }: ReaderInput, part: Part): Read[] => {
  const { text, place, section } = part
  const attribution = attributionOf(paper)
  const own = nameInTitle(paper.title, text)
  const mark = place === 'text' ? 't' : ''
  const fit = fitOf(question)
  const open = new Map(gaps(paper.title, text).map((gap) => [gap.start, gap]))
  const all = contributions(paper.title, text)
  const offer = place === 'text' ? -1 : (all.find(({ kind }) => kind === 'contribution')?.start ?? -1)
  const { key: approach } = approachOf(
    paper.title,
    all.filter(({ kind }) => kind === 'contribution').map(({ sentence }) => sentence),
  )
  const base = ({ sentence, start, end }: { sentence: string; start: number; end: number }) => ({
    sentence,
    start: start + part.start,
    end: end + part.start,
    in: place,
    id: `${paper.id}#${mark}${start + part.start}`,
    ...(section === undefined ? {} : { section }),
    fit: rounded(fit(sentence, paper.title)),
  })
  /** Prose of another kind than the cues know: its best sentences as they are. */
  const plainly = (): Read[] =>
    all.flatMap((each): Read[] => {
      const found = each.kind === 'gap' ? undefined : retell(each.sentence, attribution, own)
      return found === undefined
        ? []
        : [{ ...base(each), kind: 'finding', score: rounded(each.score), ...found }]
    })
  const told = all.flatMap((found): Read[] => {
    const { start, sentence, score, kind } = found
    const gap = open.get(start)
    const list: Read[] = []
    const afterOffer = start > offer
    // Who looks on (a survey, a benchmark, an analysis) states as a finding what others leave open.
    const failing =
      LOOKING_ON.has(approach) &&
      (kind === 'result' || kind === 'finding') &&
      stanceOf(sentence) === 'against'
    if (
      (gap !== undefined || failing) &&
      !hasDebris(sentence) &&
      !sentence.endsWith('?') &&
      leavesOpen(sentence, { afterOffer, approach, ...(section === undefined ? {} : { section }) })
    )
      list.push({
        ...base(found),
        id: `${base(found).id}g`,
        kind: 'gap',
        text: sentence,
        score: rounded(gap?.score ?? FAILING_SCORE),
      })
    const causal = question.kind === 'cause' || question.kind === 'disagree'
    const behind = kind === 'background' || kind === 'gap'
    const takesSide = question.kind === 'yes-no' && stanceOf(sentence) !== 'neither'
    if (behind && !(causal && CAUSE.test(sentence)) && !takesSide) return list
    const retold = retell(sentence, attribution, own)
    if (retold !== undefined)
      list.push({ ...base(found), kind: behind ? 'background' : kind, score: rounded(score), ...retold })
    return list
  })
  const supported = carried(paper, text, told)
  return supported.some(({ kind }) => kind !== 'gap') || isMultimodal(paper) || place === 'text'
    ? supported
    : [...supported, ...carried(paper, text, plainly())]
}

const rounded = (score: number): number => Math.round(score * 1000) / 1000

/** The best of each kind, best first: those that sum the paper up, and those that answer the question. */
const chosen = (all: readonly Read[]): Read[] => {
  const worth = ({ score, fit }: Read): number => score + FIT_WEIGHT * fit
  const best = [...all].sort((a, b) => worth(b) - worth(a) || a.start - b.start)
  const counts = new Map<StatementKind, number>()
  const kept = best.filter(({ kind }) => {
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    return count < KEPT[kind]
  })
  return kept.slice(0, KEPT_MAX)
}
