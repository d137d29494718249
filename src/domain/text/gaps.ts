import { classify } from './extract.ts'

/** What a paper leaves open and how it says so. */
export type GapKind = 'future-work' | 'open-problem' | 'under-explored' | 'limitation' | 'failure'

/** A sentence that states a gap: `abstract.slice(start, end) === sentence`. */
export interface GapSentence {
  sentence: string
  start: number
  end: number
  /** 0 to 1: how plainly the sentence leaves something open, less where the paper says it solves it. */
  score: number
  kind: GapKind
}

interface GapCue {
  kind: GapKind
  weight: number
  pattern: RegExp
}

function gapCue(kind: GapKind, weight: number, source: string): GapCue {
  return { kind, weight, pattern: new RegExp(source.replace(/\s*\n\s*/g, ''), 'i') }
}

/** Strongest first: the first that matches names the kind, further kinds add a little. */
const GAP_CUES: GapCue[] = [
  gapCue(
    'future-work',
    0.95,
    `\\b(?:future (?:work|research|stud(?:y|ies)|directions?|efforts?)|further (?:research|investigation|stud(?:y|ies)|work)
|(?:directions?|avenues?) for (?:future|further)|call(?:s|ing)? for|need(?:s|ed)? for (?:more|better|further|new|improved|robust)|room for improvement)\\b`,
  ),
  gapCue(
    'open-problem',
    0.9,
    `\\b(?:open (?:problems?|questions?|challenges?|issues?)|(?:remain|still|is|are|being) (?:\\w+ )?(?:an? )?(?:\\w+ )?
(?:open|unclear|unknown|unsolved|unresolved|unanswered|elusive|uncertain|far from (?:solved|perfect|human))|far from (?:being )?(?:solved|reliable|human)|
remains? (?:\\w+ ){0,3}(?:challeng\\w+|difficult|hard|bottleneck|problem|obstacle|limited|ambiguous|questionable))\\b`,
  ),
  gapCue(
    'under-explored',
    0.85,
    `\\b(?:under-?explored|unexplored|under-?studied|understudied|under-?investigated|less (?:explored|studied|understood)|
(?:poorly|not (?:well|fully|yet)|insufficiently|little) (?:understood|explored|studied|known)|little (?:is known|attention|work|research)|rarely (?:\\w+ )?(?:studied|
explored|examined|evaluated|considered)|(?:largely|has|have|been) (?:\\w+ )?(?:overlooked|neglected|ignored)|has not (?:yet )?been|have not (?:yet )?been|no (?:prior|
existing|previous) (?:work|study|benchmark|method)s?)\\b`,
  ),
  gapCue(
    'failure',
    0.8,
    `\\b(?:still|often|frequently|consistently|typically|even|all|models?|mllms?|vlms?|lvlms?|llms?) (?:\\S+ ){0,6}(?:fail(?:s|ing)?|struggl(?:e|es|ing)|lags?|
fall(?:s|ing)? short|underperform\\w*|degrade[sd]?|hallucinat(?:e|es)|drops?)\\b|\\b(?:struggl(?:e|es|ed|ing) (?:to|with)|fail(?:s|ed)? (?:to|at|in|on|when)|falls? short|
(?:significant|large|substantial|notable|considerable|persistent|clear|performance) (?:\\w+ )?(?:gaps?|drops?|degradation) )`,
  ),
  gapCue(
    'limitation',
    0.65,
    `\\b(?:limitations?|lack(?:s|ing)?|limited (?:by|to|in|ability|capabilit\\w+|understanding|generali\\w+|availability|scope|data|attention)|
suffer(?:s|ing)? from|cannot|unable to|insufficient|inadequate\\w*|bottlenecks?|hinder(?:s|ed|ing)?|hamper(?:s|ed|ing)?|prohibitive\\w*|computationally expensive|
scarc(?:e|ity)|shortcomings?|drawbacks?|weakness(?:es)?|vulnerab\\w+|prone to|susceptible|overlooks?|neglects?|ignores?|(?:is|are|remains?|highly|very|particularly) challenging)\\b`,
  ),
]

const SOLVED =
  /\b(?:to (?:address|overcome|tackle|solve|bridge|fill|mitigate|alleviate|remedy|close|this end)|we (?:\w+ly )?(?:propose|introduce|present|develop|address|tackle|release|construct|design)|address(?:es|ing) (?:this|these|the)|overcom(?:e|es|ing)|mitigat(?:es|ing)|without (?:requiring|the need|any)|(?:our|this|proposed) (?:method|approach|framework|model))\b/i
const CONTRAST =
  /^(?:however|but|yet|unfortunately|nevertheless|nonetheless|despite|although|while|though|still)\b|, (?:but|yet|however)\b/i
const DANGLING =
  /^(?:this|these|those|it|they|such|both|the (?:former|latter))\b(?! (?:paper|work|study|survey))/i
/** Said of what the paper gives, not of what is missing. */
const OFFERED =
  /\b(?:facilitat\w+|foster\w*|support(?:s|ing)?|inspir\w+|encourag\w+|foundation\w*|stepping stone|baselines?|serv(?:es|ing) as|establish\w*|paves? the way|pav\w+|guid(?:e|es|ing)|advanc(?:e|es|ing)|accelerat(?:e|es|ing)|promot\w+|solutions? to|solves?|(?:are|is) (?:also )?discussed|we (?:also )?(?:discuss|outline|hope)|hope (?:that )?(?:this|our)|insights? (?:into|for))\b/i
const SCORE_MIN = 0.4
const WORDS_MIN = 6

/**
 * The sentences of an abstract that state a limitation, a failure or an open problem, the plainest first. A sentence that in the same
 * breath offers the paper's remedy counts less, and so does one that points back ("this limits ...") and cannot stand alone.
 */
export function gaps(title: string, abstract: string): GapSentence[] {
  const found: GapSentence[] = []
  for (const { sentence, view, kind: role } of classify(title, abstract)) {
    const cues = GAP_CUES.filter(({ pattern }) => pattern.test(sentence.text))
    const first = cues[0]
    if (!first || view.words.length < WORDS_MIN || view.cues.has('available')) continue
    let score = first.weight + 0.05 * (cues.length - 1)
    if (CONTRAST.test(sentence.text)) score += 0.05
    if (role === 'finding' && first.kind === 'failure') score += 0.05
    if (SOLVED.test(sentence.text)) score -= first.kind === 'future-work' ? 0.2 : 0.45
    if (OFFERED.test(sentence.text) && !CONTRAST.test(sentence.text)) score -= 0.6
    if (DANGLING.test(sentence.text)) score -= 0.2
    if (view.words.length > 45) score -= 0.1
    if (score < SCORE_MIN) continue
    found.push({
      sentence: sentence.text,
      start: sentence.start,
      end: sentence.end,
      score: Math.min(1, score),
      kind: first.kind,
    })
  }
  return found.sort((a, b) => b.score - a.score || a.start - b.start)
}
