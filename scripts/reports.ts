/**
 * Writes the research reports that README.md and docs/guides/research.md show, as the team prints them today: `node scripts/reports.ts`.
 * A test compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { openConcord } from '../src/index.ts'

/** A report in the guide stands between `<!-- report: question -->` and `<!-- report:end -->`. */
export const SHOWN = /<!-- report: (.+?) -->\n[\s\S]*?<!-- report:end -->/g

export const markdownFor = async (text: string): Promise<string> => {
  const concord = await openConcord({ config: { stores: { kind: 'memory' } } })
  try {
    const output: unknown = await concord.result({ text, params: { source: 'corpus' } })
    if (typeof output !== 'object' || output === null || !('markdown' in output)) return ''
    return String(output.markdown)
  } finally {
    await concord.close()
  }
}

export const shownInGuide = (question: string, markdown: string): string =>
  `<!-- report: ${question} -->\n<details>\n<summary>${question}</summary>\n\n\`\`\`text\n${markdown.trim()}\n\`\`\`\n\n</details>\n<!-- report:end -->`

/** Title, answer, the first section's first paragraph, the first open problem. */
const beginning = (markdown: string): string => {
  const blocks = markdown.trim().split('\n\n')
  const first = blocks.findIndex((block) => block.startsWith('## '))
  const problems = blocks.findIndex((block) => /^## \w+ open problems?$/.test(block))
  return [...blocks.slice(0, first + 2), '[...]', ...blocks.slice(problems, problems + 2), '[...]'].join(
    '\n\n',
  )
}

const write = async (): Promise<void> => {
  const root = resolve(import.meta.dirname, '..')
  const guide = resolve(root, 'docs/guides/research.md')
  let text = readFileSync(guide, 'utf8')
  for (const [block, question = ''] of text.matchAll(SHOWN))
    text = text.split(block).join(shownInGuide(question, await markdownFor(question)))
  writeFileSync(guide, text)
  const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
  const start = /run "([^"]+)"/.exec(scripts.start)?.[1] ?? ''
  const readme = resolve(root, 'README.md')
  const shown = beginning(await markdownFor(start))
  const whole = readFileSync(readme, 'utf8').replace(
    /(<!-- report:begin -->\n```text\n)[\s\S]*?(\n```\n<!-- report:end -->)/,
    (_, open: string, close: string) => `${open}${shown}${close}`,
  )
  writeFileSync(readme, whole)
}

if (import.meta.main) await write()
