import type { Question } from './understand/question.ts'

/** A paper as the retriever hands it on: what reading and citing need, nothing more. */
export type PaperRecord = {
  id: string
  title: string
  abstract: string
  authors: string[]
  /** ISO date; empty when the source does not say. */
  published: string
  url: string
  /** The whole document is at hand. */
  document?: true
}

export type DateRange = { from: string; to: string }

/** Whether a report answers its question: `thin` rests on few papers or on a part of the topic. */
export type Status = 'answered' | 'thin' | 'nothing-found'

/** The retriever's result. */
export type Retrieved = {
  question: Question
  /** How the question was understood, in words. */
  understood: string
  status: Status
  papers: PaperRecord[]
  /** `arxiv`, `bundled`, or the path of a corpus. */
  source: string
  /** Of the papers selected; empty strings without dates. */
  dateRange: DateRange
  /** Distinct papers looked at before the selection. */
  considered: number
  /** The collection searched, and how many of its papers speak of each subject of the question. */
  collection: { size: number; about: { text: string; papers: number; titles: number }[] }
  /** Areas of the field that had papers of which none was taken. */
  leftOut: string[]
  /** What a reader of the report has to know about the search. */
  notes: string[]
}

export type StatementKind = 'contribution' | 'method' | 'result' | 'finding' | 'gap' | 'background'

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
  /** The section it stands in, where the whole document was read. */
  section?: string
  score: number
  /** How well it answers the question, 0 to about 1.2. */
  fit: number
}

/** A figure that a sentence reports; every part is words of the sentence, `…` joining two. */
export type Measure = { value: string; what: string; setting?: string; sentence: string }

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
  measures: Measure[]
  /** What was read: the abstract, or the document with these sections. */
  sections: string[]
  /** Statements given up after the validator's feedback, by id. */
  avoided: string[]
  method: string
  /** Why what a model said of it was not used. */
  unusable?: string
}

export type ClaimCitation = {
  paper: string
  /** The sentence cited; verbatim. */
  quote: string
}

/**
 * `paraphrase` retells the cited sentence, `quote` quotes it, `count` counts papers, `mention` names what the cited papers offer, `note`
 * speaks of the reading itself in one of a few fixed sentences, `tally` tells the collection's size, `since` dates, `frame` only asks, `title` heads: the last three state nothing of a paper.
 */
export type ClaimKind =
  | 'paraphrase'
  | 'quote'
  | 'count'
  | 'mention'
  | 'note'
  | 'tally'
  | 'since'
  | 'frame'
  | 'title'

export type Claim = {
  id: string
  kind: ClaimKind
  /** A complete sentence; `{1}`, `{2}` mark where a citation goes inside it, else all go to its end. */
  text: string
  citations: ClaimCitation[]
  /** What a `mention` names of each citation in turn; empty for none. */
  names?: string[]
  /** How many of which papers the text says there are. */
  counts?: { of: string[]; value: number }[]
}

export type Theme = { name: string; paragraphs: Claim[][] }

/** One paper's row: each cell is words of the cited sentence or of the paper's title; empty where the paper does not say. */
export type TableRow = { id: string; cells: string[]; citation: ClaimCitation }
export type Table = { title: string; columns: string[]; rows: TableRow[] }

export type OpenProblem = { title: string; claims: Claim[] }

/** The synthesizer's result: the answer first, a table where the question wants one, then sections. */
export type Narrative = {
  title: string
  introduction: Claim[]
  table?: Table
  themes: Theme[]
  notes: string[]
  /** What was wrong with a model's claims, and what became of each. */
  repairs: Repair[]
  doubts: Doubt[]
  /** Claims that the second judge was shown. */
  judged: number
  avoided: string[]
  method: string
  /** A model wrote it again after the validator's feedback. */
  mended?: true
}

/** A claim that did not hold: what it said, why not, and what stands there now; nothing where it was dropped. */
export type Repair = { claim: string; before: string; reason: string; after?: string }

/**
 * A claim that holds by code, and that the model doubts when it reads claim and cited sentences
 * again.
 */
export type Doubt = { claim: string; text: string; reason: string }

/** The question generator's result. */
export type Questions = {
  problems: OpenProblem[]
  notes: string[]
  repairs: Repair[]
  doubts: Doubt[]
  judged: number
  avoided: string[]
  method: string
  /** A model wrote it again after the validator's feedback. */
  mended?: true
}

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
  table?: { title: string; columns: string[]; rows: { cells: string[]; citation: ReportCitation }[] }
  themes: { name: string; paragraphs: ReportPart[] }[]
  openProblems: ({ title: string } & ReportPart)[]
  references: Reference[]
}

/** What a run of the research team returns. */
export type ResearchOutput = {
  markdown: string
  /** `nothing-found` ends the command line with an exit code of its own. */
  status: Status
  /** How the question was understood; params correct it. */
  understood: string
  report: Report
  sources: { id: string; title: string; url: string; published: string; cited: boolean }[]
  dateRange: DateRange
  /** `arXiv`, `bundled corpus`, or the path of the corpus. */
  source: string
  /** `classical`, or `model` and which agents used it. */
  method: string
  notes: string[]
  validation: {
    claims: number
    checked: number
    repaired: number
    dropped: number
    /** Claims that a second judge, the model, read against their sentences; 0 without a model. */
    judged: number
    /** By kind of fault: what was compared with a source, and what was found. */
    kinds: { [kind: string]: { looked: number; found: number } }
  }
  repairs: Repair[]
  doubts: Doubt[]
}

/** What the reader is given. */
export type ReaderInput = {
  paper: PaperRecord
  question: Question
  method: string
  fullText?: boolean
  corpus?: string
  feedback?: string
}

/** What the question generator is given. */
export type QuestionsInput = {
  question: Question
  method: string
  retrieved: Retrieved
  readings: Reading[]
  feedback?: string
}

/** What the synthesizer is given: in `feedback`, what was wrong with the text before. */
export type SynthesizerInput = {
  question: Question
  method: string
  readings: Reading[]
  retrieved: Retrieved
  feedback?: string
}
