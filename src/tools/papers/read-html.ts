import { type Draft, isoDate, tidyTitle } from './document-text.ts'
import { lazily } from './lazy.ts'
import { parseArxivId } from './paper.ts'
import { BLOCKS, paragraphsOf, stripHtml } from './strip-html.ts'

/** Below this the article finder may recurse safely; deeper pages are read whole, without it. */
const DEPTH_MAX = 400
/** Longer pages are stripped of their tags instead: the article finder's time grows with the square of the length. */
const ARTICLE_CHARS_MAX = 250_000
const ELEMENTS_MAX = 5000

const NOISE = 'script,style,noscript,template,svg,iframe,object,link'

/** The little of the DOM that is used here: the project is typed without a browser. */
type DomNode = {
  nodeType: number
  nodeName: string
  nodeValue: string | null
  lastChild: DomNode | null
  previousSibling: DomNode | null
}
type DomElement = DomNode & {
  children: Iterable<DomElement>
  textContent: string | null
  getAttribute(name: string): string | null
  querySelector(selector: string): DomElement | null
  querySelectorAll(selector: string): Iterable<DomElement>
  remove(): void
}
type DomDocument = DomElement & { body: DomElement; documentElement: DomElement }

const dom = async (html: string): Promise<DomDocument> => {
  const { parseHTML } = await lazily('read HTML', 'linkedom', () => import('linkedom'))
  return parseHTML(html).document
}

/** The article of a page as paragraphs, without menus and footers; nothing is fetched and no script runs. */
export const readHtml = async (html: string): Promise<Draft> => {
  if (html.length > ARTICLE_CHARS_MAX) return { text: stripHtml(html), title: titleIn(html) }
  const document = await dom(/<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`)
  const meta = metaOf(document)
  for (const element of [...document.querySelectorAll(NOISE)]) element.remove()
  const ownTitle = document.querySelector('h1')?.textContent || document.querySelector('title')?.textContent
  const whole = textOf(document.body ?? document.documentElement)
  const article = tooComplex(document.documentElement) ? undefined : await articleOf(document)
  const authors = meta.all('citation_author', 'dc.creator', 'author')
  const arxivId = parseArxivId(meta.one('citation_arxiv_id') ?? '')?.id
  return {
    // A page that is mostly list or table can leave the article finder with a scrap: then the whole page is the better text.
    text: article && article.text.length > whole.length / 5 ? article.text : whole,
    title: tidyTitle(meta.one('citation_title', 'dc.title', 'og:title') ?? ownTitle ?? article?.title),
    abstract: meta.one('citation_abstract', 'dc.description'),
    authors,
    published: isoDate(
      meta.one('citation_publication_date', 'citation_date', 'dc.date', 'article:published_time'),
    ),
    ...(arxivId ? { arxivId } : {}),
  }
}

/** Paragraphs of simple HTML, such as a word processor's export. */
export const htmlToText = async (html: string): Promise<{ text: string; heading?: string | undefined }> => {
  const document = await dom(`<html><body>${html}</body></html>`)
  return { text: textOf(document.body), heading: document.querySelector('h1,h2')?.textContent ?? undefined }
}

const articleOf = async (document: DomDocument): Promise<{ text: string; title: string } | undefined> => {
  const { DefuddleClass } = await lazily('read HTML', 'defuddle', () => import('defuddle/node'))
  // useAsync would let the library ask other sites for content.
  const { content, title } = new DefuddleClass(document, { useAsync: false, url: 'about:blank' }).parse()
  const article = await dom(`<html><body>${content}</body></html>`)
  return { text: textOf(article.body), title }
}

const metaOf = (document: DomDocument) => {
  const values = new Map<string, string[]>()
  for (const tag of [...document.querySelectorAll('meta')]) {
    const name = (tag.getAttribute('name') ?? tag.getAttribute('property') ?? '').toLowerCase()
    const content = tag.getAttribute('content')?.trim()
    if (name && content) values.set(name, [...(values.get(name) ?? []), content])
  }
  const all = (...names: string[]): string[] => {
    for (const name of names) if (values.has(name)) return values.get(name)!
    return []
  }
  return { all, one: (...names: string[]): string | undefined => all(...names)[0] }
}

const TEXT_NODE = 3
const ELEMENT_NODE = 1

/** Iterative, so that no nesting overflows the stack. */
const textOf = (root: DomNode): string => {
  const parts: string[] = []
  const stack: (DomNode | string)[] = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === 'string') parts.push(node)
    else if (node.nodeType === TEXT_NODE) parts.push((node.nodeValue ?? '').replace(/\s+/g, ' '))
    else if (node.nodeType === ELEMENT_NODE) {
      const isBlock = BLOCKS.has(node.nodeName.toUpperCase())
      if (isBlock) parts.push('\n\n')
      if (isBlock) stack.push('\n\n')
      for (let child = node.lastChild; child; child = child.previousSibling) stack.push(child)
    }
  }
  return paragraphsOf(parts.join(''))
}

const tooComplex = (root: DomElement): boolean => {
  const stack: [DomElement, number][] = [[root, 1]]
  let elements = 0
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [element, depth] = next
    elements += 1
    if (depth > DEPTH_MAX || elements > ELEMENTS_MAX) return true
    for (const child of element.children) stack.push([child, depth + 1])
  }
  return false
}

const titleIn = (html: string): string | undefined => {
  const found = /<(h1|title)[^>]{0,500}>([\s\S]{1,1000}?)<\/\1>/i.exec(html.slice(0, ARTICLE_CHARS_MAX))
  return found ? tidyTitle(stripHtml(found[2]!)) : undefined
}
