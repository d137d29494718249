import type { QuestionKind } from './question.ts'

const KINDS: readonly [QuestionKind, RegExp][] = [
  [
    'disagree',
    /\b(?:disagree\w*|contradict\w*|conflicting (?:results|findings|claims|evidence)|consensus|inconsistent (?:results|findings)|where do .* differ)\b/i,
  ],
  [
    'compare',
    /\bcompar(?:e|es|ing|isons?)\b|\bvs\b\.?|\bversus\b|\bdifferences? between\b|\bdiffers? from\b|\b(?:better|worse|stronger|faster|safer|more \w+) than\b|\b(?:advantages?|benefits?) of .+ over\b|\bwhich is (?:better|stronger|faster|safer)\b|\b(?:is|are|does|do) .+ or .+ (?:better|stronger|faster)\b/i,
  ],
  ['count', /\bhow many\b|\b(?:what is |what's )?the number of\b|^count\b/i],
  [
    'evaluated',
    /\bhow (?:is|are|was|were|can|could|do|does|should|to|would)\b.*\b(?:evaluat\w+|measur\w+|benchmark\w*|assess\w*|test(?:ed)?|quantif\w+|judged)\b|\b(?:which|what|list|name)\b[^.;?]*\b(?:benchmarks?|metrics?|test sets?|evaluation (?:protocols?|suites?|methods?))\b|^(?:the )?(?:benchmarks?|evaluation|metrics)\b.* (?:for|of|on|in)\b|\bbenchmarks? for\b/i,
  ],
  [
    'cause',
    /^(?:so )?why\b|\b(?:and|but|explain) why\b|\bwhat (?:causes|caused|makes|leads to|drives|explains)\b|\bcauses? of\b|\breasons? (?:for|why|behind|of)\b|\bwhere do(?:es)? .* come from\b|\broots? of\b|\bsources? of (?:error|hallucinat\w+|failure)/i,
  ],
  [
    'which',
    /\b(?:which|what)\b[^.;?]*\b(?:best|better|most (?:effective|accurate|efficient|promising|reliable|robust)|work(?:s|ing)?(?: best| well)|outperform\w*|leading|strongest|fastest|safest|state[- ]of[- ]the[- ]art|sota|highest|lowest|winner|recommend\w*)\b|^(?:the )?(?:best|strongest|fastest|most (?:effective|accurate|efficient)) \w+|^(?!(?:please )?(?:review|summari|survey|write|describe|overview|give)).*\bstate of the art (?:in|on|for)\b|\brank(?:ing)?\b/i,
  ],
  [
    'list',
    /^(?:please )?(?:list|name|enumerate)\b|^which\b|^who\b|^what (?:\w+ )?(?:models?|methods?|datasets?|approach\w*|systems?|techniques?|papers?|tools?|defen[cs]es?|attacks?|architectures?|strategies|work|works|products?|companies|kinds|types)\b(?! of .* is)|\bgive (?:me |us )?(?:a |the )?list\b|\bfind (?:me )?(?:papers|work|studies)\b/i,
  ],
  [
    'limits',
    /\b(?:limitations?|weakness(?:es)?|shortcomings?|drawbacks?|failure modes?|failures)\b(?! and)|\bwhere do(?:es)? .* (?:fail|struggle)\b|\bwhat (?:can(?:not|'t)|fails?|goes wrong)\b/i,
  ],
  [
    'yes-no',
    /^(?:is|are|was|were|does|do|did|can|could|has|have|should|will|would|may|might)\b|\bwhether\b|\bhow (?:well|good|reliabl\w*|accura\w*|robust|safe|trustworthy|fair|biased|effective(?:ly)?|useful|capable|vulnerable|far|much|close|large|big|wide|serious|severe)\b|^to what extent\b/i,
  ],
  [
    'how',
    /^how (?:can|could|do|does|to|should|are|is|might)\b|\b(?:how to|ways? to|how (?:can|do|does|could) (?:we|one|models?|they))\b/i,
  ],
]

const ARXIV_ID = /\b\d{4}\.\d{4,5}(?:v\d{1,2})?\b|\b[a-z-]{2,12}(?:\.[A-Z]{2})?\/\d{7}\b/
const QUOTED_TITLE =
  /\b(?:paper|article|study|work|publication|report)\b[^“"']{0,30}[“"]([^”"]{4,200})[”"]|[“"]([^”"]{12,200})[”"]/i
const NAMED_PAPER =
  /\b(?:the |of )((?:[\p{L}\p{N}]+[.+-]?)*\p{Lu}[\p{L}\p{N}.+-]*)(?:'s)? (?:paper|technical report|model card|report)\b/u

/** The kind of answer a question wants; a survey where it names a topic and asks nothing. */
export const kindOf = (text: string): QuestionKind => {
  const plain = text.replace(/^[\s:;,.–-]+/, '').trim()
  return KINDS.find(([, pattern]) => pattern.test(plain))?.[0] ?? 'survey'
}

/** The one paper a question is about: its arXiv id, its quoted title, or the name it is called by. */
export const paperIn = (text: string): string | undefined => {
  const id = ARXIV_ID.exec(text)?.[0]
  if (id !== undefined && !/^(?:19|20)\d\d\.\d{1,3}$/.test(id)) return id
  const title = QUOTED_TITLE.exec(text)
  return title?.[1] ?? title?.[2] ?? NAMED_PAPER.exec(text)?.[1]
}

const LIST_END = '(?=$|[.;?!]| (?:for|in|on|at|with respect to|regarding|when|as)\\b)'
const SIDES: readonly RegExp[] = [
  new RegExp(
    `\\bcompar(?:e|ing|ison of|ison between)\\s+(.+?)\\s+(?:and|with|to|against|versus|vs\\.?)\\s+(.+?)${LIST_END}`,
    'i',
  ),
  new RegExp(`\\bdifferences? between\\s+(.+?)\\s+and\\s+(.+?)${LIST_END}`, 'i'),
  /^(?:how )?(?:is|are|does|do)\s+(.+?)\s+(?:differ(?:ent)? from|(?:better|worse|stronger|faster|safer|more \w+) than)\s+(.+?)(?=$|[.;?!]| (?:for|in|on|at)\b)/i,
  new RegExp(`\\b(?:advantages?|benefits?) of\\s+(.+?)\\s+over\\s+(.+?)${LIST_END}`, 'i'),
  /\bwhich is (?:better|stronger|faster|safer)[^,:]*[,:]\s*(.+?)\s+or\s+(.+?)(?=$|[.;?!])/i,
  /^(?:is|are|does|do)\s+(.+?)\s+or\s+(.+?)\s+(?:better|stronger|faster|safer|work)/i,
  new RegExp(`(?:^|[:,] )(?:how (?:does|do|is|are) )?(.+?)\\s+(?:vs\\.?|versus)\\s+(.+?)${LIST_END}`, 'i'),
]

/** The two things compared; empty when the question names none. */
export const sidesIn = (text: string): string[] => {
  for (const pattern of SIDES) {
    const match = pattern.exec(text)
    if (match !== null)
      return [match[1]!, match[2]!].map((side) => side.replace(/^(?:the|different|both) /i, '').trim())
  }
  return []
}
