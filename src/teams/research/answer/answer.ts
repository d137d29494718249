import { phrasePattern } from '../../../domain/text/phrases.ts'
import { approachOf } from '../approaches.ts'
import type { Claim, Reading, StatementKind, Table, Theme } from '../shapes.ts'
import { namesOf, sidePattern } from '../understand/concepts.ts'
import type { Question } from '../understand/question.ts'
import { choose } from './choose.ts'
import { type Allowed, claimNamed, claimOf, continued, type Told, toldAs } from './claims.ts'
import { cueFor, namesCause, stanceOf } from './cues.ts'
import { differencesAmong } from './differences.ts'
import { note } from './notes.ts'
import { benchmarksTable, figuresTable, namesTable, offersTable } from './tables.ts'

/** An answer: what is said first, a table, and what supports it. */
export type Answer = { introduction: Claim[]; table?: Table; themes: Theme[] }

export type Asked = { question: Question; readings: readonly Reading[]; allowed: Allowed }

const FIRST = 4
/** A side is taken by sentences that are about the question. */
const STANCE_FIT_MIN = 0.55
const MORE = 6
const RESULTS: readonly StatementKind[] = ['result', 'finding']
const FIGURE = /\d(?:[\d.,]*\d)?\s*(?:\\?%|points?\b|[x×]\b)/i
/** Work that sets methods of others side by side is better evidence than a method's own figures. */
const INDEPENDENT = new Set(['survey', 'analysis', 'benchmark'])

/** Answers questions of every kind but surveys: the answer first, in sentences of the papers that fit the question best. */
export const answerTo = (asked: Asked): Answer => {
  const pick = picker(asked)
  const answer = ANSWERS[asked.question.kind]?.(asked, pick) ?? generally(asked, pick)
  return { ...answer, themes: answer.themes.filter(({ paragraphs }) => paragraphs.flat().length > 0) }
}

type Worth = (told: Told) => number | undefined
type Pick = (count: number, worth: Worth, perPaper?: number) => Told[]
type Answering = (asked: Asked, pick: Pick) => Answer

/** Picks statements that were not picked before. */
const picker = ({ readings, allowed }: Asked): Pick => {
  const used = new Set<string>()
  return (count, worth, perPaper = 1) => {
    const chosen = choose(readings, { count, worth, perPaper, allowed, used })
    for (const { statement } of chosen) used.add(statement.id)
    return chosen
  }
}

const told = (list: readonly Told[]): Claim[] => list.flatMap((each) => toldAs(each) ?? [])

/** By fit, of these kinds, with more for figures. */
const byFit =
  (kinds: readonly StatementKind[], figures = 0): Worth =>
  ({ statement }) =>
    kinds.includes(statement.kind)
      ? statement.fit + 0.02 * statement.score + (FIGURE.test(statement.sentence) ? figures : 0)
      : undefined

const independent = ({ reading }: Told): number => {
  const offer = reading.statements.find(({ kind }) => kind === 'contribution')?.sentence ?? ''
  return INDEPENDENT.has(approachOf(reading.title, [offer]).key) ? 0.15 : 0
}

/** What a paper offers, then what it reports, as pairs of sentences. */
const withResults = (asked: Asked, offers: readonly Told[]): Claim[] =>
  offers.flatMap((offer, at) => {
    const named = at % 2 === 1 && offer.statement.named !== undefined
    const result = offer.reading.statements.find(
      (statement) =>
        RESULTS.includes(statement.kind) &&
        asked.allowed(statement.id) &&
        statement.id !== offer.statement.id,
    )
    const first = named ? claimNamed(offer) : claimOf(offer)
    return result === undefined
      ? [first]
      : [first, continued({ reading: offer.reading, statement: result }, named)]
  })

/** What each paper offers, the best with the figure it reports. */
const withFigures = (offers: readonly Told[], pick: Pick): Claim[] =>
  offers.flatMap((offer, at) => {
    const named = at % 2 === 1 && offer.statement.named !== undefined
    const first = named ? claimNamed(offer) : claimOf(offer)
    const result = pick(1, ({ reading, statement }) =>
      at < FIGURES_TOLD && reading === offer.reading && /\d/.test(statement.sentence)
        ? byFit(RESULTS, 0.2)({ reading, statement })
        : undefined,
    )[0]
    return result === undefined ? [first] : [first, continued(result, named)]
  })
const FIGURES_TOLD = 3

const paragraphs = (claims: readonly Claim[], size = 4): Claim[][] =>
  Array.from({ length: Math.ceil(claims.length / size) }, (_, at) => claims.slice(at * size, (at + 1) * size))

const section = (name: string, claims: readonly Claim[]): Theme => ({ name, paragraphs: paragraphs(claims) })

/** At least so many rows make a table that was asked for. */
const ROWS_ASKED = 3

/**
 * A table that was asked for has rows: of names, or of what papers offer, where there are few
 * figures.
 */
const askedTable = ({ question, readings, allowed }: Asked, found: Table | undefined): Table | undefined => {
  if (question.form !== 'table' || (found?.rows.length ?? 0) >= ROWS_ASKED) return found
  const names = namesTable(readings, allowed, ANYTHING)
  return (names?.rows.length ?? 0) >= ROWS_ASKED ? names : (offersTable(readings, allowed) ?? found)
}

const which: Answering = (asked, pick) => {
  const figures = figuresTable(asked.readings, asked.allowed)
  const table = askedTable(asked, figures)
  const worth: Worth = (each) => {
    const fit = byFit(RESULTS, 0.3)(each)
    const says = FIGURE.test(each.statement.text) || cueFor('which')?.test(each.statement.text) === true
    return fit === undefined || !says ? undefined : fit + independent(each)
  }
  const first = pick(FIRST, worth)
  const offers = pick(MORE - 1, byFit(['contribution']))
  return {
    introduction: [...told(first), note('noRanking')],
    ...(table === undefined ? {} : { table }),
    themes: [section('How the methods work', told(offers))],
  }
}

const THINGS: readonly [asked: RegExp, said: RegExp][] = [
  [/\bbenchmarks?\b/i, /bench/i],
  [/\bdatasets?|corpora\b/i, /dataset|corpus|collection/i],
  [/\battacks?\b/i, /attack|jailbreak/i],
  [/\bdefen[cs]es?\b/i, /defen|safe|guard|protect/i],
  [/\bagents?\b/i, /agent/i],
  [/\bsurveys?\b/i, /survey|review/i],
  [
    /\bmethods?|approach\w*|techniques?|strateg\w+|ways?\b/i,
    /method|approach|framework|strateg|technique|decoding|training|module|mechanism|paradigm/i,
  ],
  [
    /\bmodels?|systems?|LLMs?|MLLMs?|VLMs?\b/i,
    /\b(?:models?|\w*LLMs?|\w*VLMs?|assistant|model family)\b(?![^.]{0,40}\bbench)/i,
  ],
]
const ANYTHING = /(?:)/

/** What a list is to list, as papers would call it. */
const thingAsked = (text: string): RegExp => THINGS.find(([asked]) => asked.test(text))?.[1] ?? ANYTHING

const list: Answering = (asked, pick) => {
  const thing = thingAsked(asked.question.text)
  const { itemsMax } = asked.question
  const named = namesTable(asked.readings, asked.allowed, thing, itemsMax)
  const short = itemsMax !== undefined && (named?.rows.length ?? 0) < itemsMax
  // Who asks for five gets five: then also those that are not called by the word of the question.
  const table = short ? (namesTable(asked.readings, asked.allowed, ANYTHING, itemsMax) ?? named) : named
  const offers = pick(FIRST, (each) => {
    const fit = byFit(['contribution'])(each)
    return fit === undefined ? undefined : fit + (thing.test(each.statement.sentence) ? 0.3 : 0)
  })
  const introduction = withFigures(offers, pick)
  const results = pick(MORE, byFit(RESULTS, 0.1))
  return {
    introduction,
    ...(table === undefined ? {} : { table }),
    themes: [section('What they report', told(results))],
  }
}

const evaluated: Answering = (asked, pick) => {
  const table = askedTable(asked, benchmarksTable(asked.readings, asked.allowed, asked.question.itemsMax))
  const isBenchmark = ({ reading, statement }: Told): boolean =>
    approachOf(reading.title, [statement.sentence]).key === 'benchmark'
  const offers = pick(FIRST, (each) => {
    const fit = byFit(['contribution'])(each)
    return fit === undefined ? undefined : fit + (isBenchmark(each) ? 0.4 : 0)
  })
  const introduction = withFigures(offers, pick)
  const findings = pick(MORE, (each) => {
    const fit = byFit(RESULTS, 0.1)(each)
    return fit === undefined ? undefined : fit + 4 * independent(each)
  })
  return {
    introduction,
    ...(table === undefined ? {} : { table }),
    themes: [section('What the evaluations find', told(findings))],
  }
}

/**
 * More for a paper whose title asks what is asked: `Can ... Read Clocks?`,
 * `Why Do ... Struggle with ...`.
 */
const asksTheSame = (question: Question, asking: RegExp): ((told: Told) => number) => {
  const telling = question.concepts.filter(({ field }) => !field)
  const subject = phrasePattern(telling.flatMap(namesOf))
  return ({ reading: { title } }) =>
    telling.length > 0 && asking.test(title) && subject.test(title) ? 0.25 : 0
}

const WHETHER = /\?|\bhow (?:well|good)\b|\bcan(?:['’]t|not)\b/i
const WHY = /\bwhy\b|\bcauses? of\b/i

const yesNo: Answering = ({ question }, pick) => {
  const same = asksTheSame(question, WHETHER)
  const subject = phrasePattern(question.concepts.filter(({ field }) => !field).flatMap(namesOf))
  const side =
    (stance: 'for' | 'against'): Worth =>
    (each) => {
      const { kind, text, fit } = each.statement
      // What a paper says before its own work counts where the paper is about the question.
      const before = kind === 'background' && subject.test(each.reading.title)
      if (!(RESULTS.includes(kind) || before) || stanceOf(text) !== stance || fit < STANCE_FIT_MIN)
        return undefined
      const worth = byFit([...RESULTS, 'background'], 0.1)(each)! + independent(each) + same(each)
      return before ? worth - 0.3 : worth
    }
  const [good, bad] = [pick(2, side('for')), pick(2, side('against'))]
  const [goodMore, badMore] = [pick(MORE / 2 + 1, side('for')), pick(MORE / 2 + 1, side('against'))]
  const verdict =
    good.length > 0 && bad.length > 0
      ? note('bothSides')
      : good.length > 0
        ? note('onlyFor')
        : bad.length > 0
          ? note('onlyAgainst')
          : note('noStance')
  const rest = good.length + bad.length === 0 ? pick(FIRST, byFit([...RESULTS, 'contribution'])) : []
  return {
    introduction: [verdict, ...told([...good, ...bad, ...rest])],
    themes: [section('In favour', told(goodMore)), section('Against it, or its limits', told(badMore))],
  }
}

const cause: Answering = ({ question }, pick) => {
  const same = asksTheSame(question, WHY)
  const subject = phrasePattern(question.concepts.filter(({ field }) => !field).flatMap(namesOf))
  const named = question.concepts.some(({ field }) => !field)
  const causal: Worth = (each) => {
    const { kind, sentence, text } = each.statement
    // Who asks why reports why, whatever the words.
    const answers = same(each) > 0 && RESULTS.includes(kind)
    if (kind === 'gap' || kind === 'contribution') return undefined
    if (!answers && (!namesCause(sentence) || !namesCause(text))) return undefined
    if (named && !subject.test(sentence) && !(subject.test(each.reading.title) && RESULTS.includes(kind)))
      return undefined
    return (
      byFit([...RESULTS, 'method', 'background'])(each)! +
      independent(each) +
      same(each) +
      (RESULTS.includes(kind) ? 0.2 : 0)
    )
  }
  const first = pick(FIRST, causal)
  const more = pick(MORE, causal)
  const remedies = pick(FIRST, byFit(['contribution']))
  const rest = first.length === 0 ? pick(FIRST, byFit(RESULTS)) : []
  return {
    introduction: [...(first.length > 1 ? [note('causesDiffer')] : []), ...told([...first, ...rest])],
    themes: [section('Further evidence', told(more)), section('What is done about it', told(remedies))],
  }
}

const compare: Answering = (asked, pick) => {
  const { question, readings, allowed } = asked
  const patterns = question.sides.map(sidePattern)
  const on =
    (side: number): Worth =>
    (each) => {
      const { sentence } = each.statement
      const fit = byFit([...RESULTS, 'contribution'], 0.15)(each)
      const here = patterns[side]!.test(sentence) || patterns[side]!.test(each.reading.title)
      return fit === undefined || !here ? undefined : fit + (patterns[side]!.test(sentence) ? 0.3 : 0)
    }
  const direct = pick(FIRST - 1, (each) => {
    const both = patterns.length === 2 && patterns.every((pattern) => pattern.test(each.statement.sentence))
    return both ? byFit([...RESULTS, 'contribution', 'method'], 0.1)(each) : undefined
  })
  const firsts = patterns.map((_, at) => pick(2, on(at)))
  const table = figuresTable(readings, allowed)
  const mores = patterns.map((_, at) => pick(FIRST, on(at)))
  return {
    introduction: [
      ...(direct.length === 0 ? [note('noDirect')] : []),
      ...told([...direct, ...firsts.flat()]),
    ],
    ...(table === undefined ? {} : { table }),
    themes: question.sides.map((side, at) =>
      section(side.charAt(0).toUpperCase() + side.slice(1), told(mores[at] ?? [])),
    ),
  }
}

const how: Answering = (asked, pick) => {
  const offers = pick(FIRST, byFit(['contribution', 'method']))
  const more = pick(FIRST, byFit(['contribution']))
  const results = pick(MORE, byFit(RESULTS, 0.15))
  return {
    introduction: told(offers),
    themes: [section('Further methods', withResults(asked, more)), section('What it brings', told(results))],
  }
}

const limits: Answering = (_, pick) => {
  const worth: Worth = (each) => {
    const { kind, sentence } = each.statement
    if (!(RESULTS.includes(kind) || kind === 'gap') || stanceOf(sentence) === 'for') return undefined
    const fit = byFit([...RESULTS, 'gap'], 0.1)(each)
    return stanceOf(sentence) === 'against' ? fit! + 0.2 + independent(each) : fit
  }
  const first = told(pick(FIRST + 1, worth))
  const more = told(pick(MORE, worth))
  return { introduction: first, themes: [section('Further limits', more)] }
}

const paper: Answering = ({ readings, allowed }) => {
  const [reading] = readings
  if (reading === undefined) return { introduction: [], themes: [] }
  const own = reading.statements
    .filter(({ id, kind }) => allowed(id) && kind !== 'background')
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.start - b.start)
  const claims = own.flatMap((statement, at) => {
    const each = { reading, statement }
    const claim = statement.kind === 'gap' ? toldAs(each) : at === 0 ? claimOf(each) : continued(each, false)
    return claim === undefined ? [] : [claim]
  })
  const table = figuresTable(readings, allowed)
  return { introduction: claims, ...(table === undefined ? {} : { table }), themes: [] }
}
const ORDER: readonly StatementKind[] = ['contribution', 'method', 'result', 'finding', 'gap', 'background']

const disagree: Answering = ({ readings, allowed }, pick) => {
  const { different, same } = differencesAmong(readings, allowed)
  const causes = pick(FIRST, (each) =>
    namesCause(each.statement.text) ? byFit([...RESULTS, 'background'])(each) : undefined,
  )
  const introduction = different.length > 0 ? different.flat() : [note('noDifference'), ...told(causes)]
  return { introduction, themes: [{ name: 'Where they agree', paragraphs: same }] }
}

const generally: Answering = (asked, pick) => {
  const first = pick(FIRST, byFit([...RESULTS, 'contribution'], 0.1))
  const more = pick(MORE, byFit(['contribution']))
  return { introduction: told(first), themes: [section('Further work', withResults(asked, more))] }
}

const ANSWERS: { [kind in Question['kind']]?: Answering } = {
  which,
  list,
  evaluated,
  'yes-no': yesNo,
  cause,
  compare,
  how,
  limits,
  paper,
  disagree,
}
