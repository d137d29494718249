import { markdownOf } from './markdown.ts'
import { because } from './model/ask.ts'
import { listed, lowerFirst, upperFirst } from './phrasing.ts'
import type {
  Claim,
  Narrative,
  PaperRecord,
  Questions,
  Reading,
  Reference,
  Report,
  ReportPart,
  ResearchOutput,
  Retrieved,
  Table,
} from './shapes.ts'

/** The report from claims that were checked; references are numbered in the order of their first citation. */
export const composed = (
  retrieved: Retrieved,
  readings: readonly Reading[],
  narrative: Narrative,
  questions: Questions,
  validation: ResearchOutput['validation'],
): ResearchOutput => {
  const numbers = new Map<string, number>()
  const part = (claims: readonly Claim[]): ReportPart => partOf(claims, numbers)
  const nothing = retrieved.status === 'nothing-found'
  const topic = retrieved.question.paper ?? retrieved.question.topic
  const report: Report = {
    title: nothing ? `${upperFirst(topic || 'Nothing')}: nothing found` : narrative.title,
    question: retrieved.question.text,
    answer: part([...narrative.introduction, ...leftOpen(questions)]),
    ...(narrative.table === undefined ? {} : { table: tableOf(narrative.table, numbers) }),
    themes: narrative.themes.map(({ name, paragraphs }) => ({ name, paragraphs: paragraphs.map(part) })),
    openProblems: questions.problems.map(({ title, claims }) => ({ title, ...part(claims) })),
    references: [],
  }
  const papers = new Map(retrieved.papers.map((paper) => [paper.id, paper]))
  report.references = [...numbers].flatMap(([id, n]) => {
    const paper = papers.get(id)
    return paper === undefined ? [] : [referenceOf(paper, n)]
  })
  const output: Omit<ResearchOutput, 'markdown'> = {
    status: retrieved.status,
    understood: retrieved.understood,
    report,
    sources: retrieved.papers.map(({ id, title, url, published }) => ({
      id,
      title,
      url,
      published,
      cited: numbers.has(id),
    })),
    dateRange: retrieved.dateRange,
    source:
      retrieved.source === 'arxiv'
        ? 'arXiv'
        : retrieved.source === 'bundled'
          ? 'bundled corpus'
          : retrieved.source,
    method: methodOf(readings, narrative, questions),
    notes: [...retrieved.notes, ...unreadNotes(readings), ...narrative.notes, ...questions.notes],
    validation,
    repairs: [...narrative.repairs, ...questions.repairs],
    doubts: [...narrative.doubts, ...questions.doubts],
  }
  return {
    markdown: markdownOf(output, { form: retrieved.question.form, leftOut: retrieved.leftOut, readings }),
    ...output,
  }
}

/** The answer ends on what is open. */
const leftOpen = ({ problems }: Questions): Claim[] => {
  if (problems.length === 0) return []
  const titles = listed(
    problems.map(({ title }) => lowerFirst(title)),
    ';',
  )
  return [{ id: 'introduction/open', kind: 'frame', text: `Open problems: ${titles}.`, citations: [] }]
}

const tableOf = (table: Table, numbers: Map<string, number>): NonNullable<Report['table']> => ({
  title: table.title,
  columns: table.columns,
  rows: table.rows.map(({ cells, citation: { paper, quote } }) => {
    const n = numbers.get(paper) ?? numbers.size + 1
    numbers.set(paper, n)
    return { cells, citation: { n, paper, quote } }
  }),
})

/** Papers whose reading by a model could not be used. */
const unreadNotes = (readings: readonly Reading[]): string[] => {
  const unusable = readings.flatMap(({ unusable }) => (unusable === undefined ? [] : [unusable]))
  const [first] = unusable
  if (first === undefined) return []
  const which =
    unusable.length === readings.length ? 'each paper' : `${unusable.length} of ${readings.length} papers`
  return [
    `The model’s reading of ${which} could not be used${because(first)}; classical methods read ${unusable.length === 1 ? 'it' : 'them'}.`,
  ]
}

const methodOf = (readings: readonly Reading[], narrative: Narrative, questions: Questions): string => {
  const parts = [
    ...(readings.some(({ method }) => method === 'model') ? ['reading'] : []),
    ...(narrative.method === 'model' ? ['synthesis'] : []),
    ...(questions.method === 'model' ? ['open problems'] : []),
  ]
  return parts.length === 0
    ? 'classical'
    : parts.length === 3
      ? 'model'
      : `model (${parts.join(', ')}), the rest classical`
}

const referenceOf = ({ id, title, authors, published, url }: PaperRecord, n: number): Reference => ({
  n,
  id,
  title,
  authors,
  published,
  url,
})

const partOf = (claims: readonly Claim[], numbers: Map<string, number>): ReportPart => {
  const citations: ReportPart['citations'] = []
  const text = claims.map((claim) => {
    const marks = claim.citations.map(({ paper, quote }) => {
      const n = numbers.get(paper) ?? numbers.size + 1
      numbers.set(paper, n)
      citations.push({ n, paper, quote })
      return n
    })
    return marked(claim.text, marks)
  })
  return { text: text.join(' '), citations }
}

/** `{2}` becomes the mark of the second citation, `{*}` those of all; without either they go before the final stop. */
const marked = (text: string, marks: readonly number[]): string => {
  if (marks.length === 0) return text
  if (text.includes('{*}')) return text.replace('{*}', `[${ranges(marks)}]`)
  if (/\{\d+\}/.test(text))
    return text.replace(/\{(\d+)\}/g, (_, at: string) => `[${marks[Number(at) - 1] ?? '?'}]`)
  const mark = `[${ranges(marks)}]`
  return /[.!?]$/.test(text) ? `${text.slice(0, -1)} ${mark}${text.slice(-1)}` : `${text} ${mark}`
}

/** `1–4, 7`. */
const ranges = (marks: readonly number[]): string => {
  const sorted = [...new Set(marks)].sort((a, b) => a - b)
  const parts: string[] = []
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (sorted[end + 1] === sorted[end]! + 1) end += 1
    parts.push(end - at >= 2 ? `${sorted[at]}–${sorted[end]}` : sorted.slice(at, end + 1).join(', '))
    at = end + 1
  }
  return parts.join(', ')
}
