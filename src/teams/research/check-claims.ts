import { cut } from '../../domain/text/cut.ts'
import type { CitedClaim, CitedReport, Verification } from '../../verification/claims.ts'
import { plainRarity } from '../../verification/grounding.ts'
import { holdsQuote } from '../../verification/quotes.ts'
import { verifyClaims } from '../../verification/verify.ts'
import { BEARS, isNote } from './answer/notes.ts'
import { talliesOf } from './answer/tally.ts'
import { attributionsIn, familyName } from './attribution.ts'
import type { Complaint } from './feedback.ts'
import { numberWord, upperFirst } from './phrasing.ts'
import { plainText } from './plain-text.ts'
import { sinceText } from './problems/since.ts'
import type { Claim, ClaimCitation, Table, TableRow } from './shapes.ts'
import type { Library, Source } from './source-library.ts'

export type Checked = {
  complaints: Complaint[]
  /** Claims that say something about papers. */
  claims: number
  /** Citations whose sentence was compared with the claim. */
  checked: number
  /** What was compared and found, by kind of fault. */
  kinds: Verification['kinds']
}

const REFERENCE_MARK = /\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]/
/** Digits of names (`3D`, `GPT-4`) state nothing. */
const FIGURE = /(?<![\p{L}\d-])\d+(?:[.,]\d+)*(?![\p{L}\d-])/u

/** Every claim against the papers it cites; see the validator for what must hold. */
export const checkClaims = (claims: readonly Claim[], library: Library): Checked => {
  const judged = claims.filter(({ kind }) => kind === 'paraphrase' || kind === 'quote')
  const { faults, kinds } = verified(claims, library)
  return {
    complaints: claims.flatMap((claim) =>
      [...complaintsOn(claim, library), ...(faults.get(claim) ?? [])].map((message) => ({
        claim: claim.id,
        message,
      })),
    ),
    claims: judged.length,
    checked: judged.reduce((sum, { citations }) => sum + citations.length, 0),
    kinds,
  }
}

/** Claims as the library of verification takes them, with the papers they cite. */
export const citedReport = (judged: readonly Claim[], library: Library): CitedReport => {
  const used = new Set(judged.flatMap(({ citations }) => citations.map(({ paper }) => paper)))
  const sources = [...library.sources].flatMap(([id, { cited: source }]) => (used.has(id) ? [source] : []))
  const claims = judged.map(
    (claim): CitedClaim => ({
      id: claim.id,
      text: withoutBareNames(claim, library)
        .replace(`${BEARS} `, '')
        .replace(/\s*\{(?:\d+|\*)\}/g, ''),
      citations: claim.citations.map((citation) => citationOf(citation, library)),
      ...(claim.kind === 'title' ? { form: 'title' as const } : {}),
      ...(claim.kind === 'frame' ? { form: 'question' as const } : {}),
    }),
  )
  return { claims, sources }
}

/**
 * What the ladder of checkers finds in retold sentences, titles and questions, each against the
 * union of what it cites.
 */
const verified = (
  claims: readonly Claim[],
  library: Library,
): { faults: Map<Claim, string[]>; kinds: Verification['kinds'] } => {
  const judged = claims.filter(({ kind }) => kind === 'paraphrase' || kind === 'title' || kind === 'frame')
  const { claims: verdicts, kinds } = verifyClaims(citedReport(judged, library), { idf: plainRarity })
  const faults = new Map(
    judged.map((claim, at) => [
      claim,
      (verdicts[at]?.faults ?? [])
        // A title is no sentence: it need not be carried as a whole, but what it names must be there.
        .filter(({ kind }) => claim.kind !== 'title' || !['support', 'duplicate', 'role'].includes(kind))
        // A question is asked of each gap in the same words; what it takes for granted must be cited.
        .filter(({ kind }) => claim.kind !== 'frame' || kind === 'source')
        .map(({ message }) => message),
    ]),
  )
  return { faults, kinds }
}

/** `Zheng and Zhang find`, without the year that makes it an attribution: the authors said `we`. */
const withoutBareNames = ({ text, citations }: Claim, library: Library): string =>
  citations.reduce((plain, { paper }) => {
    const subject = library.sources.get(paper)?.attribution.subject
    return subject === undefined || subject.endsWith('et al.')
      ? plain
      : plain.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${escaped(subject)}(?= \\p{Ll})`, 'gu'), 'they')
  }, text)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const complaintsOn = (claim: Claim, library: Library): string[] => {
  const marks = REFERENCE_MARK.test(claim.text)
    ? [`Claim ${claim.id} carries a reference mark of its own.`]
    : []
  return [...marks, ...BY_KIND[claim.kind](claim, library)]
}

const BY_KIND: { [kind in Claim['kind']]: (claim: Claim, library: Library) => string[] } = {
  paraphrase: (claim, library) => wrongAuthors(claim, library),
  quote: (claim, library) => [
    ...wrongAuthors(claim, library),
    ...verbatim(claim, library),
    ...claim.citations
      .filter(({ quote }) => !holdsQuote([claim.text], quote))
      .map(() => `Claim ${claim.id} does not repeat the sentence it quotes.`),
  ],
  count: (claim, library) => [...cited(claim, library), ...miscounted(claim, library)],
  mention: (claim, library) => [
    ...wrongAuthors(claim, library),
    ...cited(claim, library),
    ...misnamed(claim, library),
  ],
  note: ({ id, text, citations }) =>
    isNote(text) && citations.length === 0
      ? []
      : [`Claim ${id} is no remark the report may make without a source: "${cut(text, 100)}".`],
  tally: ({ id, text }, library) =>
    talliesOf(library.retrieved).some((each) => each.text === text)
      ? []
      : [`Claim ${id} counts the collection and says otherwise than the search did.`],
  since: (claim, library) => [
    ...cited(claim, library),
    ...(claim.text ===
    sinceText(claim.citations.map(({ paper }) => library.sources.get(paper)?.paper.published ?? ''))
      ? []
      : [`Claim ${claim.id} says since when, and the cited papers have other dates.`]),
  ],
  frame: ({ id, text, citations }) => [
    ...(citations.length > 0 ? [`Claim ${id} cites papers, so it must be a claim that can be checked.`] : []),
    ...(FIGURE.test(text) ? [`Claim ${id} states a number without a source.`] : []),
    ...(text.includes('?') ? [] : [`Claim ${id} cites nothing, so it may only ask: "${cut(text, 100)}".`]),
  ],
  title: ({ id, text }) =>
    FIGURE.test(text) ? [`Claim ${id} has a number without a source in its title.`] : [],
}

const citationOf = ({ paper, quote }: ClaimCitation, library: Library): CitedClaim['citations'][number] => {
  const known = library.sources.get(paper)?.cited.sentences ?? []
  const at = quote === '' ? -1 : known.findIndex((sentence) => holdsQuote([sentence], quote))
  return { sourceId: paper, ...(quote === '' ? {} : { quote }), ...(at < 0 ? {} : { sentence: at }) }
}

const cited = ({ id, citations }: Claim, library: Library): string[] =>
  citations
    .filter(({ paper }) => !library.sources.has(paper))
    .map(({ paper }) => `Claim ${id} cites ${paper}, which is not among the sources.`)

const verbatim = (claim: Claim, library: Library): string[] => [
  ...(claim.citations.length === 0 ? [`Claim ${claim.id} cites no source.`] : []),
  ...cited(claim, library),
  ...claim.citations.flatMap(({ paper, quote }) => {
    const source = library.sources.get(paper)
    if (source === undefined || holds(source, quote)) return []
    return [`Claim ${claim.id} quotes "${cut(quote, 120)}", which does not stand in ${paper} word for word.`]
  }),
]

const holds = ({ cited: { sentences, title } }: Source, quote: string): boolean =>
  quote !== '' && (holdsQuote(sentences, quote) || holdsQuote([title], quote))

/** A paper must speak of what it is cited for by name. */
const misnamed = ({ id, text, names = [], citations }: Claim, library: Library): string[] =>
  citations.flatMap(({ paper }, at) => {
    const name = names[at] ?? ''
    const source = library.sources.get(paper)
    if (source === undefined || name === '') return []
    const known = [source.cited.title, ...source.cited.sentences].some((sentence) => sentence.includes(name))
    return known && text.includes(name)
      ? []
      : [`Claim ${id} names ${name}, of which ${paper} does not speak.`]
  })

/** Counts are made again, and the text must say what they are. */
const miscounted = ({ id, text, counts = [], citations }: Claim, library: Library): string[] =>
  counts.flatMap(({ of, value }) => {
    const papers = new Set(of)
    const unknown = of.filter((paper) => !library.sources.has(paper))
    const said = new RegExp(`(?<![\\w.-])(?:${value}|${numberWord(value)})(?![\\w.-]*\\d)`, 'i').test(text)
    return [
      ...unknown.map((paper) => `Claim ${id} counts ${paper}, which is not among the sources.`),
      ...(papers.size === value && said
        ? []
        : [`Claim ${id} counts ${papers.size} papers and says otherwise.`]),
      ...citations
        .filter(({ paper }) => counts.length === 1 && !papers.has(paper))
        .map(({ paper }) => `Claim ${id} cites ${paper}, which it does not count.`),
    ]
  })

/** `Name et al.` must be the authors of a paper the claim cites. */
const wrongAuthors = ({ id, text, citations }: Claim, library: Library): string[] => {
  const own = citations.flatMap(({ paper }) => {
    const [first] = library.sources.get(paper)?.paper.authors ?? []
    // A sentence may begin with the name: `van Sprang` is `Van Sprang` there.
    return first === undefined ? [] : [familyName(first), upperFirst(familyName(first))]
  })
  if (own.length === 0) return []
  return attributionsIn(text)
    .filter((name) => !own.some((family) => name === family || name.endsWith(` ${family}`)))
    .map(
      (name) =>
        `Claim ${id} attributes its statement to ${name} et al.; the cited papers are by ${[...new Set(own)].join(', ')}.`,
    )
}

/** Each cell of a table must be words of the cited sentence, or of the paper's title; `…` joins two parts in order. */
export const checkTable = (table: Table | undefined, library: Library): Checked => {
  const rows = table?.rows ?? []
  return {
    complaints: rows.flatMap((row) => misplaced(row, library).map((message) => ({ claim: row.id, message }))),
    claims: rows.length,
    checked: rows.length,
    kinds: {},
  }
}

const misplaced = ({ id, cells, citation }: TableRow, library: Library): string[] => {
  const source = library.sources.get(citation.paper)
  if (source === undefined) return [`Row ${id} cites ${citation.paper}, which is not among the sources.`]
  if (!holds(source, citation.quote))
    return [`Row ${id} quotes "${cut(citation.quote, 120)}", which does not stand in ${citation.paper}.`]
  const [name = '', ...facts] = cells
  const sentence = plainText(citation.quote)
  const own = [...source.cited.sentences, source.cited.title].map(plainText)
  return [
    ...(name === '' || name === source.attribution.subject || own.some((text) => text.includes(name))
      ? []
      : [`Row ${id} names ${name}, of which ${citation.paper} does not speak.`]),
    ...facts
      .filter((cell) => cell !== '' && !inOrder(sentence, cell))
      .map(
        (cell) =>
          `Row ${id} states "${cell}", which does not stand in the cited sentence of ${citation.paper}.`,
      ),
  ]
}

const inOrder = (sentence: string, cell: string): boolean => {
  let from = 0
  for (const part of cell.split(' … ')) {
    const at = sentence.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}
