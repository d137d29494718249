import type { AgentContext } from '../../../agent/context.ts'
import { asJson, type Json } from '../../../domain/json.ts'
import { phrasePattern } from '../../../domain/text/phrases.ts'
import { areaOf } from '../area-of.ts'
import { because } from '../model/ask.ts'
import { counted, listed, lowerFirst } from '../phrasing.ts'
import type { PaperRecord, Retrieved } from '../shapes.ts'
import { conceptsIn, namesOf, sidePattern } from '../understand/concepts.ts'
import type { Question } from '../understand/question.ts'
import { toldUnderstanding } from '../understand/tell.ts'
import { type Focus, focusOf, frequencyIn, isBroad } from './focus.ts'
import { gather } from './gather.ts'
import { judged } from './judge.ts'
import { type Found, type Gathered, rangeOf, type Search } from './search.ts'
import { selectPapers } from './select.ts'

const AUTHORS_KEPT = 3
/** Fewer papers than this are a pointer, not a survey. */
const PAPERS_MIN = 5
/** Further rounds of search where a model finds too little. */
const ROUNDS_MAX = 2
const RANK_WEIGHT = 0.25
/** Of the papers read, where open problems are asked for. */
const PROBLEMS_SHARE = 0.3
const LEFT_OUT_TOLD = 6

/**
 * Question -> queries -> papers from arXiv, or from a corpus when asked to or when arXiv cannot be reached (and says so) -> those about
 * the topic, weighed by relevance, recency and diversity. Writes `papers:list` with its result.
 */
export const retrieve = async (
  search: Search,
  context: AgentContext,
): Promise<{ output: Json; writes: Json[] }> => {
  const { question } = search
  const notes = [...(search.notes ?? [])]
  const unread = unreadable(question)
  const first = await gather(search, context, notes)
  const seen = onTopicOf(search, first)
  const { found, focus, onTopic } =
    unread === undefined ? await furtherRounds(search, context, seen, notes) : seen
  const holds =
    unread === undefined
      ? onTopic.length > 0 && focus.holds === 'nothing'
        ? 'partly'
        : focus.holds
      : 'nothing'
  const papers = picked(question, unread === undefined ? onTopic : [], search).map(kept)
  const leftOut =
    isBroad(question.concepts) && search.corpus === undefined ? areasWithout(papers, onTopic) : []
  notes.push(
    ...(unread === undefined ? scopeNotes(search, found, focus, papers) : [unread]),
    ...skippedNotes(found),
  )
  const output: Retrieved = {
    question,
    understood: toldUnderstanding(question),
    status:
      papers.length === 0
        ? 'nothing-found'
        : holds === 'partly' || (papers.length < PAPERS_MIN && question.paper === undefined)
          ? 'thin'
          : 'answered',
    papers,
    source: found.source,
    dateRange: rangeOf(papers),
    considered: found.papers.length,
    collection: {
      size: found.frequency.size,
      about: question.concepts.map(({ text }, at) => ({
        text,
        papers: found.frequency.about[at]?.papers ?? 0,
        titles: found.frequency.about[at]?.titles ?? 0,
      })),
    },
    leftOut,
    notes,
  }
  const list = papers.map(({ id, title, authors, published, url }) => ({
    id,
    title,
    authors,
    published,
    url,
  }))
  return { output: asJson(output), writes: [{ key: 'papers:list', value: asJson(list) }] }
}

type Seen = { found: Gathered; focus: Focus; onTopic: Found[] }

const onTopicOf = ({ question }: Search, found: Gathered): Seen => {
  const readable = excluded(
    question,
    found.papers.filter(({ paper }) => paper.abstract !== ''),
  )
  const focus = focusOf(
    question,
    readable.map(({ paper }) => paper),
    found.frequency,
  )
  // One paper is found by its id or title, and both sides of a comparison by their names, whatever
  // the words around them weigh.
  const named = question.paper !== undefined || sidesFound(question, readable)
  const onTopic = focus.holds === 'nothing' && !named ? [] : chosenFrom(question, readable, focus)
  return { found, focus: named && onTopic.length > 0 ? { ...focus, holds: 'all' } : focus, onTopic }
}

const textOf = ({ paper }: { paper: PaperRecord }): string => `${paper.title} ${paper.abstract}`

/** Whether each side of a comparison is a name that some paper has. */
const sidesFound = ({ sides }: Question, papers: readonly Found[]): boolean =>
  sides.length === 2 &&
  sides.every((side) => {
    const named = conceptsIn(side).some(({ known, text }) => !known && NAME_LIKE.test(text))
    const pattern = sidePattern(side)
    return named && papers.some((found) => pattern.test(textOf(found)))
  })
/** Capitals or digits inside: `SpecVLM`, `ResNet-50`. */
const NAME_LIKE = /\p{Lu}.*[\p{Lu}\d]|\p{Ll}\p{Lu}/u

/** Searches again while a model that judges what was found finds too little, a bounded number of times. */
const furtherRounds = async (
  search: Search,
  context: AgentContext,
  first: Seen,
  notes: string[],
): Promise<Seen> => {
  if (search.method !== 'model' || search.question.paper !== undefined) return first
  let seen = first
  for (let round = 0; round <= ROUNDS_MAX; round += 1) {
    const ordered = [...seen.onTopic].sort((a, b) => b.relevance - a.relevance)
    const verdict = await judged(
      context,
      search.question,
      ordered.map(({ paper }) => paper),
    )
    if ('unusable' in verdict) {
      notes.push(
        `The model’s judgement of relevance could not be used${because(verdict.unusable)}; code judged it.`,
      )
      return seen
    }
    const relevant = ordered.filter(({ paper }) => verdict.relevant.has(paper.id))
    const enough = relevant.length >= PAPERS_MIN || verdict.queries.length === 0 || round === ROUNDS_MAX
    if (enough) return { ...seen, onTopic: relevant }
    notes.push(
      `Too little was found, so the search was made again for ${listed(verdict.queries.map((query) => `“${query}”`))}.`,
    )
    const question = { ...search.question, queries: verdict.queries }
    const more = await gather({ ...search, question }, context, [])
    const known = new Set(seen.found.papers.map(({ paper }) => paper.id))
    const added = excluded(
      question,
      more.papers.filter(({ paper }) => !known.has(paper.id) && paper.abstract !== ''),
    )
    seen = {
      ...seen,
      found: { ...seen.found, papers: [...seen.found.papers, ...added] },
      // What a query of the model found is for the model to judge.
      onTopic: [...relevant, ...added],
    }
  }
  return seen
}

/** A question in a language of which no word could be mapped. */
const unreadable = ({ language, concepts, topic }: Question): string | undefined =>
  language === 'English' || concepts.length > 0 || topic !== ''
    ? undefined
    : `The question is in ${language}, and none of its words could be mapped to English: this team reads and writes English. Ask in English, or name the topic (param topic).`

/** Without the papers on what was to be left out. */
const excluded = ({ exclude }: Question, papers: readonly Found[]): Found[] => {
  if (exclude.length === 0) return [...papers]
  const names = exclude.flatMap((text) => {
    const concepts = conceptsIn(text)
    return concepts.length === 0 ? [text] : concepts.flatMap(namesOf)
  })
  const pattern = phrasePattern(names, 'giu')
  return papers.filter(
    ({ paper }) => paper.title.search(pattern) < 0 && (paper.abstract.match(pattern)?.length ?? 0) === 0,
  )
}

const chosenFrom = (question: Question, papers: readonly Found[], { scores, enough }: Focus): Found[] => {
  const scored = papers.map(({ paper, relevance }, at) => ({
    paper,
    focus: scores[at]!,
    relevance: (1 - RANK_WEIGHT) * scores[at]! + RANK_WEIGHT * relevance,
  }))
  if (question.sides.length === 2) {
    const patterns = question.sides.map(sidePattern)
    const sided = scored.filter((found) => patterns.some((pattern) => pattern.test(textOf(found))))
    return inContext(question, sided)
  }
  if (question.paper !== undefined) {
    const name = question.paper.toLowerCase()
    const spokenName = phrasePattern([question.paper], 'giu')
    const introduces = (found: Found): boolean => {
      const text = textOf(found)
      const sentence = text.split(/(?<=[.?!])\s+/).find((each) => each.search(spokenName) >= 0) ?? ''
      return text.includes(`(${question.paper})`) || INTRODUCES.test(sentence)
    }
    const one = scored.filter(({ paper }) => paper.id === name.replace(/v\d+$/, ''))
    const titled = scored.filter(({ paper }) => paper.title.toLowerCase().includes(name))
    const spoken = scored
      .map((found) => ({ found, many: textOf(found).match(spokenName)?.length ?? 0 }))
      .filter(({ many }) => many > 0)
      .sort((a, b) => Number(introduces(b.found)) - Number(introduces(a.found)) || b.many - a.many)
      .map(({ found }) => found)
    const best = one.length > 0 ? one : titled.length > 0 ? titled : spoken
    return best.slice(0, 1)
  }
  return scored.filter(({ focus }) => focus >= enough)
}

const INTRODUCES = /\b(?:introduce|present|propose|release|develop|construct|build|create)\b/i

/** How much of what the sides are compared for a paper must speak of. */
const IN_CONTEXT_MIN = 0.3

/** `A or B for plant diseases`: papers on what the sides are compared for, where there are any. */
const inContext = (question: Question, sided: Found[]): Found[] => {
  const own = new Set(question.sides.flatMap((side) => conceptsIn(side).map(({ names }) => names[0])))
  const concepts = question.concepts.filter(({ field, names }) => !field && !own.has(names[0]))
  if (concepts.length === 0) return sided
  const papers = sided.map(({ paper }) => paper)
  const context = { concepts, topic: '' }
  const { scores, holds } = focusOf(context, papers, frequencyIn(context, papers))
  const near = sided.filter((_, at) => scores[at]! >= IN_CONTEXT_MIN)
  return holds === 'all' && near.length > 0 ? near : sided
}

const picked = (question: Question, onTopic: readonly Found[], { max }: Search): PaperRecord[] => {
  const broad = isBroad(question.concepts)
  if (question.sides.length !== 2) {
    const { recent, kind } = question
    // Who asks for what is open needs papers that look on, not only those that propose.
    const share = question.problems > 0 && !broad ? Math.floor(max * PROBLEMS_SHARE) : 0
    const first = selectPapers(onTopic, { max: max - share, recent, broad, kind })
    const taken = new Set(first.map(({ id }) => id))
    const rest = onTopic.filter(({ paper }) => !taken.has(paper.id))
    return [...first, ...selectPapers(rest, { max: share, recent, kind: 'problems' })]
  }
  const patterns = question.sides.map(sidePattern)
  const text = ({ paper }: Found): string => `${paper.title} ${paper.abstract}`
  const both = onTopic.filter((found) => patterns.every((pattern) => pattern.test(text(found))))
  const shares = patterns.map((pattern) =>
    selectPapers(
      onTopic.filter((found) => !both.includes(found) && pattern.test(text(found))),
      {
        max: Math.ceil(max / 2),
        recent: question.recent,
        kind: question.kind,
      },
    ),
  )
  const first = selectPapers(both, { max, recent: question.recent, kind: question.kind })
  const rest = Array.from({ length: max }, (_, at) => shares.flatMap((share) => share[at] ?? [])).flat()
  return [...first, ...rest].slice(0, max)
}

/** Areas of the field that had papers of which none was taken. */
const areasWithout = (papers: readonly PaperRecord[], onTopic: readonly Found[]): string[] => {
  const taken = new Set(papers.map(({ title, abstract }) => areaOf(title, abstract)?.name))
  const others = Map.groupBy(onTopic, ({ paper }) => areaOf(paper.title, paper.abstract)?.name)
  return [...others]
    .flatMap(([name, list]) => (name === undefined || taken.has(name) ? [] : [{ name, many: list.length }]))
    .sort((a, b) => b.many - a.many)
    .map(({ name }) => name)
}

const scopeNotes = (
  search: Search,
  found: Gathered,
  focus: Focus,
  papers: readonly PaperRecord[],
): string[] => {
  const { question } = search
  const topic = question.paper ?? question.topic
  const where = placeOf(found.source)
  const wayOut =
    'Ask for another topic, correct it (param topic), name a folder of papers (param corpus), or search arXiv (param source).'
  const whole = search.corpus !== undefined && question.concepts.length === 0 && question.paper === undefined
  const language =
    question.language === 'English'
      ? []
      : [
          `The question is in ${question.language}; this team reads and writes English. Its topic was taken as “${topic}”.`,
        ]
  if (papers.length === 0)
    return [...language, `Nothing on “${topic}” was found in ${where.replace(/,$/, '')}. ${wayOut}`]
  const missing = focus.missing.filter(({ field }) => !field).map(({ text }) => `“${text}”`)
  return [
    ...language,
    ...(whole
      ? [
          `The question names no subject that ${found.source} could be searched for; its documents were read as a whole.`,
        ]
      : []),
    ...(focus.holds === 'partly'
      ? [`No paper found in ${where} is about all of “${topic}”; those below are about a part of it.`]
      : []),
    ...(missing.length > 0 && question.paper === undefined
      ? [`No paper found speaks of ${listed(missing)}.`]
      : []),
    ...(papers.length < Math.min(PAPERS_MIN, search.max) && question.paper === undefined && !whole
      ? [
          `Only ${counted(papers.length, 'paper')} about “${topic}” ${papers.length === 1 ? 'was' : 'were'} found in ${where.replace(/,$/, '')}: a pointer, not a survey.`,
        ]
      : []),
  ]
}

const placeOf = (source: string): string =>
  source === 'arxiv'
    ? 'arXiv'
    : source === 'bundled'
      ? 'the bundled corpus, which is about multimodal language models,'
      : source

const skippedNotes = ({ skipped }: Gathered): string[] => {
  if (skipped.count === 0) return []
  const told = skipped.first
    .slice(0, LEFT_OUT_TOLD)
    .map(({ path, reason }) => `${path} (${lowerFirst(reason)})`)
  const more = skipped.count - told.length
  return [
    `${counted(skipped.count, 'file or record', 'files or records')} could not be read and ${skipped.count === 1 ? 'is' : 'are'} not in this report: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
  ]
}

const kept = (paper: PaperRecord): PaperRecord => ({
  ...paper,
  authors:
    paper.authors.length > AUTHORS_KEPT ? [...paper.authors.slice(0, AUTHORS_KEPT), 'et al.'] : paper.authors,
})
