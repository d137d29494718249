import type { Json } from '../../domain/json.ts'

export type SearchResult = { title: string; url: string; snippet: string; published?: string }

/** How to ask an endpoint and where its answer keeps what; places are JSON pointers (RFC 6901). */
export type SearchFormat = {
  /** Added to the endpoint's path unless it ends so already. */
  path?: string
  /** Names of the query parameters. */
  query: string
  count?: string
  countMax?: number
  /** Fixed parameters. */
  params?: { readonly [name: string]: string }
  /** The header that carries the key, `authorization` with a Bearer token by default. */
  keyHeader?: string
  /** From the answer to the list, then from one result to its fields. */
  results: string
  title: string
  url: string
  snippet: string
  published?: string
}

/** https://docs.searxng.org/dev/search_api.html; the instance must list json under search.formats. */
const searxng: SearchFormat = {
  path: '/search',
  query: 'q',
  params: { format: 'json' },
  results: '/results',
  title: '/title',
  url: '/url',
  snippet: '/content',
  published: '/publishedDate',
}

/** https://api-dashboard.search.brave.com/app/documentation/web-search */
const brave: SearchFormat = {
  query: 'q',
  count: 'count',
  countMax: 20,
  params: { text_decorations: 'false' },
  keyHeader: 'x-subscription-token',
  results: '/web/results',
  title: '/title',
  url: '/url',
  snippet: '/description',
  published: '/page_age',
}

export const formats = { searxng, brave } as const

const at = (value: Json | undefined, pointer: string): Json | undefined => {
  let current = value
  for (const part of pointer.split('/').slice(1)) {
    if (current === null || typeof current !== 'object') return undefined
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    current = Object.hasOwn(current, key) ? (current as { [key: string]: Json })[key] : undefined
  }
  return current
}

const entities: { [name: string]: string } = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#x27': "'",
  nbsp: ' ',
}

/** Plain text in one line: engines put highlighting tags and entities into titles and snippets. */
const plain = (value: Json | undefined, charactersMax: number): string =>
  typeof value !== 'string'
    ? ''
    : value
        .slice(0, charactersMax * 4)
        .replace(/<\/?[a-z][^<>]*>/gi, '')
        .replace(/&(amp|lt|gt|quot|#39|#x27|nbsp);/g, (_, name: string) => entities[name]!)
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, charactersMax)

/** The results of an answer, each address once; `undefined` when the list is not where the format says. */
export const resultsIn = (answer: Json, format: SearchFormat, most: number): SearchResult[] | undefined => {
  const list = at(answer, format.results)
  if (!Array.isArray(list)) return undefined
  const found = new Map<string, SearchResult>()
  for (const item of list) {
    const url = URL.parse(plain(at(item, format.url), 2000))
    if (found.size >= most) break
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || found.has(url.href)) continue
    const published = format.published ? plain(at(item, format.published), 100) : ''
    found.set(url.href, {
      title: plain(at(item, format.title), 300),
      url: url.href,
      snippet: plain(at(item, format.snippet), 1000),
      ...(published ? { published } : {}),
    })
  }
  return [...found.values()]
}
