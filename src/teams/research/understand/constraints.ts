import type { Form, Period } from './question.ts'

export type Constraints = {
  period: Period
  exclude: string[]
  /** Undefined where the question says nothing about open problems. */
  problems?: number
  form?: Form
  wordsMax?: number
  sentencesMax?: number
  papersMax?: number
  /** How many things a list is to name. */
  itemsMax?: number
  bothSides: boolean
  /** The question without what was read here. */
  rest: string
}

const NUMBERS =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )
const NUMBER = `(\\d{1,4}|an?|${NUMBERS.join('|')})`
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)
const DATE = `((?:${MONTHS.join('|')}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?,? \\d{4}|\\d{4}(?:-\\d{2}(?:-\\d{2})?)?)`
const DAYS: { [unit: string]: number } = { day: 1, week: 7, month: 30.5, quarter: 91.5, year: 365 }

export const numberIn = (text: string): number =>
  /^an?$/i.test(text) ? 1 : Number(text) || NUMBERS.indexOf(text.toLowerCase()) + 1

/** `June 2026` as `2026-06`; ISO dates stay. */
const isoOf = (text: string): string => {
  const month = /^([a-z]+)\.?,? (\d{4})$/i.exec(text)
  if (month === null) return text
  const at = MONTHS.findIndex((name) => name.startsWith(month[1]!.toLowerCase().slice(0, 3)))
  return `${month[2]}-${String(at + 1).padStart(2, '0')}`
}

/** The year, month or day before (-1) or after (1) a date: `before 2026` ends with 2025. */
const beside = (date: string, step: 1 | -1): string => {
  const [year, month, day] = date.split('-').map(Number)
  if (month === undefined) return String(year! + step)
  if (day === undefined) return new Date(Date.UTC(year!, month - 1 + step, 1)).toISOString().slice(0, 7)
  return new Date(Date.UTC(year!, month - 1, day + step)).toISOString().slice(0, 10)
}

const PROBLEM_NOUN = '(?:problems?|questions?|directions?|challenges?|gaps?|issues?)'
const PROBLEM_WORD = `(?:(?:open|unsolved|unresolved|future|remaining|outstanding) (?:\\w+ ){0,2}${PROBLEM_NOUN}|research ${PROBLEM_NOUN}|future work)`
const ASKED_PROBLEMS = new RegExp(
  `(?:^|[,;.?!]|\\b(?:and|then|also|plus|as well as)\\b)[\\s,]*(?:please |also |then |finally )*(?:suggest|propose|identify|list|name|give(?: me)?|find|outline|formulate|derive|state|tell me|what|which|end with|add)\\b[^.;?!]{0,40}?\\b${PROBLEM_WORD}(?: (?:are there|are|remain|exist|still exist|stay open))*(?: (?:in|on|of|for|about|regarding|around|within|with) ([^.;?!]+))?`,
  'i',
)
const NO_PROBLEMS = new RegExp(
  `[,;]?\\s*\\b(?:and |but |with )?(?:no|without(?: any)?|do(?:n't| not) (?:suggest|list|give|add|include|name)(?: any)?|skip(?: the)?|leave out(?: the)?|omit(?: the)?)\\s+(?:\\w+ )?${PROBLEM_WORD}`,
  'i',
)
const COUNT_BEFORE = new RegExp(`\\b${NUMBER}\\s+(?:\\w+ ){0,3}?${PROBLEM_NOUN}\\b`, 'i')

type Rule = { pattern: RegExp; read: (match: RegExpExecArray, found: Constraints) => string | undefined }

const rule = (source: string, read: (match: RegExpExecArray, found: Constraints) => unknown): Rule => ({
  pattern: new RegExp(source, 'i'),
  read: (match, found) => {
    const instead = read(match, found)
    return typeof instead === 'string' ? instead : undefined
  },
})

/** What a rule returns takes the place of what it read. */
const RULES: readonly Rule[] = [
  // What every report has.
  rule(
    `,? ?\\bwith (?:full |proper |all )?(?:citations?|references?|sources?)(?= *(?:$|[.,;?!]|and\\b))`,
    () => undefined,
  ),
  {
    pattern: NO_PROBLEMS,
    read: (_, found) => {
      found.problems = 0
      return undefined
    },
  },
  {
    pattern: ASKED_PROBLEMS,
    read: (match, found) => {
      const count = COUNT_BEFORE.exec(match[0])?.[1]
      found.problems = count === undefined ? 3 : numberIn(count)
      return match[1] === undefined ? '' : ` ; ${match[1]}`
    },
  },
  rule(`\\b(?:between|from) ${DATE} (?:and|to|until|till|through|-) ${DATE}`, (match, found) => {
    found.period = { since: isoOf(match[1]!), until: isoOf(match[2]!) }
  }),
  rule(`\\b(?:published |written )?(?:after|newer than|later than) ${DATE}`, (match, found) => {
    found.period = { ...found.period, since: beside(isoOf(match[1]!), 1) }
  }),
  rule(`\\b(?:published |written )?(?:before|older than|earlier than|prior to) ${DATE}`, (match, found) => {
    found.period = { ...found.period, until: beside(isoOf(match[1]!), -1) }
  }),
  rule(
    `\\b(?:published |written )?(?:since|from|starting (?:in|from)) ${DATE}(?: on(?:wards?)?)?`,
    (match, found) => {
      found.period = { ...found.period, since: isoOf(match[1]!) }
    },
  ),
  rule(`\\b(?:published |written )?(?:until|till|up to|no later than) ${DATE}`, (match, found) => {
    found.period = { ...found.period, until: isoOf(match[1]!) }
  }),
  rule(
    `\\b(?:published |from |work |papers )?(?:in|of|from|during) ${DATE}(?! \\w*token)`,
    (match, found) => {
      found.period = { since: isoOf(match[1]!), until: isoOf(match[1]!) }
    },
  ),
  rule(
    `\\b(?:in|over|during|from|within|of)?\\s*(?:the )?(?:last|past|previous|most recent) (?:${NUMBER} )?(day|week|month|quarter|year)s?\\b`,
    (match, found) => {
      const many = match[1] === undefined ? 1 : numberIn(match[1])
      found.period = { ...found.period, lastDays: Math.round(many * DAYS[match[2]!.toLowerCase()]!) }
    },
  ),
  rule(`\\b(?:in |of |from )?this year\\b`, (_, found) => {
    found.period = { ...found.period, thisYear: true }
  }),
  rule(
    `[,;(]?\\s*\\b(?:but |and )?(?:excluding|exclude|except(?: for)?|(?<!languages? )other than|ignoring|leav(?:e|ing) out|leaving aside|skip(?:ping)?|not (?:about|including|counting|on)|do not include|but not|without (?:any )?(?:papers|works?|studies) (?:on|about)|that are not (?:about|on)|apart from|without (?=(?:surveys?|benchmarks?|videos?|audio|medical|images?|agents?|datasets?|robot\\w*|math\\w*|safety)\\b)|no (?=(?:surveys?|benchmarks?)\\b))\\s+(?:papers (?:on|about) |anything (?:on|about) )?([^.;?!()]+?)(?=$|[.;?!)]|, (?:and |in |as )|,? and (?:suggest|list|give|name|propose|write|include)\\b| (?:in|as) (?:a |one |${NUMBER} )(?:table|paragraph|sentences?|bullet))`,
    (match, found) => {
      found.exclude.push(
        ...match[1]!
          .split(/,\s*(?:and |or )?| (?:and|or) /)
          .map((each) => each.trim().replace(/^(?:the|any|all) /i, ''))
          .filter((each) => each !== ''),
      )
    },
  ),
  rule(
    `\\b(?:in |as |with |using )?(?:a |an |one )?(?:single )?(?:one-|single-|short )?paragraph(?: (?:summary|overview|answer))?(?: of)?\\b`,
    (_, found) => {
      found.form = 'paragraph'
    },
  ),
  rule(
    `\\b(?:in|as|with|using|at most|no more than|up to) ${NUMBER} (?:short )?sentences?\\b`,
    (match, found) => {
      found.sentencesMax = numberIn(match[1]!)
      found.form ??= 'paragraph'
    },
  ),
  rule(
    `\\b(?:in|within|at most|no more than|up to|under|fewer than|less than|about|around|max(?:imum)?(?: of)?)\\s*(?:about |at most |under )?(\\d{2,4})[ -]words?\\b|\\b(\\d{2,4})[ -]word\\b`,
    (match, found) => {
      found.wordsMax = Number(match[1] ?? match[2])
    },
  ),
  rule(
    `\\b(?:as|in|make|give(?: me)?|show(?: me)?|create|draw|build|produce|present|with)?\\s*(?:me )?(?:the form of )?(?:a |an )?(?:comparison |summary |comparative )?table(?: (?:of|comparing|with|that compares|for|showing))?\\b`,
    (_, found) => {
      found.form = 'table'
    },
  ),
  rule(
    `\\b(?:as|in|with|using|give(?: me)?)?\\s*(?:a )?(?:bulleted list|bullet(?:ed)?(?: points?| list)?|bullets)(?: of)?\\b`,
    (_, found) => {
      found.form = 'bullets'
    },
  ),
  rule(
    `\\b(?:very )?(?:brief(?:ly)?|short(?:ly)? (?:answer|summary|overview)|concise(?:ly)?|tl;?dr|in brief|in short)\\b`,
    (_, found) => {
      found.wordsMax ??= 150
    },
  ),
  rule(
    `\\b(?:present |show |give )?(?:both sides|the pros and cons|pros and cons|arguments? for and against|for and against)(?: of| on)?\\b`,
    (_, found) => {
      found.bothSides = true
    },
  ),
  rule(
    `\\b(?:the )?(?:top |best |most relevant |latest |at most |up to )?${NUMBER} (?:most \\w+ |recent |latest |best |key )?(?:papers|articles|publications)\\b`,
    (match, found) => {
      found.papersMax = numberIn(match[1]!)
    },
  ),
]

/**
 * `Name five models ...`: read last, when papers, problems and sentences have taken their numbers.
 */
const ITEMS = new RegExp(
  `^((?:please )?(?:name|list|give(?: me)?|show(?: me)?|find(?: me)?|suggest|recommend))(?: the)?(?: top| best)? ${NUMBER}(?= \\p{L})`,
  'iu',
)

/** What a question asks beside its topic: time, what to leave out, open problems, length and form; each read is taken out of the rest. */
export const constraintsIn = (text: string): Constraints => {
  const found: Constraints = {
    period: {},
    exclude: [],
    bothSides: false,
    rest: text.replace(/\s+/g, ' ').trim(),
  }
  for (const { pattern, read } of RULES) {
    const match = pattern.exec(found.rest)
    if (match === null) continue
    const instead = read(match, found) ?? ' '
    found.rest = `${found.rest.slice(0, match.index)} ${instead} ${found.rest.slice(match.index + match[0].length)}`
  }
  found.rest = found.rest.replace(/\s+/g, ' ').trim()
  const items = ITEMS.exec(found.rest)
  if (items !== null && !/^an?$/i.test(items[2]!)) {
    found.itemsMax = numberIn(items[2]!)
    found.rest = found.rest.replace(ITEMS, '$1')
  }
  return found
}
