import { cut } from '../../domain/text/cut.ts'
import { sentences } from '../../domain/text/sentences.ts'
import { oneLine } from './paper.ts'

/** What a reader makes of one file; the rest of a paper is guessed from the text. */
export type Draft = {
  /** Paragraphs and headings, separated by blank lines. */
  text: string
  title?: string | undefined
  abstract?: string | undefined
  authors?: string[]
  published?: string | undefined
  url?: string | undefined
  arxivId?: string | undefined
}

const ABSTRACT_CHARS_MAX = 3000
const OPENING_CHARS_MAX = 1500
const TITLE_CHARS_MAX = 300
const SEARCHED_PARAGRAPHS = 80

const ABSTRACT_HEADING =
  /^(?:\d{1,2}\.?\s+)?(?:abstract|summary|executive summary)\s*(?:[:.—–-]+\s*|$|\n|(?=\s[A-Z]))/i
const AFTER_ABSTRACT =
  /^(?:keywords?|key words|index terms|ccs concepts|categories and subject|(?:\d{1,2}|I)\.?\s*introduction|introduction)\b/i
const NUMBERED = /^(?:\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,4}\.|[A-Z]\.)\s+\p{Lu}/u

export const paragraphs = (text: string): string[] =>
  text
    .split(/\n[^\S\n]*\n\s*/)
    .map((part) => part.trim())
    .filter((part) => part !== '')

export const isHeading = (paragraph: string): boolean => {
  if (paragraph.length > 100 || paragraph.includes('\n') || /[.!?;,]$/.test(paragraph)) return false
  const words = paragraph.split(/\s+/).length
  return words <= 12 && (NUMBERED.test(paragraph) || /^\p{Lu}/u.test(paragraph))
}

/** The text below an `Abstract` or `Summary` heading near the start, without it; undefined when there is no such heading. */
export const abstractIn = (text: string): string | undefined => {
  const parts = paragraphs(text).slice(0, SEARCHED_PARAGRAPHS)
  const at = parts.findIndex((part) => ABSTRACT_HEADING.test(part))
  if (at < 0) return undefined
  const first = parts[at]!.replace(ABSTRACT_HEADING, '').trim()
  const taken = first === '' ? [] : [first]
  for (const part of parts.slice(at + 1)) {
    if (AFTER_ABSTRACT.test(part) || (taken.length > 0 && isHeading(part))) break
    if (taken.join(' ').length + part.length > ABSTRACT_CHARS_MAX) {
      if (taken.length === 0) taken.push(upTo(part, ABSTRACT_CHARS_MAX))
      break
    }
    taken.push(part)
  }
  const found = oneLine(taken.join(' ').replace(/\s(?:keywords|index terms)\s*[:—–-].*$/is, ''))
  return found === '' ? undefined : upTo(found, ABSTRACT_CHARS_MAX)
}

/** The first paragraphs that hold sentences: what stands in for an abstract where there is none. */
export const opening = (text: string, title = ''): string => {
  const taken: string[] = []
  let size = 0
  for (const part of paragraphs(text).slice(0, SEARCHED_PARAGRAPHS)) {
    const line = oneLine(part)
    if (line === title || isHeading(line) || (line.length < 40 && !/[.!?]$/.test(line))) continue
    taken.push(line)
    size += line.length
    if (size >= OPENING_CHARS_MAX) break
  }
  return upTo(taken.join(' ') || oneLine(cut(text, 4 * OPENING_CHARS_MAX)), OPENING_CHARS_MAX)
}

/** Whole sentences up to `max` characters; a first sentence that is longer is cut at a word. */
export const upTo = (text: string, max: number): string => {
  if (text.length <= max) return text
  const fitting = sentences(text.slice(0, max + 1)).filter(({ end }) => end < max)
  const end = fitting.length > 1 ? fitting.at(-1)!.end : text.lastIndexOf(' ', max)
  return cut(text, end > 0 ? end : max).trim()
}

/** First heading or line short enough to be a title; else the beginning of the first sentence. */
export const guessTitle = (text: string, fallback: string): string => {
  for (const part of paragraphs(text).slice(0, 5)) {
    const line = oneLine(part.split('\n')[0] ?? '')
    if (!/\p{L}{2}/u.test(line)) continue
    if (line.length <= 200) return line.replace(/[.:]$/, '')
    return `${upTo(line, 120)}…`
  }
  return fallback
}

export const tidyTitle = (title: string | undefined): string | undefined => {
  const line = oneLine(title ?? '')
  return line === '' ? undefined : cut(line, TITLE_CHARS_MAX)
}

const AUTHORS_CHARS_MAX = 20_000
const NAME_BREAK = /\s*(?:;|\band\b|&|\n)\s*/

/** `A. B. Cee and D. Eff`, `Cee, A. B.; Eff, D.` or `A Cee, D Eff` as names. */
export const splitAuthors = (text: string): string[] => {
  const pieces = cut(text, AUTHORS_CHARS_MAX).split(NAME_BREAK)
  const names =
    pieces.length > 1 && /;/.test(text) ? pieces : pieces.flatMap((piece) => piece.split(/\s*,\s*/))
  return names.map((name) => oneLine(name)).filter((name) => name !== '')
}

/**
 * An ISO date or instant from what people write in date fields, no more exact than they were: a year stays a year. Undefined when it
 * says no date.
 */
export const isoDate = (value: unknown): string | undefined => {
  if (typeof value === 'number') return value >= 1500 && value <= 2200 ? String(value) : instant(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const pdf = /^D:(\d{4})(\d{2})?(\d{2})?/.exec(text)
  if (pdf)
    return pdf
      .slice(1)
      .filter((part) => part !== undefined)
      .join('-')
  const parts = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?$/.exec(text)
  if (parts)
    return parts
      .slice(1)
      .flatMap((part) => (part === undefined ? [] : [part.padStart(2, '0')]))
      .join('-')
  if (!/\d{4}/.test(text)) return undefined
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) return Number.isNaN(Date.parse(text)) ? undefined : text
  // Other spellings (Mon, 18 Mar 2025) are read as UTC, so that no machine's time zone moves the day.
  return instant(Date.parse(/\d:\d/.test(text) ? text : `${text} UTC`))
}

const instant = (ms: number): string | undefined => {
  const date = new Date(Math.abs(ms) < 1e11 ? ms * 1000 : ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
