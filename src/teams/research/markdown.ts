import { markdownText, markdownUrl } from '../../domain/markdown.ts'
import { attributionOf, withYear } from './attribution.ts'
import { counted, upperFirst } from './phrasing.ts'
import type { Reference, ResearchOutput } from './shapes.ts'

/** The report for people: answer, themes, open problems, how it was made, references. */
export const markdownOf = (output: Omit<ResearchOutput, 'markdown'>): string => {
  const { report } = output
  const blocks = [
    `# ${markdownText(report.title)}`,
    ...output.notes.map((note) => `> ${markdownText(note)}`),
    markdownText(report.answer.text),
  ]
  for (const { name, paragraphs } of report.themes)
    blocks.push(`## ${markdownText(name)}`, ...paragraphs.map(({ text }) => markdownText(text)))
  if (report.openProblems.length > 0) {
    blocks.push(`## ${upperFirst(counted(report.openProblems.length, 'open problem'))}`)
    for (const [at, { title, text }] of report.openProblems.entries())
      blocks.push(`**${at + 1}. ${markdownText(title)}.** ${markdownText(text)}`)
  }
  blocks.push('## How this was made', madeBy(output))
  if (report.references.length > 0)
    blocks.push(
      '## References',
      report.references.map((reference) => `${reference.n}. ${referenceLine(reference)}`).join('\n'),
    )
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

const madeBy = ({
  source,
  dateRange,
  method,
  validation,
  sources,
  report,
}: Omit<ResearchOutput, 'markdown'>): string => {
  const when = dateRange.from === '' ? 'undated' : `published ${dateRange.from} to ${dateRange.to}`
  const written =
    method === 'classical'
      ? 'Written by classical methods (no model)'
      : `Written by ${method === 'model' ? 'a language model' : method}`
  const { claims, checked, repaired } = validation
  if (sources.length === 0) return `- Source: ${source}; no papers read.\n- ${written}.`
  return [
    `- Source: ${source}; ${counted(sources.length, 'paper')} read (${when}), ${report.references.length} cited.`,
    `- ${written}.`,
    `- Validated: ${claims} claims and ${checked} citations checked against the papers' own sentences; ${repaired === 0 ? 'none had to be mended' : `${repaired} mended`}.`,
  ].join('\n')
}

const referenceLine = ({ title, authors, published, url, id }: Reference): string => {
  const who =
    authors.length === 0 ? '' : `${upperFirst(withYear(attributionOf({ authors, published, title })))}. `
  return `${markdownText(who)}*${markdownText(title)}*. ${markdownUrl(url) ?? markdownText(id)}`
}
