import { familyNames } from '../../src/verification/attributions.ts'
import type { CitedClaim, CitedSource } from '../../src/verification/claims.ts'
import type { Base } from './bases.ts'
import type { Part } from './papers.ts'
import { attributed, cited, type Planted } from './planted.ts'
import {
  ADDITIONS,
  CAUSES,
  CERTAINTIES,
  CONTRARIES,
  HEADINGS,
  QUESTIONS,
  TIMES,
  UNIVERSALS,
  wording,
} from './wordings.ts'

export interface Setting {
  part: Part
  random: () => number
  /** Other papers, to draw names, clauses and authors from. */
  others: readonly Base[]
}

type Planter = (base: Base, setting: Setting) => Planted | undefined

const pick = <T>(items: readonly T[], random: () => number): T | undefined =>
  items[Math.floor(random() * items.length)]

/** A plant that changes the text alone. */
const changing =
  (change: (text: string, base: Base, setting: Setting) => string | undefined): Planter =>
  (base, setting) => {
    const text = change(base.text, base, setting)
    return text === undefined || text === base.text ? undefined : { claims: [cited(base, text)] }
  }

const rewording = (pairs: readonly [RegExp, string][]): Planter =>
  changing((text, _, { part, random }) => {
    const fitting = wording(pairs, part).filter(([what]) => what.test(text))
    const [what, by] = pick(fitting, random) ?? []
    return what === undefined ? undefined : text.replace(what, by!)
  })

const NUMBER = /(?<![\p{L}\d.,-])(\d+(?:\.\d+)?)(?=\s?\\?%|\s?[x×]\b|\s[a-z]{4,}|\s?points)/u

const numberChanged = changing((text, { source }, { random }) => {
  const match = NUMBER.exec(text)
  if (!match || /^(?:19|20)\d\d$/.test(match[1]!)) return undefined
  const [raw] = match
  const decimals = raw.split('.')[1]?.length ?? 0
  const factor = 0.55 + 0.9 * random()
  const value = (Number(raw) * (Math.abs(factor - 1) < 0.1 ? 1.3 : factor)).toFixed(decimals)
  const there = source.sentences.join(' ')
  return value === raw || new RegExp(`(?<!\\d)${value.replace('.', '\\.')}(?!\\d)`).test(there)
    ? undefined
    : text.replace(raw, value)
})

const MEASURE = /(?<![\p{L}\d.,-])\d+(?:\.\d+)?(?:\s?\\?%|\s?[x×](?!\p{L})|\s?points?)/gu
const numbersSwapped = changing((text) => {
  const all = [...text.matchAll(MEASURE)]
  for (const [at, one] of all.entries())
    for (const two of all.slice(at + 1)) {
      const unit = (raw: string) => raw.replace(/[\d.\s\\]/g, '')
      if (one[0] === two[0] || unit(one[0]) !== unit(two[0]) || two.index - one.index < 12) continue
      return (
        text.slice(0, one.index) +
        two[0] +
        text.slice(one.index + one[0].length, two.index) +
        one[0] +
        text.slice(two.index + two[0].length)
      )
    }
  return undefined
})

const UNITS: readonly [RegExp, string][] = [
  [/(\d)\s?\\?%/, '$1x'],
  [/(\d)\s?\\?%/, '$1 percentage points'],
  [/(\d)\s?\\?%/, '$1 times'],
  [/(\d)\s?[x×](?!\p{L})/u, '$1%'],
  [/(\d)\s?\$?\\?times\$?/, '$1%'],
  [/(\d)\s?[x×](?!\p{L})/u, '$1 points'],
  [/(\d)\s?[kK]\b/, '$1 million'],
  [/(\d)\s?[kK]\b/, '$1B'],
  [/(\d)\s?(?:million|M)\b/, '$1 billion'],
  [/(\d)\s?(?:million|M)\b/, '$1k'],
  [/(\d)\s?ms\b/, '$1 seconds'],
  [/(\d)\s?(?:hours?|h)\b/, '$1 days'],
  [/(\d)\s?(?:percentage )?points?\b/, '$1 times'],
  [/(\d)\s?(?:percentage )?points?\b/, '$1-fold'],
  [/(\d),000\b/, '$1 million'],
  [/(\d)\s?billion\b/, '$1 million'],
]

const COUNTS = 'two three four five six seven eight nine ten eleven twelve'.split(' ')
const numberInWords = changing((text, _, { random }) => {
  const word = new RegExp(`\\b(?:${COUNTS.join('|')})(?= [a-z]{4,})`).exec(text)
  if (word) {
    const at = COUNTS.indexOf(word[0])
    return text.replace(word[0], COUNTS[(at + 2 + Math.floor(random() * 6)) % COUNTS.length]!)
  }
  const times = /(?<![\p{L}\d.,-])(\d(?:\.\d+)?)\s?[x×](?!\p{L})/u.exec(text)
  if (times) return text.replace(times[0], `${COUNTS[(Math.round(Number(times[1])) + 2) % 9]}fold`)
  const share = /(?<![\p{L}\d.,-])(\d\d(?:\.\d+)?)\s?\\?%/u.exec(text)
  if (!share) return undefined
  const value = Number(share[1])
  return text.replace(share[0], value > 50 ? 'about a third' : 'about three quarters')
})

const COUNTED =
  /(?<![\p{L}\d.,-])(\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) ((?:[a-z-]+ ){0,1}?)([a-z]{4,}s)\b/gu
const nounsExchanged = changing((text) => {
  const [one, two] = [...text.matchAll(COUNTED)]
  if (!one || !two || one[3] === two[3] || one[1] === two[1]) return undefined
  const noun = (match: RegExpExecArray) => match.index + match[0].length - match[3]!.length
  return (
    text.slice(0, noun(one)) +
    two[3] +
    text.slice(noun(one) + one[3]!.length, noun(two)) +
    one[3] +
    text.slice(noun(two) + two[3]!.length)
  )
})

const SYSTEM =
  /(?<![\p{L}\d-])(?:\p{Lu}[\p{L}\d]*(?:\p{Lu}|\d)[\p{L}\d]*(?:[-.][\p{L}\d.]*[\p{L}\d])*|\p{Lu}\p{Ll}+(?:-\p{Lu}[\p{L}\d]*|-\d[\d.]*\p{L}?)+)(?![\p{L}\d])/gu
const COMMON = /^(?:[A-Z]{2,4}s?|LLaVA|3D|2D)$/
const systemsIn = (text: string): string[] =>
  [...new Set(Array.from(text.matchAll(SYSTEM), ([name]) => name))].filter((name) => !COMMON.test(name))

const foreignName = changing((text, { source }, { random, others }) => {
  const own = pick(systemsIn(text), random)
  if (own === undefined) return undefined
  const there = `${source.title} ${source.sentences.join(' ')}`
  for (let tries = 0; tries < 8; tries += 1) {
    const other = pick(systemsIn(pick(others, random)!.text), random)
    if (other !== undefined && !there.toLowerCase().includes(other.toLowerCase()))
      return text.replaceAll(own, other)
  }
  return undefined
})

const neighbourName = changing((text, { source }, { random }) => {
  const own = pick(systemsIn(text), random)
  if (own === undefined) return undefined
  const rivals = systemsIn(`${source.title} . ${source.sentences.join(' ')}`).filter(
    (name) => !text.includes(name) && !name.includes(own) && !own.includes(name),
  )
  const other = pick(rivals, random)
  return other === undefined ? undefined : text.replaceAll(own, other)
})

const NP = String.raw`((?:[\p{L}\d][\p{L}\d.’'/-]*\s){0,4}[\p{L}\d][\p{L}\d’'/-]*)`
const ASYMMETRIC = `((?:significantly |consistently |substantially |even |largely |further )?(?:outperforms?|surpass(?:es)?|exceeds?|beats?|improves upon|improves over|matches|approaches|requires?|replaces?|relies on|depends on|causes?|drives?|enables?|determines?|reduces?|improves?|enhances?|governs?))`
const SUBJECT_OBJECT = new RegExp(
  `(^|, |that )${NP} ${ASYMMETRIC} ${NP}(?=[.,]| by | on | in | at | with | for | while | across | and )`,
  'u',
)
const sidesExchanged = changing((text) => {
  const match = SUBJECT_OBJECT.exec(text)
  if (match) {
    const [, lead, subject, verb, object] = match
    // What the pattern misreads would become no sentence.
    if ([subject!, object!].some((side) => UNREADABLE.test(side) || /ly$/.test(side))) return undefined
    const start = match.index + lead!.length
    const turned = `${lowerFirst(object!)} ${verb} ${lowerFirst(subject!)}`
    return (
      text.slice(0, start) +
      (start === 0 ? turned[0]!.toUpperCase() + turned.slice(1) : turned) +
      text.slice(match.index + match[0].length)
    )
  }
  return undefined
})

const UNREADABLE =
  /\b(?:which|that|it|its|they|this|such|authors|and|can|to|not|after|when|while|based|how|who|may|will)\b|^(?:for|in|on|by|across)\b/i
const lowerFirst = (text: string): string =>
  /^(?:The|A|An|These|This|Our|Such|Existing)\b/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text

const AROUND =
  /([\p{L}-]{4,}),? (rather than|instead of|but not|and not) (?:the )?([\p{L}-]{4,})(?=[.,;]| in | on | of | for | at | during )/u
const preferenceTurned = changing((text) => {
  const match = AROUND.exec(text)
  if (!match || match[1] === match[3]) return undefined
  const [whole, one, , two] = match
  // Only words of one form can stand for each other.
  if (ending(one!) !== ending(two!)) return undefined
  return text.replace(whole, `${two}${whole.slice(one!.length, whole.length - two!.length)}${one}`)
})

const ending = (word: string): string => /(?:ing|ed|s|ly|al|ion|ity)$/.exec(word)?.[0] ?? ''

const namesExchanged = changing((text) => {
  const parts = text.split(
    /\b(?:while|whereas|than|over|compared (?:to|with)|outperforms|surpasses|and approaches|but)\b/,
  )
  if (parts.length < 2) return undefined
  const [one] = systemsIn(parts[0]!)
  const two = systemsIn(parts.slice(1).join(' ')).find((name) => name !== one && !text.startsWith(name))
  if (one === undefined || two === undefined || one.includes(two) || two.includes(one)) return undefined
  return text.replaceAll(one, '\u0000').replaceAll(two, one).replaceAll('\u0000', two)
})

const DENIALS: readonly [RegExp, string][] = [
  [/ (is|are|was|were|can|does|do|could|will) (?!not)/, ' $1 not '],
  [/ (is|are|was|were) (?!not)/, ' $1 by no means '],
  [/ (achieve|outperform|improve|reduce|enhance|provide|enable|surpass)s /, ' does not $1 '],
  [/ (achieve|outperform|improve|reduce|enhance|provide|enable|surpass)s /, ' fails to $1 '],
  [/ without /, ' with '],
  [/ (?:does|do) not /, ' indeed does '],
  [/ not /, ' '],
  [/ fails? to /, ' manages to '],
  [/ cannot /, ' can '],
  [/ no (?=[a-z]{4,})/, ' considerable '],
  [/ lacks? /, ' has plenty of '],
  [/ (?:significant|substantial|strong|consistent) (?=improvement|gain|performance)/, ' no '],
]

const addedClause = changing((text, _, { part, random }) => {
  const clause = pick(wording(ADDITIONS, part), random)!
  return text.replace(
    /\.$/,
    `${/^(?:and|but|although|while|which|because|so)/.test(clause) ? ', ' : ' '}${clause}.`,
  )
})

const foreignClause = changing((text, _, { random, others }) => {
  for (let tries = 0; tries < 6; tries += 1) {
    const other = pick(others, random)!.text.replace(/\.$/, '')
    if (other.split(' ').length < 18) return text.replace(/\.$/, `, and ${lowerFirst(other)}.`)
  }
  return undefined
})

const wrongAuthor: Planter = (base, { random, others }) => {
  const other = pick(others, random)!.source.authors?.[0]
  const name = other && lastName(other)
  if (!name || (base.source.authors ?? []).some((author) => familyNames(author).includes(name.toLowerCase())))
    return undefined
  return {
    claims: [
      cited(
        base,
        `${name} et al. (${yearOf(base.source)}) ${pick(['find', 'report', 'show'], random)} that ${lowerFirst(base.text)}`,
      ),
    ],
  }
}

const wrongYear: Planter = (base, { random }) => {
  const year = String(Number(yearOf(base.source)) - 1 - Math.floor(random() * 4))
  const claim = attributed(base, random, year)
  return claim && { claims: [claim] }
}

export const lastName = (author: string): string | undefined =>
  /(\p{Lu}[\p{L}’'-]+)$/u.exec(author.trim())?.[1]
export const yearOf = ({ published }: CitedSource): string => (published ?? '').slice(0, 4)

const misquoted: Planter = (base, { random }) => {
  if (base.sentence === undefined) return undefined
  const raw = base.source.sentences[base.sentence]!
  const words = raw.split(' ')
  const fit = words.flatMap((word, at) => (at > 2 && /^[a-z]{5,}$/.test(word) ? [at] : []))
  const at = pick(fit, random)
  if (at === undefined) return undefined
  const quote = words.map((word, index) => (index === at ? `${word.slice(0, -2)}ic` : word)).join(' ')
  return {
    claims: [
      {
        ...cited(base, base.text),
        citations: [{ sourceId: base.source.id, sentence: base.sentence, quote }],
      },
    ],
  }
}

const inventedQuote: Planter = (base, { random, others }) => {
  const phrase = pick(others, random)!
    .text.split(' ')
    .slice(2, 7)
    .join(' ')
    .replace(/[^\p{L}\d\s-]/gu, '')
  const at = base.text.indexOf(', ')
  return at < 0
    ? undefined
    : { claims: [cited(base, `${base.text.slice(0, at)}, “${phrase}”${base.text.slice(at)}`)] }
}

const unknownSource: Planter = (base) => ({
  claims: [{ ...cited(base, base.text), citations: [{ sourceId: `${base.source.id}0` }] }],
})
const uncited: Planter = (base) => ({ claims: [{ ...cited(base, base.text), citations: [] }] })

const otherPaper: Planter = (base, { random, others }) => {
  const other = pick(others, random)!
  return other.source.id === base.source.id
    ? undefined
    : {
        claims: [
          {
            ...cited(base, base.text),
            citations: [{ sourceId: other.source.id, sentence: other.sentence! }],
          },
        ],
        sources: [other.source],
      }
}

/** Another sentence of the same abstract: the first, which sets the scene. */
const besideThePoint: Planter = (base) =>
  base.sentence === undefined || base.sentence < 3
    ? undefined
    : { claims: [{ ...cited(base, base.text), citations: [{ sourceId: base.source.id, sentence: 0 }] }] }

const idleCitation: Planter = (base, { random, others }) => {
  const other = pick(others, random)!
  if (other.source.id === base.source.id) return undefined
  const claim = cited(base, base.text)
  return {
    claims: [
      { ...claim, citations: [...claim.citations, { sourceId: other.source.id, sentence: other.sentence! }] },
    ],
    sources: [other.source],
  }
}

const citedTwice: Planter = (base) => {
  const claim = cited(base, base.text)
  return { claims: [{ ...claim, citations: [...claim.citations, ...claim.citations] }] }
}
const saidTwice: Planter = (base) => ({
  claims: [cited(base, base.text), { ...cited(base, base.text), id: 'again' }],
})

const bare =
  (texts: readonly string[], form: 'title' | 'question'): Planter =>
  (_, { part, random }) => ({
    claims: [{ id: 'bare', text: pick(wording(texts, part), random)!, citations: [], form }],
  })

/** A false statement taken for granted by a question that cites its source. */
const falseInQuestion: Planter = (base, setting) => {
  const false_ = contrary(base, setting)?.claims[0]
  if (!false_) return undefined
  const text = `${pick(['Given that', 'Since', 'Considering that'], setting.random)} ${lowerFirst(false_.text).replace(/\.$/, '')}, what should be studied next?`
  return { claims: [{ ...false_, text, form: 'question' }] }
}

const falseInTitle: Planter = (base, setting) => {
  const false_ = contrary(base, setting)?.claims[0]
  return false_ && false_.text.split(' ').length < 26
    ? { claims: [{ ...false_, text: false_.text.replace(/\.$/, ''), form: 'title' }] }
    : undefined
}

const wrongCount: Planter = (base, { random, others }) => {
  const other = pick(others, random)!
  if (other.source.id === base.source.id) return undefined
  const citations: CitedClaim['citations'] = [{ sourceId: base.source.id }, { sourceId: other.source.id }]
  const text = `${pick(['Three', 'Five', 'Seven'], random)} papers study ${base.source.title.replace(/^.*?: /, '').toLowerCase()}.`
  return { claims: [{ id: 'sum', text, citations, form: 'sum' }], sources: [other.source] }
}

/** The number is right; one of the two papers is about something else. */
const wrongMember: Planter = (base, { random, others }) => {
  const other = pick(others, random)!
  if (other.source.id === base.source.id) return undefined
  const citations: CitedClaim['citations'] = [{ sourceId: base.source.id }, { sourceId: other.source.id }]
  return {
    claims: [
      {
        id: 'sum',
        text: `Two papers study ${base.source.title.replace(/^.*?: /, '').toLowerCase()}.`,
        citations,
        form: 'sum',
      },
    ],
    sources: [other.source],
  }
}

const contrary = rewording(CONTRARIES)

/** Kind to how it is planted. */
export const PLANTERS: Readonly<Record<string, Planter>> = {
  'number changed': numberChanged,
  'numbers exchanged': numbersSwapped,
  'unit changed': rewording(UNITS),
  'number in words': numberInWords,
  'counted things exchanged': nounsExchanged,
  'name of another paper': foreignName,
  'name from the same paper': neighbourName,
  'names exchanged': namesExchanged,
  'subject and object exchanged': sidesExchanged,
  'preference turned': preferenceTurned,
  contrary,
  negation: rewording(DENIALS),
  'over-generalised': changing((text, _, { part, random }) =>
    pick(
      wording(UNIVERSALS, part)
        .map((each) => each(text))
        .filter((each) => each !== undefined),
      random,
    ),
  ),
  'made certain': rewording(CERTAINTIES),
  'made a cause': rewording(CAUSES),
  time: changing((text, { source }, { part, random }) =>
    pick(
      wording(TIMES, part)
        .map((each) => each(text, yearOf(source) || '2020'))
        .filter((each) => each !== undefined),
      random,
    ),
  ),
  'wrong author': wrongAuthor,
  'wrong year of a paper': wrongYear,
  'clause added': addedClause,
  'clause of another paper': foreignClause,
  misquoted,
  'invented quote': inventedQuote,
  'unknown source': unknownSource,
  uncited,
  'cites another paper': otherPaper,
  'cites a sentence beside the point': besideThePoint,
  'second citation idle': idleCitation,
  'cited twice': citedTwice,
  'said twice': saidTwice,
  'fact in a title': bare(HEADINGS, 'title'),
  'fact in a question': bare(QUESTIONS, 'question'),
  'false title with a citation': falseInTitle,
  'false question with a citation': falseInQuestion,
  'sum that miscounts': wrongCount,
  'sum with a wrong member': wrongMember,
}

/** Kinds that change the text alone can be planted in human summaries, too. */
export const TEXT_KINDS = [
  'number changed',
  'unit changed',
  'number in words',
  'name of another paper',
  'subject and object exchanged',
  'contrary',
  'negation',
  'over-generalised',
  'made certain',
  'time',
  'clause added',
  'clause of another paper',
]
