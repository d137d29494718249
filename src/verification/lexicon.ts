import { stem } from '../domain/text/tokens.ts'

/*
 * General English of reports on research: which words mean about the same, which mean opposites, and which are stronger than which.
 * Each group is a line; words are compared by their stems.
 */

/** Words of one line are taken for each other; of two sides of a bar, for opposites. */
const GROUPS = `
increase raise rise grow growth elevate boost more greater additional gain expand amplify escalate upregulate augment | decrease reduce reduction lower decline diminish drop fall cut lessen shrink fewer less minimize curtail downregulate save saving
improve improvement enhance better enhancement strengthen refine ameliorate superior | worsen degrade degradation harm hurt worse impair deteriorate undermine weaken inferior
higher high large larger big bigger substantial considerable | low small smaller tiny slight modest minor
fast faster speed accelerate acceleration speedup quick rapid quicker speeding | slow slower slowdown decelerate
outperform surpass exceed beat outdo outrank top | underperform trail lag lose
strong stronger robust robustness powerful | weak weaker fragile brittle vulnerable
activate induce stimulate promote trigger encourage facilitate enable help aid | inhibit suppress block prevent hinder impede hamper discourage silence obstruct
accurate correct right precise accuracy correctness | inaccurate incorrect wrong erroneous
reliable trustworthy dependable faithful | unreliable untrustworthy
sufficient enough adequate satisfactory suffice | insufficient inadequate unsatisfactory lack scarce short
efficient efficiency cheap cheaper inexpensive economical | inefficient expensive costly costlier prohibitive
easy easier simple simpler straightforward simplicity | difficult hard harder difficulty complex complicated challenging challenge
positive positively | negative negatively
before prior earlier precede | after later subsequent follow
long longer lengthy | brief shorter
success succeed successful | failure fail unsuccessful
similar similarly alike same identical comparable equal equivalent equally | different differ dissimilar unequal distinct difference
necessary required essential need require needed crucial indispensable | unnecessary needless optional
useful helpful beneficial benefit valuable | useless harmful detrimental
stable stability consistent consistency | unstable instability inconsistent
common frequent widespread prevalent | rare infrequent uncommon
early initial initially | late
deep deeper | shallow shallower
wide wider broad broader | narrow narrower
open public publicly | closed proprietary
include contain comprise consist | exclude omit
accept agree | reject disagree
maximum maximize most highest largest | minimum least lowest smallest
best strongest top | worst weakest poorest
often frequently commonly usually typically | rarely seldom infrequently hardly
gain advantage | loss disadvantage
majority | minority
first | last
above | below
good well rich excel excellent | bad badly poor poorly struggle
always | never
specific specialized | generic
manage | fail
single | multiple
real actual | synthetic artificial fake
seen familiar | unseen unfamiliar novel
significantly substantially considerably markedly greatly strongly | negligibly slightly marginally barely insignificantly
known | unknown
upper | bottom
internal intrinsic inner | external extrinsic outer
preserve maintain keep retain sustain conserve | discard abandon remove removal prune eliminate
reinforce consolidate | revise revisit reconsider
relevant pertinent | irrelevant unrelated
safe safety harmless | unsafe dangerous
dense | sparse
explicit explicitly | implicit implicitly
local locally | global globally
offline | online
static | dynamic
linear | nonlinear
mitigate alleviate ease relieve address counter tackle combat counteract cure remedy | exacerbate aggravate
error mistake fault flaw
show demonstrate find found finding reveal observe indicate suggest report conclude confirm discover discovery evidence caution note warn
propose introduce present suggest develop design devise offer describe
method approach technique strategy scheme procedure
model network architecture
use utilize employ leverage exploit adopt apply rely
create build construct generate produce synthesize yield
train training learn fine tune finetune
evaluate evaluation assess assessment test measure benchmark examine quantify
study investigate explore analyze analysis examine survey
dataset corpus corpora data collection
task problem
result outcome
detect detection notice recognize recognition identify identification spot
understand comprehension understanding comprehend
person people human participant
image picture visual vision photo
text textual language linguistic
speech spoken audio
question query
answer response reply
verify verification check validate validation
correction repair fix mend correct
predict prediction forecast anticipate
choose select selection pick option
approximate estimate estimation
compute computation computational computing
inference inferring
large-scale massive
prompt prompting instruct instruction
benchmark suite
step stage phase
quality performance
domain area field
limit limitation restrict restriction constrain constraint
cause causal lead drive
gap discrepancy disparity
cost expense overhead
memory storage
new novel
several multiple various numerous many diverse
obtain achieve attain reach acquire
extend extension generalize generalization
combine integrate merge fuse combination integration unify
transfer transferable
representation embedding feature
children child pediatric paediatric
illness disease disorder
medication drug medicine
death mortality die
cell cellular
tumor tumour cancer carcinoma neoplasm
elderly older aged
begin start initiate commence
end finish terminate
complete finish completion
almost nearly virtually
roughly approximately about around
recent current modern contemporary
real-world practical
important significant key vital
attempt try seek aim
alone solely only
quarter fourfold
half halve
`

interface Concepts {
  /** Stem to the number of its group. */
  of: ReadonlyMap<string, number[]>
  /** Groups that are opposites. */
  opposite: ReadonlyMap<number, number>
}

const CONCEPTS = readGroups(GROUPS)

function readGroups(source: string): Concepts {
  const of = new Map<string, number[]>()
  const opposite = new Map<number, number>()
  let next = 0
  for (const line of source.trim().split('\n')) {
    const sides = line.split('|')
    const numbers = sides.map(() => next++)
    if (sides.length === 2) {
      opposite.set(numbers[0]!, numbers[1]!)
      opposite.set(numbers[1]!, numbers[0]!)
    }
    for (const [at, side] of sides.entries()) {
      for (const word of side.trim().split(/[\s-]+/)) {
        const form = stem(word)
        const known = of.get(form) ?? []
        if (!known.includes(numbers[at]!)) of.set(form, [...known, numbers[at]!])
      }
    }
  }
  return { of, opposite }
}

/** Whether two stems are words for about the same. */
export function synonyms(a: string, b: string): boolean {
  if (a === b) return true
  const other = CONCEPTS.of.get(b)
  return other !== undefined && (CONCEPTS.of.get(a) ?? []).some((group) => other.includes(group))
}

const PREFIX_OPPOSITES = ['un', 'in', 'im', 'ir', 'non', 'dis', 'mis']

/** Things of which less is better: to improve them is to lower them. */
const LESS_IS_BETTER = new Set(
  `error loss cost latency hallucination memory bias complexity time overhead variance noise redundancy risk delay failure gap
  consumption perplexity toxicity uncertainty drop degradation runtime footprint`
    .split(/\s+/)
    .map(stem),
)
const BETTER = CONCEPTS.of.get(stem('improve')) ?? []
const LESS = CONCEPTS.of.get(stem('decrease')) ?? []
const PREFIXED_CHARS_MIN = 5

/** Whether two stems are opposites when said of `thing`: of one line, or one is the other with a negating prefix. */
export function opposites(a: string, b: string, thing?: string): boolean {
  if (a === b || synonyms(a, b)) return false
  const [own, other] = [CONCEPTS.of.get(a) ?? [], CONCEPTS.of.get(b) ?? []]
  if (own.some((group) => other.includes(CONCEPTS.opposite.get(group) ?? -1))) return true
  const among = (groups: readonly number[], some: readonly number[]) =>
    groups.some((group) => some.includes(group))
  if (thing !== undefined && !LESS_IS_BETTER.has(thing))
    if ((among(own, BETTER) && among(other, LESS)) || (among(own, LESS) && among(other, BETTER))) return true
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short.length >= PREFIXED_CHARS_MIN && PREFIX_OPPOSITES.some((prefix) => long === prefix + short)
}

/** Whether a word has an opposite: it tells which way something goes or how good it is. */
export function polar(a: string): boolean {
  return (CONCEPTS.of.get(a) ?? []).some((group) => CONCEPTS.opposite.has(group))
}
