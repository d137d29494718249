import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A short string that an answer should hold; `sentence` is the one of `paper` that says it. */
export type Fact = { text: string; paper: string; sentence: string }

/** A question about the bundled papers, with what a reader of the papers expects of its answer. */
export type Asked = {
  id: string
  kind: string
  question: string
  /** Papers that match this (title or abstract, ignoring case) are on the topic. */
  topic?: string
  /** The papers that the answer should cite. */
  papers: string[]
  facts: Fact[]
  /** The corpus has nothing on it: the only right answer is to say so. */
  refused?: boolean
  /** First and last day of publication. */
  since?: string
  until?: string
  /** No cited title may match this. */
  exclude?: string
  form?: 'list' | 'table'
  /** Length of the answer, at most. */
  words?: number
  sentences?: number
  /** How many papers or open problems were asked for. */
  count?: number
  problems?: number
  /** The question's language, where it is not English. */
  language?: string
}

export type CorpusPaper = { id: string; title: string; abstract: string; published: string }

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line))

export const askedQuestions = (): Asked[] => linesOf(join(import.meta.dirname, 'questions.jsonl'))

export const bundledPapers = (): CorpusPaper[] =>
  linesOf(join(import.meta.dirname, '..', '..', 'data', 'corpus', 'multimodal-llm.jsonl'))

/** A quarter of the questions is only ever reported in sum: nobody reads how they were answered. */
export const keptApart = ({ id }: Pick<Asked, 'id'>): boolean =>
  createHash('sha256').update(id).digest()[0]! % 4 === 0

/** Text as facts are compared: lower case, without the marks of LaTeX, one space between words. */
export const comparable = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/\\times/g, 'x')
    .replaceAll('×', 'x')
    .replaceAll(/\\([%#&])/g, '$1')
    .replaceAll(/\\(?:textbf|textit|texttt|emph)\b/g, '')
    .replaceAll(/[${}~]/g, '')
    .replaceAll(/(\d)\s*x\b/g, '$1x')
    .replaceAll(/[‐-―]/g, '-')
    .replaceAll(/\s+/g, ' ')
