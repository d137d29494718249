import { type Draft, isoDate, splitAuthors, tidyTitle } from './document-text.ts'

const FRONT_MATTER = /^\uFEFF?---[^\S\n]*\n([\s\S]{0,20000}?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|$)/

/** Markdown as plain paragraphs; title, authors, date and abstract from its front matter where it has one. */
export const readMarkdown = (markdown: string): Draft => {
  const front = FRONT_MATTER.exec(markdown)
  const fields = front ? frontMatter(front[1]!) : {}
  const body = front ? markdown.slice(front[0].length) : markdown
  const heading =
    /^#[^\S\n]+(\S.{0,500})$/m.exec(withoutCode(body)) ?? /^(\S.{0,200})\n=+[^\S\n]*$/m.exec(body)
  return {
    text: plain(body),
    title: tidyTitle(fields.title ?? (heading ? inline(closed(heading[1]!)) : undefined)),
    abstract: fields.abstract ?? fields.description,
    authors: splitAuthors(fields.authors ?? fields.author ?? ''),
    published: isoDate(fields.date ?? fields.published),
    url: fields.url,
  }
}

export const readText = (text: string): Draft => ({ text: text.replace(/^\uFEFF/, '') })

/** Flat `key: value` lines and lists of YAML, which is all that titles and authors need. */
const frontMatter = (yaml: string): { [key: string]: string } => {
  const fields: { [key: string]: string } = {}
  let key = ''
  for (const line of yaml.split('\n')) {
    const pair = /^([A-Za-z][\w-]*)[^\S\n]*:[^\S\n]*(.*)$/.exec(line)
    if (pair) {
      key = pair[1]!.toLowerCase()
      fields[key] = unquoted(pair[2]!)
    } else if (key !== '' && /^\s+|^-/.test(line)) {
      const item = unquoted(
        line
          .trim()
          .replace(/^-\s+/, '')
          .replace(/^name:\s*/, ''),
      )
      const before = fields[key]?.replace(/^[>|][+-]?$/, '') ?? ''
      fields[key] = [before, item].filter((part) => part !== '').join(/^\s*-/.test(line) ? '; ' : ' ')
    }
  }
  return fields
}

const unquoted = (value: string): string => {
  const bare = value.trim().replace(/^(["'])(.*)\1$/, '$2')
  const list = /^\[(.*)\]$/.exec(bare)
  return list
    ? list[1]!
        .split(',')
        .map((item) => unquoted(item))
        .join('; ')
    : bare
}

const withoutCode = (text: string): string =>
  text.replace(/^(```|~~~)[^\n]*\n[\s\S]*?(?:^\1[^\S\n]*$|(?![\s\S]))/gm, '\n')

/** A heading without the signs that may close it. */
const closed = (heading: string): string => heading.replace(/\s+#+\s*$/, '').trimEnd()

/** By hand, as a pattern would search to the end again for every comment that is not closed. */
const withoutComments = (text: string): string => {
  const kept: string[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('<!--', at)
    const close = open < 0 ? -1 : text.indexOf('-->', open + 4)
    if (close < 0) break
    kept.push(text.slice(at, open))
    at = close + 3
  }
  return kept.join('') + text.slice(at)
}

const plain = (markdown: string): string =>
  withoutComments(withoutCode(markdown))
    .replace(/^(.+)\n(?:=+|-{3,})[^\S\n]*$/gm, '\n$1\n')
    .replace(/^#{1,6}[^\S\n]+(\S.{0,500})$/gm, (_, heading: string) => `\n${closed(heading)}\n`)
    .split('\n')
    .map((line) => inline(line.replace(/^\s{0,3}(?:>\s?)+/, '').replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '\n')))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

const inline = (line: string): string =>
  line
    .replace(/!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)/g, '')
    .replace(/\[([^\]\n]{1,500})\]\([^)\n]{0,2000}\)/g, '$1')
    .replace(/(\*\*|__)(?=\S)([^\n]{1,2000}?)\1/g, '$2')
    .replace(/(^|[\s(])[*_](?=\S)([^*_\n]{1,1000})[*_](?=[\s).,;:!?]|$)/g, '$1$2')
    .replace(/`([^`\n]{1,500})`/g, '$1')
    .replace(/<\/?[a-z][^>\n]{0,300}>/gi, '')
