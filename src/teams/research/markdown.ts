import { markdownText, markdownUrl } from '../../domain/markdown.ts'
import { attributionOf, withYear } from './attribution.ts'
import { counted, listed, upperFirst } from './phrasing.ts'
import type { Doubt, Reading, Reference, ResearchOutput } from './shapes.ts'
import type { Form } from './understand/question.ts'

export type Shown = { form: Form; leftOut: readonly string[]; readings: readonly Reading[] }

type Output = Omit<ResearchOutput, 'markdown'>

/** The report for people: answer, table, what supports it, open problems, how it was made, references. */
export const markdownOf = (output: Output, shown: Shown): string => {
  const { report } = output
  const shaped = (text: string): string =>
    shown.form === 'bullets' ? bullets(markdownText(text)) : markdownText(text)
  const blocks = [
    `# ${markdownText(report.title)}`,
    ...output.notes.map((note) => `> ${markdownText(note)}`),
    shaped(report.answer.text),
  ]
  if (report.table !== undefined)
    blocks.push(`## ${markdownText(report.table.title)}`, tableLines(report.table))
  for (const { name, paragraphs } of report.themes)
    blocks.push(`## ${markdownText(name)}`, ...paragraphs.map(({ text }) => shaped(text)))
  if (report.openProblems.length > 0) {
    blocks.push(`## ${upperFirst(counted(report.openProblems.length, 'open problem'))}`)
    for (const [at, { title, text }] of report.openProblems.entries())
      blocks.push(`**${at + 1}. ${markdownText(title)}.** ${markdownText(text)}`)
  }
  blocks.push('## How this was made', madeBy(output, shown))
  if (report.references.length > 0)
    blocks.push(
      '## References',
      report.references.map((reference) => `${reference.n}. ${referenceLine(reference)}`).join('\n'),
    )
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** A sentence a line; one ends where its mark of reference does. */
const bullets = (text: string): string =>
  text
    .split(/(?<=\[[\d, –]+\]\.|[.!?]”?)\s+(?=[\p{Lu}\d“])/u)
    .map((sentence) => `- ${sentence}`)
    .join('\n')

const tableLines = ({ columns, rows }: NonNullable<ResearchOutput['report']['table']>): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line([...columns.map(markdownText), 'Source']),
    line([...columns, ''].map(() => '---')),
    ...rows.map(({ cells, citation }) =>
      line([...cells.map((cell) => (cell === '' ? '–' : markdownText(cell))), `[${citation.n}]`]),
    ),
  ].join('\n')
}

const madeBy = (output: Output, { leftOut, readings }: Shown): string => {
  const { source, dateRange, method, notes, validation, sources, report, understood, doubts } = output
  const when = dateRange.from === '' ? 'undated' : `published ${dateRange.from} to ${dateRange.to}`
  const written =
    method === 'classical'
      ? `Written by classical methods (${notes.some((note) => note.startsWith('The model’s ')) ? 'what the model wrote could not be used' : 'no model'})`
      : `Written by ${method === 'model' ? 'a language model' : method}`
  const { claims, checked, repaired, dropped, judged } = validation
  const lines = [
    `- Understood as: ${markdownText(understood)}. Correct it with params (topic, kind, from, to, exclude, problems, form).`,
  ]
  if (sources.length === 0)
    return [...lines, `- Source: ${markdownText(source)}; no papers read.`, `- ${written}.`].join('\n')
  const whole = readings.filter(({ sections }) => sections.length > 0).length
  const read =
    whole === 0
      ? 'abstracts only'
      : whole === readings.length
        ? 'whole documents'
        : `abstracts, and ${whole} whole documents`
  const looked = Object.entries(validation.kinds).flatMap(([kind, { looked: count }]) =>
    count > 0 ? [kind] : [],
  )
  const fixed = [
    ...(repaired === 0 ? [] : [`${repaired} repaired`]),
    ...(dropped === 0 ? [] : [`${dropped} dropped`]),
  ]
  return [
    ...lines,
    `- Source: ${markdownText(source)}; ${counted(sources.length, 'paper')} read (${when}; ${read}), ${report.references.length} cited.`,
    ...(leftOut.length === 0
      ? []
      : [`- Areas found and left out for length: ${markdownText(listed(leftOut))}.`]),
    `- ${written}.`,
    `- Validated: ${claims} claims and table rows against ${checked} cited sentences; ${fixed.length === 0 ? 'none had to be repaired' : fixed.join(', ')}.${looked.length === 0 ? '' : ` Looked for: ${listed(looked)}.`}`,
    ...secondJudge(judged, doubts),
  ].join('\n')
}

/** What the model, as second judge, made of the claims; the code has decided that they hold. */
const secondJudge = (judged: number, doubts: readonly Doubt[]): string[] =>
  judged === 0
    ? []
    : [
        `- Second judge: the model read ${counted(judged, 'claim')} against the cited sentences again and ${doubts.length === 0 ? 'agrees' : `doubts ${doubts.length}`}.`,
        ...doubts.map(({ text, reason }) => `  - “${markdownText(text)}” ${markdownText(reason)}`),
      ]

const referenceLine = ({ title, authors, published, url, id }: Reference): string => {
  const who =
    authors.length === 0 ? '' : `${upperFirst(withYear(attributionOf({ authors, published, title })))}. `
  return `${markdownText(who)}*${markdownText(title)}*. ${markdownUrl(url) ?? markdownText(id)}`
}
