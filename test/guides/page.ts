import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A fenced block of a page. */
export type Block = {
  /** Without it nobody knows what the block is. */
  language: string
  code: string
  line: number
  /** The nearest heading above. */
  heading: string
  /**
   * Named by a comment in the first line, `// agents/clerk.ts`: it is written, and used by what
   * follows.
   */
  file?: string
  /**
   * Whether a text block shows what the block before it prints: nothing but a line or two lies
   * between.
   */
  follows: boolean
}

const named = /^(?:\/\/|#|<!--) ([\w./-]+\.\w+)(?: -->)?$/

export const blocksOf = (text: string): Block[] => {
  const blocks: Block[] = []
  const lines = text.split('\n')
  let heading = ''
  let between = 0
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const title = /^#+ (.+)$/.exec(line)?.[1]
    if (title !== undefined) heading = title
    const language = /^ *```(\w*)/.exec(line)?.[1]
    if (language === undefined) {
      if (title !== undefined) between = Number.POSITIVE_INFINITY
      else if (line.trim() !== '') between++
      continue
    }
    const from = i + 1
    for (i = from; i < lines.length && !/^ *```\s*$/.test(lines[i] ?? ''); ) i++
    if (i >= lines.length) throw new Error(`the block of line ${from} has no end`)
    const code = lines.slice(from, i).join('\n')
    const file = language === 'text' ? undefined : named.exec(lines[from] ?? '')?.[1]
    blocks.push({
      language,
      code,
      line: from,
      heading,
      follows: blocks.length > 0 && between <= linesBetween,
      ...(file === undefined ? {} : { file }),
    })
    between = 0
  }
  return blocks
}

const linesBetween = 3

export const pageText = (page: string): string => readFileSync(join(root, page), 'utf8')
