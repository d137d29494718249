import { stem, words } from '../../../domain/text/tokens.ts'

const stemmed = (list: string): ReadonlySet<string> => new Set(words(list).map(stem))

/** Words that ask, wish, praise or speak of research as such: they say nothing of what a paper is about. */
const GENERIC = stemmed(`
  ask tell know known say said think find found give show explain describe summarize summarise summary summaries review overview survey discuss
  analyze analyse analysis investigate research report write make create draw present provide list name enumerate outline identify suggest
  propose formulate derive need want like help please hello thanks literature related section work works working paper papers publication
  article study studies researcher scientist author authors people field area topic subject question answer problem problems challenge
  issue gap direction idea recent recently late latest new newest current currently today emerging modern advance advances advancement
  progress trend development develop state art sota status landscape
  best better good well great top leading strong strongest strongly important main major key common popular typical different various several many
  much most more less few number total several publish published kind type sort way ways approach approaches method methods technique techniques
  strategy strategies solution solutions algorithm framework model models system systems tool architecture paradigm
  use used using usage apply applied application perform performance result results finding findings evidence claim claims
  work worked happen happened happens occur exist existing exists available open future unsolved promising
  faster slower stronger weaker safer cheaper smaller larger compare compares compared comparison comparing versus vs difference differences differ differs between advantage advantages disadvantage pro pros con
  side sides agree agrees agreement disagree disagrees disagreement contradict conflict consensus debate
  evaluate evaluated evaluating evaluation measure measured measuring measurement assess assessed test tested testing metric metrics benchmark
  benchmarks benchmarked benchmarking dataset datasets
  why cause causes caused reason reasons because happen explain make makes
  support supports supported able ability abilities capability capabilities capable handle deal
  really actually currently still ever already yet far long short brief briefly detailed concise quick simple exactly roughly
  month months year years week weeks day days decade since until recent past last ago
  paragraph sentence sentences word words table bullet bullets page prose text format style markdown
  understanding understand learning task tasks data information based large small big deep neural network artificial intelligence ai machine
  improve improves improved improvement improving increase reduce reduces reducing mitigate mitigates mitigation mitigating prevent avoid fix solve
  affect effect effects impact influence matter role goal aim purpose value cost benefit benefits limitation limitations
  reliable reliably accurate accurately useful practical feasible possible effective effectively successful hurt hurts harm harms
  general proposed specific anyone someone everybody combine combines ignore previous instead following who whom big large wide serious severe weakness weaknesses shortcomings drawbacks particular longer shorter lower lowers raise raises prefer prefers hold holds something anything everything real realworld world read reads reading see sees look thing things stuff lot one two three four five six seven eight nine ten
  zero first second third next final end start begin example examples case cases instance context scope
  doe does did done get gets got take takes let put go goes come comes try tries enough without within whether
  hard easy difficult difficulty bad worse worst fail fails failure failures struggle current recent ever
  setting settings scenario domain domains level quality kinds sorts types
  idea thesis beginner expert layman newcomer phd student
  around regarding concerning include including
`)

/** Nouns and verbs that do not choose papers but choose the sentences that answer. */
const ASPECTS = stemmed(`
  mitigate mitigation mitigating reduce prevent defense defend support cause limitation failure cost accuracy speed latency memory benchmark dataset metric
  training data architecture decoding prompting scaling improve help robust safe effective
`)

/** `reasoning` is a subject, `reasons` are asked for, and both have one stem; so have `generation` and `general`. */
const SUBJECTS = new Set(['reasoning', 'generation', 'generative'])

export const isGeneric = (word: string): boolean =>
  !SUBJECTS.has(word.toLowerCase()) && GENERIC.has(stem(word.toLowerCase()))
export const isAspect = (word: string): boolean => ASPECTS.has(stem(word))
