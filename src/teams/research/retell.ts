import { words } from '../../domain/text/tokens.ts'
import { type Attribution, inBrackets, withYear } from './attribution.ts'
import { hasDebris, plainText } from './plain-text.ts'
import { base, singular } from './verbs.ts'

export type Retold = {
  /** A complete sentence in the third person. */
  text: string
  /** The same with the system it introduces as the subject. */
  named?: string
  /** What the sentence names as introduced. */
  name?: string
}

const WORDS = { min: 8, wanted: 34, max: 52, cutAfter: 13 }

/** Openers that link a sentence to the one before, which the retold sentence will not have. */
const LINKS = new RegExp(
  `^(?:however|subsequently|accordingly|ultimately|moreover|furthermore|additionally|in addition|specifically|specially|concretely|in particular|notably|importantly|crucially|
critically|finally|first|firstly|second|secondly|third|lastly|overall|thus|therefore|hence|consequently|as a result|accordingly|also|besides|then|next|
further|interestingly|surprisingly|remarkably|to this end|to that end|to do so|to do this|to achieve this|to investigate this|to answer this|to study this|in response|meanwhile|
in contrast|by contrast|conversely|in this way|more specifically|more importantly|as such|here|for this purpose|on this basis|at its core|in this paper|in this work|in this study|in this survey|in this report|
in this article|in this position paper|in the present work|in summary|in conclusion|technically|conceptually|methodologically|empirically|experimentally|together|instead|alternatively|for the first time|
(?:building|based|drawing|relying|capitalizing) (?:up)?on (?:this|these|that|those|it|the above|the analys[ie]s|the findings?|the observations?|the insights?|our)\\b[^,]*|(?:motivated|inspired|guided|driven|informed|enabled) by (?:this|these|that|those|it|the above|the analys[ie]s|the findings?|the observations?|the insights?|our)\\b[^,]*|
(?:to|towards?) (?:\\w+ing |\\w+ )?(?:\\w+ )?(?:this|these|those|such|it|them|the above|above|the aforementioned|both|the gap|the issue|the problem|the challenge)\\b[^,]*|(?:in light of|given|with|through|by|using|leveraging|from|under|recognizing|following|considering|acknowledging|noting|addressing|observing|exploiting|utilizing) (?:this|these|those|such|its|their)\\b[^,]*),\\s+`.replace(
    /\n/g,
    '',
  ),
  'i',
)
const LINKS_PLAIN =
  /^(?:in this (?:paper|work|study|survey|report|article)|therefore|thus|hence|here)\s+(?=we\b|our\b)/i
/** Praise without content. */
const EMPTY =
  /\b(?:effectiveness|superiority|efficacy|robustness|generali[sz]ability|potential|advantages?|superior performance|promising results) (?:and (?:\w+ )?\w+ )?of (?:the |our |their )?(?:proposed |[\w-]+(?:'s)?$|[\w-]+\.?$)|\b(?:state-of-the-art|superior|impressive|strong|competitive|promising) (?:performance|results)\b|\bhope\b|\bdemonstrate: |\bimmense potential\b|\bconfirms? the (?:critical|effective)|\bwill (?:be )?(?:inspire|facilitate|benefit|shed)|\bsheds? light\b|\bprovides? (?:\w+ )?(?:insights|foundation|guidance)|\bpaves?\b|\bsubstantially improve the performance\b|\bsuperior effectiveness\b|\bsignificant effectiveness\b/i
/** Verbs that do not tell what a paper offers. */
const SAYS_LITTLE =
  /^(?:are|were|is|was|have|has|had|aim|hope|believe|expect|note|can|confirm|will|do|must|seek|delve)$/i
const OFFER =
  'propose|introduce|present|develop|describe|devise|design|construct|build|create|release|contribute|provide|offer|formulate|establish|unveil'
const ADVERB = '(?:(?:[a-z]+ly|also|first|then|further|thus|therefore|hence|here|next|now|instead|hereby) )?'
const WE = new RegExp(`^${'we'} ${ADVERB}(?:and \\w+ly )?([a-z]+(?:-[a-z]+)?)\\b(.*)$`, 'is')
const WE_INSIDE = new RegExp(
  `^(.{8,160}?), (?:we|this paper|this work|this study|this survey|the paper) ${ADVERB}([a-z]+)\\b(.*)$`,
  'is',
)
const THIS_PAPER = new RegExp(
  `^(?:this|the present|our|the) (?:paper|work|study|survey|article|report|position paper|tutorial|thesis|review) ${ADVERB}([a-z]+)\\b(.*)$`,
  'is',
)
const EVIDENCE = new RegExp(
  `^(?:(?:our|the|these|extensive|comprehensive|experimental|empirical|further|detailed|in-depth|systematic|evaluation|quantitative|and|qualitative|main|key|thorough|rigorous) )*
(?:results?|findings?|experiments?|analys[ie]s|study|evaluations?|investigation|observations?|comparisons?|ablations?|ablation studies)(?: (?:on|across|over|with|of|using|from|in|against|conducted on|spanning) [^,;]{3,90}?)?,? ${ADVERB}
(show|shows|reveal|reveals|demonstrate|demonstrates|indicate|indicates|suggest|suggests|confirm|confirms|find|finds|highlight|highlights|uncover|uncovers|expose|exposes|showed|revealed|demonstrated|indicated|suggested|confirmed) (.*)$`.replace(
    /\n/g,
    '',
  ),
  'is',
)
const NAME =
  "(?:\\p{Lu}|\\p{Ll}{1,3}\\p{Lu}|\\d+\\p{Lu})[\\p{L}\\p{N}.+*²³'/-]*(?: (?:\\p{Lu}|\\d)[\\p{L}\\p{N}.+*-]*){0,2}"
const NAMED = new RegExp(
  `^(?:${OFFER})s? (${NAME})(?<rest> ?(?:\\([^)]{2,120}\\))?, (?:an?|the|our) .*)$`,
  'su',
)
const NAMED_LATER = new RegExp(
  `^(?:${OFFER})s? .{5,120}?,? (?:called|named|termed|dubbed|namely|coined|referred to as) (${NAME})`,
  'su',
)
const NAMED_IN_BRACKETS = new RegExp(`^(?:${OFFER})s? .{5,120}? \\((${NAME})\\)`, 'su')
const BARE_NAME = new RegExp(`^(?:${OFFER})s? (${NAME})(?=[,:.(]| \\(|$)`, 'su')

/**
 * A sentence of a paper retold in the third person, so that it can stand alone: discourse links and hype dropped, `we` and `our`
 * replaced, long tails cut at a clause. Undefined when it would not stand alone: it points back ("these"), is a question, an
 * address, or holds markup. Only words of the sentence and of the attribution are used.
 */
export const retell = (sentence: string, attribution: Attribution, name?: string): Retold | undefined => {
  const start = unlinked(plainText(sentence))
  if (start.endsWith('?') || /^(?:warning|disclaimer|note)\b/i.test(start) || hasDebris(start))
    return undefined
  if (
    /\b(?:code|data(?:set)?s?|models?|project page)\b.{0,50}\b(?:available|released at|found at|open-sourced at)\b/i.test(
      start,
    )
  )
    return undefined
  if (
    /^(?:and|or|but|nor)\b/i.test(start) ||
    /\b(?:three|two|four) (?:key |main |core )?contributions\b/i.test(start)
  )
    return undefined
  if (/\b(?:demonstrate|show|indicate|reveal)s?: /i.test(start)) return undefined
  if (EMPTY.test(start) && !/\d/.test(start)) return undefined
  const told = thirdPerson(start, attribution, name)
  if (told === undefined) return undefined
  const text = finished(told.text)
  if (text === undefined || dangles(text)) return undefined
  const named = told.named === undefined ? undefined : finished(told.named)
  return {
    text,
    ...(named === undefined || dangles(named) ? {} : { named }),
    ...(told.name === undefined ? {} : { name: told.name }),
  }
}

const unlinked = (sentence: string): string => {
  let text = sentence
  for (let round = 0; round < 3; round += 1) {
    const next = text.replace(LINKS, '').replace(LINKS_PLAIN, '')
    if (next === text) break
    text = capital(next)
  }
  return text
}

const thirdPerson = (text: string, attribution: Attribution, name?: string): Retold | undefined => {
  const subject = withYear(attribution)
  const offered = WE.exec(text) ?? THIS_PAPER.exec(text)
  if (offered !== null && SAYS_LITTLE.test(offered[1]!)) return undefined
  if (offered !== null) return statedBy(subject, offered[1]!, offered[2]!, attribution)
  const found = EVIDENCE.exec(text)
  if (found !== null) {
    const that = found[2]!
    // What a result suggests is not found: the doubt stays.
    const weak = /^(suggest|indicate)/i.exec(found[1]!)?.[1]?.toLowerCase()
    const verb = weak ?? (/^that\b/i.test(that) ? 'find' : base(found[1]!.toLowerCase()))
    return { text: `${subject} ${agree(verb, attribution)} ${others(that, name)}` }
  }
  const inside = WE_INSIDE.exec(text)
  if (inside !== null) {
    const [, lead, verb, rest] = inside
    return {
      text: `${others(lead!, name)}, ${subject} ${agree(verb!.toLowerCase(), attribution)}${others(rest!, name)}`,
      ...nameIn(`${base(verb!)}${rest!}`),
    }
  }
  if (/^(?:we|our|this|these|those|it|its|they|their|such|both|the former|the latter)\b/i.test(text)) {
    const own =
      /^our (?:proposed |final |full |resulting )?(?:method|approach|framework|model|system|benchmark|dataset|pipeline|architecture|agent|algorithm)\b(.*)$/is.exec(
        text,
      )
    return own !== null && name !== undefined ? { text: `${name}${others(own[1]!, name)}` } : undefined
  }
  return { text: others(text, name) }
}

const statedBy = (subject: string, verb: string, rest: string, attribution: Attribution): Retold => {
  const infinitive = base(verb.toLowerCase())
  const body = others(rest)
  const told: Retold = {
    text: `${subject} ${agree(infinitive, attribution)}${agreeLater(body, attribution)}`,
    ...nameIn(`${infinitive}${rest}`),
  }
  const named = NAMED.exec(`${infinitive}${body}`)
  if (named !== null) {
    const more = named.groups?.rest ?? ''
    const [, brackets = '', article = '', whole = ''] =
      /^ ?(\([^)]*\))?, (an?|the|our) (.*)$/s.exec(more) ?? []
    // `..., and share` would have the system share.
    const tail = whole.replace(AUTHORS_GO_ON, '')
    const opening = brackets === '' ? named[1]! : `${named[1]} ${brackets}`
    told.named =
      `${opening} (${inBrackets(attribution)}) is ${article === 'our' ? 'their' : article} ${tail}`.replace(
        /\) \(/,
        '; ',
      )
  }
  return told
}

const AUTHORS_GO_ON =
  /,? and (?:also )?(?:share|show|demonstrate|evaluate|release|conduct|present|propose|introduce|find|discuss|analy[sz]e|describe|investigate|validate|report)\b.*$/s

const nameIn = (clause: string): { name?: string } => {
  const found =
    NAMED.exec(clause)?.[1] ??
    NAMED_LATER.exec(clause)?.[1] ??
    NAMED_IN_BRACKETS.exec(clause)?.[1] ??
    BARE_NAME.exec(clause)?.[1]
  return found === undefined || !isName(found) ? {} : { name: found.replace(/[.,:]+$/, '') }
}

const GENERIC =
  /^(?:large|multi-?modal|vision|visual|video|a|an|the|two|three|mllms?|vlms?|lvlms?|llms?|lmms?|gpt|rl|sft|grpo|dpo|rag|cot|vqa|ocr|gui|ai)\b/i
export const isName = (text: string): boolean =>
  !GENERIC.test(text) && /\p{Lu}.*\p{Lu}|\p{Lu}.*\d|^\p{Lu}\p{Ll}{2,}$/u.test(text)

const agree = (verb: string, { plural }: Attribution): string => (plural ? base(verb) : singular(base(verb)))

/** The second verb of `introduces X and show that` for a single author. */
const agreeLater = (body: string, { plural }: Attribution): string =>
  plural
    ? body
    : body.replace(
        /\band (show|demonstrate|find|propose|introduce|evaluate|present|analyze|provide|release|discuss|identify|argue|develop|conduct|reveal|compare)\b/g,
        (_, verb: string) => `and ${singular(verb)}`,
      )

/** First person gone from the inside of a sentence. */
const others = (text: string, name?: string): string =>
  text
    .replace(
      /\bour (?:proposed |new )?(?:method|approach|framework|model|system)\b/gi,
      name ?? 'the proposed method',
    )
    .replace(/\b[Oo]ur (?=(?:\p{Lu}|\p{Ll}{1,3}\p{Lu})[\p{L}\d-]*[\p{Lu}\d])/gu, '')
    .replace(/,? ?\bin (?:this|our) (?:paper|work|study)\b,?/gi, '')
    .replace(/\bthis (paper|work|study|survey)\b/gi, 'the $1')
    .replace(/\bwe (?:call|term|dub|name|refer to as)\b/g, 'they call')
    .replace(/\bwe\b/g, 'they')
    .replace(/\bour\b/g, 'their')
    .replace(/\bours\b/g, 'theirs')
    .replace(/\bus\b/g, 'them')
    .replace(/\bOur\b/g, 'Their')

const HYPE =
  /\b(?:novel|innovative|groundbreaking|pioneering|revolutionary|cutting-edge|simple (?:yet|but) (?:highly )?effective|extremely|remarkably|highly effective|newly (?:designed|proposed)|meticulously|carefully|elegant) (?:and (?=[a-z-]+ ))?/gi

const finished = (text: string): string | undefined => {
  const calm = text
    .replace(/\b(a|an) ((?:novel|new),? (?:and )?)/gi, '$1 $2')
    .replace(HYPE, '')
    .replace(/\b([Aa])n? (?=([\p{L}\d]))/gu, (whole, a: string, next: string, at: number, all: string) =>
      article(whole, a, next, all.slice(at + whole.length)),
    )
    .replace(/\s*\((?:i\.e\.|e\.g\.)[^)]{60,}\)/g, '')
    .replace(/(?<=[\s,;:])\(?(?:\d|[ivx]{1,4}|[a-e])\)\s?/gi, '')
    .replace(/\((?:i\.e\.|namely),? /g, '(')
    .replace(/ - /g, ' – ')
    .replace(/(?<=\p{Ll})- (?!and\b|or\b|to\b|&)(?=\p{Ll})/gu, '-')
    .replace(
      /\b(?:reveal|uncover|find|identify|discover)s? (?:an? )?(?:\w+ )?(?:insight|finding|phenomenon|observation): /gi,
      'find that ',
    )
    .replace(/\s+([,.;:])/g, '$1')
    .replace(/,\s*,/g, ',')
    .replace(/\s+/g, ' ')
    .trim()
  const short = shortened(calm)
  if (short === undefined) return undefined
  if (!balanced(short)) return undefined
  const closed = /[.!]$/.test(short) ? short : `${short}.`
  return capital(closed)
}

/** Half of a bracket is half of a sentence. */
const balanced = (text: string): boolean =>
  (text.match(/[([]/g)?.length ?? 0) === (text.match(/[)\]]/g)?.length ?? 0)

/** `a adversarial` after a word was dropped; the sounds of letters are left as the authors wrote them. */
const article = (whole: string, a: string, next: string, rest: string): string => {
  if (!/\p{Ll}/u.test(next)) return whole
  if (/^(?:uni|use|usa|uti|eu|one|once|hour|honest)/i.test(rest)) return whole
  return /[aeiou]/.test(next) ? `${a}n ` : /h/.test(next) ? whole : `${a} `
}

/** `in three stages: first ...`: a list that would be cut in its middle goes, and with it the words that announce it. */
const withoutList = (text: string): string => {
  const match =
    /^(.{40,}?\b(?:two|three|four|five|six|seven|several|key|core|following|\d)\b[^:;.]{3,70}):\s/is.exec(
      text,
    )
  if (match === null || words(text).length <= WORDS.wanted) return text
  const bare = match[1]!.replace(
    /,? (?:with|through|via|in|along|by|featuring|including|comprising|based on|across|from|into|using|and) (?:the |its |their )?(?:following )?(?:two|three|four|five|six|seven|several|key|core|\d)\b[^,]*$/i,
    '',
  )
  return words(bare).length >= WORDS.min + 2 ? `${bare}.` : text
}

const TAIL =
  /^(?:, (?:which|thereby|thus|enabling|ensuring|achieving|while|whereas|allowing|leading|resulting|demonstrating|surpassing|outperforming|making|providing|offering|yielding|improving|reducing|including|as well as|and thus|and thereby|without|highlighting|revealing|suggesting|establishing|setting|where|with|covering|spanning|comprising|encompassing|featuring|even|especially|particularly|followed|based|using|by|particularly|such as|effectively|significantly|substantially|delivering|showing|exhibiting|paving|underscoring|facilitating|leveraging|addressing|balancing|but|so|since|because|despite|although|though|supporting|exposing|requiring|creating|helping|forming|capturing|preserving|bridging|advancing|opening)\b|;|: | – )/

/** Up to the wanted length, cut where a clause ends outside brackets; undefined when there is no such place. */
const shortened = (given: string): string | undefined => {
  const text = withoutList(given)
  const count = words(text).length
  if (count < WORDS.min) return undefined
  if (count <= WORDS.wanted) return text
  let depth = 0
  let best: number | undefined
  for (let at = 0; at < text.length; at += 1) {
    if ('([“'.includes(text[at]!)) depth += 1
    else if (')]”'.includes(text[at]!)) depth -= 1
    if (depth !== 0 || !TAIL.test(text.slice(at, at + 24))) continue
    if (text[at] === ':' && !/^: (?:\(|first|i\)|1)/i.test(text.slice(at))) {
      if (words(text.slice(0, at)).length < 18) continue
    }
    const before = words(text.slice(0, at)).length
    if (before < WORDS.cutAfter) continue
    if (before > WORDS.wanted && best !== undefined) break
    best = at
  }
  if (best !== undefined && words(text.slice(0, best)).length <= WORDS.max) return `${text.slice(0, best)}.`
  return count <= WORDS.max ? text : undefined
}

const DANGLING =
  /\b(?:this|these|those|such|the (?:former|latter|above|aforementioned)|aforementioned)\b(?! that\b)|\babove[.,;]/i

const POINTING_CLAUSE =
  /\b(?:that|, it|and it|, they|because|since|as|when|:) ?(?:it|they|this|its) (?:is|are|can|also|has|have|remain\w*|still|not|enables?|achieves?|improves?|outperforms?|underperforms?)\b|, (?:it|they) \w+/i

/** Whether a retold sentence points at something it does not say. */
export const dangles = (text: string): boolean => {
  const bare = text
    .replace(/\bsuch (?:as|that)\b/gi, '')
    .replace(/\bthose (?:of|in|with|that|from|who|for)\b/gi, '')
  return (
    DANGLING.test(bare) ||
    POINTING_CLAUSE.test(text) ||
    /^(?:it|they|their|its|both|we|our|recognizing its)\b/i.test(text) ||
    /\b(?:[Ww]e|[Oo]urs?)\b/.test(text)
  )
}

export const capital = (text: string): string =>
  /^\p{Ll}[\p{Ll}’'-]*(?:[\s,.;]|$)/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
