import { visible } from './visible.ts'

/** `[1]`, `[2, 3]`, `[4-6]`: citations, unless they are made links. */
const citation = /\[\d+(?:\s?[,–-]\s?\d+)*\](?![(:])/y

const marks = new Set(['\\', '`', '*', '[', ']', '|', '~'])
const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character)

/** What would be read as a tag or an entity; `a < b` stays readable. */
const html = /<(?=[A-Za-z/!?])|&(?=#?\w+;)/g

/** What begins a block where it begins a line: headings, quotes, lists, rules. */
const blockStart = /^(\s*)(#{1,6}(?=\s|$)|>|[-+=](?=[\s=-]|$)|\d{1,9}(?=[.)](?:\s|$)))/

/**
 * Data as inline Markdown (CommonMark with tables): one line that is read as it is written, without
 * tags, links, emphasis or code. Numbers in brackets stay citations.
 */
export const markdownText = (data: string): string => {
  const line = visible(data.replace(/\s+/g, ' '))
  let text = ''
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? ''
    citation.lastIndex = i
    const cited = character === '[' ? citation.exec(line)?.[0] : undefined
    if (cited !== undefined) {
      text += cited
      i += cited.length - 1
    } else if (marks.has(character)) text += `\\${character}`
    else if (character === '_' && !(isWord(line[i - 1]) && isWord(line[i + 1]))) text += '\\_'
    else text += character
  }
  return text
    .replace(html, (found) => (found === '<' ? '&lt;' : '&amp;'))
    .replace(blockStart, (_, blanks: string, mark: string) =>
      /^\d/.test(mark) ? `${blanks}${mark}\\` : `${blanks}\\${mark}`,
    )
}

/** A web address for Markdown; undefined for what is none. */
export const markdownUrl = (url: string): string | undefined => {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined
  return parsed.href.replace(/[|[\]`*<>\\]|[^\x21-\x7e]/g, (found) =>
    encodeURIComponent(found).replace('*', '%2A'),
  )
}
