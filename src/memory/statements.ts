import { sentences } from '../domain/text/sentences.ts'
import { britishSpelling } from '../domain/text/spelling.ts'
import { isStopWord, stem, words } from '../domain/text/tokens.ts'
import { formOf } from './clause.ts'

/** A statement somebody made about themselves and the one thing it is about: a later statement about the same supersedes it. */
export type Statement = {
  /** The thing it is about: slot, and value where several may be so. */
  about: string
  fact: string
  /** What it gives a value: "home", "allergy", "favourite colour". */
  slot: string
  /** Stems of the value. None of an allergy: any. */
  value: readonly string[]
  /** The value is said not to be so. */
  negated: boolean
  /** Said with doubt or exceptions: it supersedes nothing. */
  unsure: boolean
  /** Says itself that something else was so before. */
  changed: boolean
  /** How many values a slot has at a time: `one`, `each` on its own, or perhaps one (`rival`): both are kept, as contradicting each other. */
  holds: 'one' | 'each' | 'rival'
}

/*
 * Rules for plain English statements in the first person, matched at the start of a sentence or after "and", "but", "also"; negation and
 * doubt are taken off before (clause.ts). Questions, conditions and quotations state nothing. They find what is said plainly and miss
 * what is said between the lines: a model does better where one is configured.
 */

/** What a rule makes of a clause: slot and the words of the value; `one` unless said. */
type Told = { slot: string; value: readonly string[]; holds?: Statement['holds']; negated?: boolean }
type Rule = { pattern: RegExp; tells: (found: RegExpExecArray) => Told | undefined }

const feelings = 'like|love|enjoy|hate|dislike|adore|cannot stand'
const setOf = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/))
/** What follows "my ... is" and is no lasting attribute of anybody. */
const passing = setOf(
  'question goal task problem point guess idea request aim plan next first last understanding concern',
)
const notARole = setOf('bit little lot fan long big huge')
/** Attributes that have one value at a time. */
const attributes =
  setOf(`name surname nickname email mail phone mobile number address birthday birthdate age height weight size budget dose
  dosage job occupation profession employer company salary income timezone zone language currency home city town country nationality religion
  diet group pronouns deadline limit rate level plan seat airline hotel bank doctor dentist pharmacy boss manager`)
const oneOfMany = setOf('favourite preferred usual default main current')
/** Whose names, ages and allergies are told: several things are so of them at a time. */
const others =
  setOf(`son daughter child baby kid wife husband partner spouse girlfriend boyfriend mother father mum dad parent brother sister
  uncle aunt cousin grandmother grandfather friend colleague neighbour dog cat pet horse bird`)
const anyValue = /^(?:any|every|no)(?:thing|\b.*)$|^(?:known |drug |food |medication )*$/i

const telling = (text: string): string[] =>
  words(text)
    .filter((word) => !isStopWord(word))
    .map(britishSpelling)

const valueWordsMost = 8
const content = (text: string | undefined, most = valueWordsMost): string[] =>
  telling(text ?? '').slice(0, most)
/** A noun phrase without what stands behind it. */
const phrase = (text: string | undefined): string =>
  (text ?? '').split(
    /\b(?:for|in|on|with|when|over|to|than|instead|rather|that|which|about|of|at|during)\b/,
  )[0] ?? ''

const each = (slot: string, value: readonly string[]): Told | undefined =>
  value.length === 0 ? undefined : { slot, value, holds: 'each' }

const one = (slot: string) => (found: RegExpExecArray) => ({ slot, value: telling(found[1] ?? '') })

const noValue = /^(?:nothing|no)\b/i

const allergy = (what: string | undefined, slot = 'allergy'): Told => ({
  ...allergyTo(what, slot),
  negated: noValue.test((what ?? '').trim()),
})

const allergyTo = (what: string | undefined, slot: string): Told =>
  anyValue.test((what ?? '').trim()) || content(what).length === 0
    ? { slot, value: [], holds: 'each' }
    : { slot, value: content(what), holds: 'each' }

const preference = ([, what = '']: RegExpExecArray): Told | undefined => {
  const [, chosen = what, link = '', purpose] =
    /^(.+?) (for|when|while|during|as|in|on|at|before|after|with) (.+)$/i.exec(what) ?? []
  const value = telling(chosen.split(/\b(?:over|to|than|rather|that|which|about|of)\b/)[0] ?? '')
  const last = value.at(-1)
  if (last === undefined) return undefined
  const occasion = content(purpose, 4)
  if (occasion.length === 0) return { slot: `preference ${last}`, value }
  // "Tea in the morning" chooses a tea; "short meetings in the morning" and "meetings in the morning" say something of meetings.
  const plural = /[^s]s$/.test(last)
  if (value.length === 1 && !plural) return { slot: `preference for ${occasion.join(' ')}`, value }
  return value.length === 1 && /^(?:in|on|at|before|after)$/i.test(link)
    ? { slot: `preference ${last}`, value: occasion }
    : { slot: `preference ${last} ${occasion.join(' ')}`, value }
}

/** "Dose of warfarin" and "warfarin dose" are one. */
const nameOf = (what: string): string[] => {
  const [, part, whole] = /^(.+?) (?:of|for) (.+)$/i.exec(what) ?? []
  const ordered = part === undefined ? what : `${whole} ${part}`
  return telling(ordered).filter((word) => word !== 'new' && word !== 'current' && word !== 'own')
}

const cured = /^(?:gone|over|cured|resolved|outgrown|history)\b/i

/** "My penicillin allergy is gone", "my allergy to nuts is severe"; "my son's nut allergy" is not one's own. */
const ownAllergy = (named: readonly string[], is: string): Told | undefined => {
  const to = named.filter((word) => word !== 'allergy')
  if (to.length === 0 || to.some((word) => others.has(word))) return undefined
  return { slot: 'allergy', value: to, holds: 'each', negated: cured.test(is) }
}

const possession = ([, what = '', is = '']: RegExpExecArray): Told | undefined => {
  const named = nameOf(what)
  const last = named.at(-1)
  if (last === undefined || passing.has(words(what)[0] ?? '') || passing.has(last)) return undefined
  const name = named.join(' ')
  if (last === 'allergy' || named[0] === 'allergy') return ownAllergy(named, is)
  const called = /^(?:called|named) (.+)/i.exec(is)?.[1]
  if (called !== undefined) return { slot: `${name} name`, value: telling(called) }
  if (/^\d+ years old\b/i.test(is)) return { slot: `${name} age`, value: telling(is) }
  const allergic = /^allergic to (.+)/i.exec(is)?.[1]
  if (allergic !== undefined) return allergy(allergic, `${name} allergy`)
  const value = content(is)
  if (others.has(last)) return each(name, value)
  const known = attributes.has(last) || named.some((word) => oneOfMany.has(word))
  if (known) return { slot: name, value }
  return value.length === 0 ? undefined : { slot: name, value, holds: 'rival' }
}

const rules: readonly Rule[] = [
  { pattern: /^(?:my name is|call me|i am called|i go by)\s+(\S.*)/i, tells: one('name') },
  { pattern: /^i am (\d+) years old\b/i, tells: one('age') },
  { pattern: /^i am allergic to (.+)/i, tells: ([, what]) => allergy(what) },
  {
    pattern:
      /^i have an? (?:(?:known|severe|serious|strong|mild|bad) )*(?:(.+?) )?allerg(?:y|ies)(?: to (.+))?$/i,
    tells: ([, before, after]) => allergy(after ?? before),
  },
  {
    pattern: /^(?:i have )?no (?:known )?(?:(.+?) )?allerg(?:y|ies)(?: to (.+))?$/i,
    tells: ([, before, after]) => ({ ...allergy(after ?? before), negated: true }),
  },
  { pattern: /^i am (?:an? )?((?:vegan|vegetarian|pescatarian)\b.*)/i, tells: one('diet') },
  { pattern: /^i (?:live|reside) (?:in|at|near)\s+(\S.*)/i, tells: one('home') },
  { pattern: /^i (?:have )?(?:just )?moved to\s+(\S.*)/i, tells: one('home') },
  { pattern: /^i (?:am|come) from\s+(\S.*)/i, tells: one('origin') },
  { pattern: /^i work as\s+(\S.*)/i, tells: one('occupation') },
  { pattern: /^i work (?:at|for)\s+(\S.*)/i, tells: one('work') },
  { pattern: /^i work in\s+(\S.*)/i, tells: one('work in') },
  { pattern: /^i speak\s+(\S.*)/i, tells: ([, what]) => each('language', content(what)) },
  {
    pattern:
      /^i (?:take|am on) (\d[\d.,]* ?(?:mg|mcg|µg|g|ml|units?|iu|tablets?|puffs?|drops?)) (?:of )?([\p{L}-]+)/iu,
    tells: ([, amount = '', drug = '']) => ({
      slot: [...telling(drug), 'dose'].join(' '),
      value: telling(amount),
    }),
  },
  { pattern: /^i (?:would )?prefer (.+)/i, tells: preference },
  {
    pattern: new RegExp(`^i (${feelings}) (.+)`, 'i'),
    tells: ([, feeling = '', what]) => {
      const told = each('liking', content(what))
      return told && { ...told, negated: /^(?:hate|dislike|cannot)/i.test(feeling) }
    },
  },
  {
    pattern:
      /^my ((?:[\p{L}\d'-]+ ){0,4}?[\p{L}\d'-]+?)(?:'s)? (?:is now|is|are now|are|was changed to|has changed to|changed to) (\S.*)/iu,
    tells: possession,
  },
  {
    pattern: /^i am an? ([\p{L}-]+)(.*)/iu,
    tells: ([, first = '', rest = '']) =>
      notARole.has(first.toLowerCase()) ? undefined : each('role', content(phrase(`${first}${rest}`))),
  },
]

const reminder = /^(?:please )?(?:remember|note|keep in mind)(?: that)?[:,]? (.+)/i
const reminderWordsMost = 4
/** What is longer is no plain statement. */
const factCharsMax = 1_000

/** What may stand before a statement without changing it. */
const fillers =
  /^(?:(?:hi|hello|hey|well|so|no|yes|ok|okay|sorry|thanks|actually|in fact|to be honest|by the way|also|and|but|fyi)[,!:.]?\s+){1,4}/i

const clauses = (sentence: string): string[] =>
  sentence
    .split(/(?:[,;]\s+|\s+)(?:and|but|also)\s+(?=(?:i|i'm|i’m|my)\b)|;\s+/i)
    // "I am not ..., I am ...": after somebody else's "he said, " it would be a quotation.
    .flatMap((part) => (/^(?:i|i'm|i’m|my)\b/i.test(part) ? part.split(/,\s+(?=(?:i|i'm|i’m|my)\b)/i) : part))
    .map((clause) =>
      (/^no (?:known |longer |\S+ allerg|allerg)/i.test(clause)
        ? clause
        : clause.replace(fillers, '')
      ).trim(),
    )

const statesNothing = (sentence: string): boolean =>
  /\?\s*$/.test(sentence) || /^["“'‘]|^(?:if|suppose|imagine|when)\b/i.test(sentence)

/** Facts that a text states in the first person, in order; of two about the same, the later one. */
export const statementsIn = (text: string): Statement[] => {
  const found = new Map<string, Statement>()
  for (const { text: sentence } of sentences(text)) {
    if (statesNothing(sentence)) continue
    for (const clause of clauses(sentence)) {
      const statement = stated(clause.replace(/[.!\s]+$/, ''))
      if (statement === undefined) continue
      statement.about = placeOf(statement, found.values())
      found.delete(statement.about)
      found.set(statement.about, statement)
    }
  }
  return [...found.values()]
}

/**
 * What a statement is about, given those that are known: the same `about` is what it supersedes. A no supersedes the yes to the same value and
 * leaves a yes to another alone; what may be about another thing supersedes only when it says that something has changed.
 */
export const placeOf = (statement: Statement, known: Iterable<Statement>): string => {
  const { slot, value, negated, unsure, changed, holds, about } = statement
  if (unsure || holds === 'each') return about
  const rivals = [...known].filter((one) => one.slot === slot && !one.unsure && one.holds === holds)
  if (negated) {
    const same = rivals.filter((one) => overlap(one.value, value))
    return (same.find((one) => !one.negated) ?? same[0])?.about ?? `${slot} not ${value.join(' ')}`
  }
  const [only, ...more] = rivals.filter((one) => !one.negated)
  return holds === 'rival' && changed && only !== undefined && more.length === 0 ? only.about : about
}

/** One of two values is part of the other, or both are the same; no value is any value. */
export const overlap = (one: readonly string[], other: readonly string[]): boolean => {
  const [few, many] = one.length <= other.length ? [one, new Set(other)] : [other, new Set(one)]
  return few.every((term) => many.has(term))
}

const stated = (fact: string): Statement | undefined => {
  // What somebody asks to be remembered may be a statement of a kind that is known.
  if (fact.length > factCharsMax) return undefined
  const inner = reminder.exec(fact)?.[1]
  if (inner !== undefined) return stated(inner) ?? noted(inner)
  const form = formOf(fact)
  for (const { pattern, tells } of rules) {
    const match = pattern.exec(form.text)
    const told = match === null ? undefined : tells(match)
    if (match !== null && told === undefined) return undefined
    if (told === undefined) continue
    const { slot, value, holds = 'one' } = told
    const named = value.length === 0 ? 'any' : value.join(' ')
    const negated = form.negated !== (told.negated ?? false)
    // How far a no with an exception goes is past these rules.
    const unsure = form.unsure || (negated && form.excepted)
    const about = holds === 'one' && !unsure ? slot : `${slot} ${named}`
    return {
      about: unsure ? `${about} in doubt` : about,
      fact,
      slot,
      value: value.map(stem),
      negated,
      unsure,
      changed: form.changed,
      holds,
    }
  }
  return undefined
}

const noted = (fact: string): Statement | undefined => {
  const value = content(fact, reminderWordsMost)
  const about = value.join(' ')
  return value.length === 0
    ? undefined
    : {
        about,
        fact,
        slot: about,
        value: value.map(stem),
        negated: false,
        unsure: false,
        changed: false,
        holds: 'one',
      }
}
