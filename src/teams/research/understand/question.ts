/** What kind of answer a question wants. */
export type QuestionKind =
  | 'survey'
  | 'which'
  | 'list'
  | 'evaluated'
  | 'compare'
  | 'yes-no'
  | 'cause'
  | 'how'
  | 'count'
  | 'paper'
  | 'problems'
  | 'disagree'
  | 'limits'

export const QUESTION_KINDS: readonly QuestionKind[] = [
  'survey',
  'which',
  'list',
  'evaluated',
  'compare',
  'yes-no',
  'cause',
  'how',
  'count',
  'paper',
  'problems',
  'disagree',
  'limits',
]

/** How the answer is to look. */
export type Form = 'prose' | 'table' | 'bullets' | 'paragraph'

export const FORMS: readonly Form[] = ['prose', 'table', 'bullets', 'paragraph']

/** Something a paper must be about. */
export type Concept = {
  /** As the question writes it. */
  text: string
  /** Ways to write it, for `phrasePattern`; of a known one the glossary has more (`namesOf`). */
  names: string[]
  /** The name of a whole field, which tells little apart in a collection on that field. */
  field: boolean
  /** From the glossary: a known subject, not a word of unknown weight. */
  known: boolean
}

/** A stretch of time: days, or a length counted back from the newest paper or from today. */
export type Period = { since?: string; until?: string; lastDays?: number; thisYear?: true }

/** A question as it was understood: what to look for, what answers it, how the answer is to look. */
export type Question = {
  text: string
  /** What it is about, in a few words. */
  topic: string
  kind: QuestionKind
  concepts: Concept[]
  /** Words that single out the sentences that answer: `mitigation`, `support`. */
  aspects: string[]
  /** What a comparison compares. */
  sides: string[]
  /** The paper asked about: an arXiv id or words of its title. */
  paper?: string
  period: Period
  /** It asks for what is new. */
  recent: boolean
  exclude: string[]
  /** Open problems asked for; 0 for none. */
  problems: number
  form: Form
  wordsMax?: number
  sentencesMax?: number
  /** How many things a list is to name. */
  itemsMax?: number
  /** `en`, or the language the question is written in. */
  language: string
  /** More to search for beside the concepts. */
  queries: string[]
  /** Who understood it: `code`, or `model` where a model had the last word. */
  by: 'code' | 'model'
}
