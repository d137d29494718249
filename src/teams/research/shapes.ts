/** A paper as the retriever hands it on: what reading and citing need, nothing more. */
export type PaperRecord = {
  id: string
  title: string
  abstract: string
  authors: string[]
  /** ISO date; empty when the source does not say. */
  published: string
  url: string
}

export type DateRange = { from: string; to: string }

/** The retriever's result. */
export type Retrieved = {
  question: string
  topic: string
  papers: PaperRecord[]
  /** `arxiv`, `bundled`, or the path of a corpus. */
  source: string
  /** Of the papers selected; empty strings without dates. */
  dateRange: DateRange
  /** Distinct papers looked at before the selection. */
  considered: number
  /** What a reader of the report has to know about the search. */
  notes: string[]
  /** Whether the papers match the question only loosely. */
  thin: boolean
}

export type StatementKind = 'contribution' | 'method' | 'result' | 'finding' | 'gap'

/** Something a paper says. `sentence` is the text it was taken from, at `start` to `end` of the abstract (or the full text). */
export type Statement = {
  /** `{paper}#{start}`, with `t` before the number for the full text. */
  id: string
  kind: StatementKind
  /** Retold as a complete sentence in the third person. */
  text: string
  /** The same with the system it names as its subject, where it names one. */
  named?: string
  sentence: string
  start: number
  end: number
  in: 'abstract' | 'text'
  score: number
}

/** The reader's result for one paper. */
export type Reading = {
  id: string
  title: string
  authors: string[]
  published: string
  url: string
  /** What the paper calls its system, benchmark or method. */
  name?: string
  statements: Statement[]
  /** Statements given up after the validator's feedback, by id. */
  avoided: string[]
  method: string
}

export type ClaimCitation = {
  paper: string
  /** The sentence cited; verbatim. */
  quote: string
}

/**
 * `paraphrase` retells the cited sentence, `quote` quotes it, `shared` says that every cited sentence speaks of `term`, `count` counts
 * papers, `mention` names what the cited papers offer, `frame` only asks, `title` heads: neither may state a fact.
 */
export type ClaimKind = 'paraphrase' | 'quote' | 'shared' | 'count' | 'mention' | 'frame' | 'title'

export type Claim = {
  id: string
  kind: ClaimKind
  /** A complete sentence; `{1}`, `{2}` mark where a citation goes inside it, else all go to its end. */
  text: string
  citations: ClaimCitation[]
  term?: string
  /** What a `mention` names of each citation in turn; empty for none. */
  names?: string[]
  /** How many of which papers the text says there are. */
  counts?: { of: string[]; value: number }[]
}

export type Theme = { name: string; paragraphs: Claim[][] }

export type OpenProblem = { title: string; claims: Claim[] }

/** The synthesizer's result. */
export type Narrative = {
  title: string
  introduction: Claim[]
  themes: Theme[]
  avoided: string[]
  method: string
}

/** The question generator's result. */
export type Questions = { problems: OpenProblem[]; notes: string[]; avoided: string[]; method: string }

export type ReportCitation = { n: number; paper: string; quote: string }
export type ReportPart = { text: string; citations: ReportCitation[] }
export type Reference = {
  n: number
  id: string
  title: string
  authors: string[]
  published: string
  url: string
}

export type Report = {
  title: string
  question: string
  answer: ReportPart
  themes: { name: string; paragraphs: ReportPart[] }[]
  openProblems: ({ title: string } & ReportPart)[]
  references: Reference[]
}

/** What a run of the research team returns. */
export type ResearchOutput = {
  markdown: string
  report: Report
  sources: { id: string; title: string; url: string; published: string; cited: boolean }[]
  dateRange: DateRange
  /** `arXiv`, `bundled corpus`, or the path of the corpus. */
  source: string
  /** `classical`, or `model` and which agents used it. */
  method: string
  notes: string[]
  validation: { claims: number; checked: number; repaired: number }
}

export type ResearchParams = {
  /** `corpus` keeps away from the network. Default: arXiv, and the corpus when it cannot be reached. */
  source?: string
  /** A file or folder to search instead of the bundled corpus. */
  corpus?: string
  /** Papers to read. Default 40. */
  max?: number
  /** First and last day of publication. */
  from?: string
  to?: string
  /** Read whole documents where there are any. */
  fullText?: boolean
}

/** What the reader is given. */
export type ReaderInput = {
  paper: PaperRecord
  topic: string
  method: string
  fullText?: boolean
  corpus?: string
  feedback?: string
}

/** What the question generator is given. */
export type QuestionsInput = {
  question: string
  topic: string
  method: string
  count: number
  readings: Reading[]
  feedback?: string
}
