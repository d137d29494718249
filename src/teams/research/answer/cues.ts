import type { QuestionKind } from '../understand/question.ts'

/** Wording of sentences that answer a kind of question. */
export const FOR =
  /\b(?:improv\w+|outperform\w*|surpass\w*|gains?|boost\w*|effective(?:ly)?|enhanc\w+|compar(?:able|ably) (?:to|with)|on par|strong (?:performance|agreement|results)|high (?:accuracy|agreement|sensitivity|specificity)|benefit\w*|expert-level|superior|strengthen\w*|mitigat\w+|defend\w*|(?:bridg|clos|narrow)\w* (?:the |this |a )?(?:\w+ )?gap|reduc\w+ (?:the )?(?:attack|hallucinat|error|harm|unsafe|refus)\w*)\b/i
export const AGAINST =
  /\b(?:fail(?:s|ed|ing|ure|ures)?|struggl\w*|vulnerab\w*|degrad\w*|drops?|declin\w*|limited (?:to|by|abilit|capabilit|gain|improve|understand|generali|reliab|robust)\w*|limitations?|lag\w*|unreliab\w*|unsafe|attack success|jailbreak(?:s|ing|en)? success|bypass\w*|circumvent\w*|hurts?|harms?|worse\w*|brittle\w*|challenging|weak(?:ness\w*|en\w*|er)?|insufficient\w*|inconsisten\w*|poor\w*|cannot|unable|prone|susceptib\w*|shortcut\w*|far from|fall\w* short|not (?:necessarily|always|improve|yet|translate|reliably)|(?:no|little) (?:consistent |significant |clear )?(?:gain|improvement|benefit)s?|underperform\w*|below (?:human|expert|random|chance)|at the cost|trade-?offs?|sycophan\w*|over-?refus\w*|near (?:chance|random)|gaps?|deficits?|bottleneck\w*|compromis\w*)\b/i
const DEFENDED =
  /\b(?:reduc\w+|lower\w*|decreas\w+|cut\w*|defend\w*|mitigat\w+|suppress\w*)\b[^.;]{0,60}\b(?:attack success|ASR|jailbreak|harmful|unsafe|hallucinat\w*|errors?|failures?|degradation|drops?|gaps?|vulnerab\w*|shortcuts?|forgetting)/i
/** A better attack speaks against safety. */
const ATTACK = /\b(?:attack success|ASR\b|jailbreak(?:s|ing)?\b|attacks?\b|adversarial)/i
const SUCCEEDS =
  /\b(?:enhanc|increas|improv|rais|boost|amplif|achiev|reach|outperform|surpass|succe|effective|bypass|circumvent|expos)\w*/i
const TURN = /\b(?:but|however|while|although|though|yet|despite|whereas|nevertheless)\b/i

export const CAUSE =
  /\b(?:because|caus(?:e|es|ed|ing)(?: by)?|due to|stem(?:s|med|ming)? from|aris(?:e|es|ing) from|attribut(?:e|es|ed|able) to|rooted in|roots? (?:cause|of|in)|originat(?:e|es|ing) (?:from|in)|driven by|sources? of|over-?relian(?:ce|t)|over-?rely\w*|language[- ]priors?|result(?:s|ing)? from|trac(?:e|es|ed) (?:back )?to|responsible for|triggered by|explain(?:s|ed)? (?:why|by)|lead(?:s|ing)? (?:models |them )?to|induc(?:e|es|ed) by|correlat\w+ with)\b/i
const MEASURE =
  /\b(?:bench(?:mark)?s?\w*|evaluat\w+|metrics?|test (?:set|suite)|questions|annotat\w+|measur\w+|assess\w*|leaderboard|protocol|judges?)\b/i
const LIMIT =
  /\b(?:limitations?|fail\w*|struggl\w*|cannot|unable|lag\w*|gaps?|fall\w* short|prone|vulnerab\w*|degrad\w*|drops?|brittle|below|far from|insufficient|remain\w*|deficit|bottleneck|underperform\w*|weak\w*|poor\w*)\b/i
const METHOD =
  /\b(?:propose|introduce|present|develop|framework|method|training-free|by \w+ing|decoding|reward|fine-tun\w+|trains?|trained|module|pipeline)\b/i
const BETTER =
  /\b(?:outperform\w*|surpass\w*|state-of-the-art|best|superior|highest|better than|exceed\w*|achiev\w+|retain\w*|maintain\w*|preserv\w*|up to|faster|reduc\w+)\b/i

const CUES: { [kind in QuestionKind]?: RegExp } = {
  which: BETTER,
  list: METHOD,
  evaluated: MEASURE,
  compare: BETTER,
  cause: CAUSE,
  how: METHOD,
  limits: LIMIT,
  problems: LIMIT,
}

export const cueFor = (kind: QuestionKind): RegExp | undefined => CUES[kind]

export type Stance = 'for' | 'against' | 'neither'

/** Whether a sentence speaks for or against what a yes-no question asks: only where its wording is plain. */
export const stanceOf = (sentence: string): Stance => {
  if (DEFENDED.test(sentence) && !/limitation|trade-?off/i.test(sentence)) return 'for'
  if (ATTACK.test(sentence) && SUCCEEDS.test(sentence) && !/defen[cs]e|safety|robust/i.test(sentence))
    return 'against'
  const [good, bad] = [FOR.test(sentence), AGAINST.test(sentence)]
  if (good && bad) return TURN.test(sentence) ? 'against' : 'neither'
  return good ? 'for' : bad ? 'against' : 'neither'
}

/** Said of others' views, or of a cause that nobody has looked for. */
const NOT_A_CAUSE =
  /\b(?:existing|current|previous|prior|most|many|recent|other) (?:[\w-]+ ){0,4}(?:methods?|works?|approach\w*|studies|techniques?|strategies|solutions)\b|\b(?:has|have) not been\b|\bremains? (?:\w+ )?(?:unclear|unknown|unexplored|underexplored)|\b(?:two|three|several|multiple) (?:main |key )?(?:factors|causes|reasons)[.:]?$/i

/** Whether a sentence names a cause as its authors see it. */
export const namesCause = (sentence: string): boolean => CAUSE.test(sentence) && !NOT_A_CAUSE.test(sentence)
