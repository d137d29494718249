import type { Claim, Reading } from '../shapes.ts'
import { type Allowed, claimOf, type Told } from './claims.ts'
import { noteOn } from './notes.ts'

/** What papers report effects of, as a pattern that begins the clause. */
const SUBJECTS: readonly [name: string, source: string][] = [
  ['chain-of-thought reasoning', '(?:chain[- ]of[- ]thought|CoT)(?: \\w+){0,2}'],
  ['reinforcement learning', '(?:reinforcement learning|\\bRL\\b|GRPO|RLVR)(?: [\\w-]+){0,2}'],
  ['supervised fine-tuning', '(?:supervised fine-tuning|\\bSFT\\b|fine-tuning)(?: [\\w-]+){0,2}'],
  ['scale', '(?:model scale|scaling(?: up)?(?: model| data)?(?: size)?|larger models|model size)'],
  ['prompting', '(?:[\\w-]+ )?prompt(?:ing|s| engineering)'],
  [
    'self-reflection and verification',
    '(?:self-(?:reflection|verification|correction|refinement|consistency)|verification prompting)',
  ],
  ['longer reasoning', '(?:longer|extended|more|explicit|slow) (?:reasoning|thinking)(?: chains?| traces?)?'],
  ['test-time scaling', 'test-time (?:scaling|compute)'],
  ['thinking mode', '(?:thinking|reasoning) (?:mode|models?|process(?:es)?)'],
  ['retrieval augmentation', '(?:retrieval[- ]augment\\w+(?: generation)?|\\bRAG\\b)'],
  ['more visual tokens', '(?:more|additional|higher-resolution|redundant) (?:visual tokens|frames|images)'],
  ['synthetic data', 'synthetic (?:data|captions|examples)'],
  [
    'in-context examples',
    '(?:in-context (?:learning|examples|demonstrations)|few-shot (?:examples|prompting))',
  ],
  ['visual input', '(?:visual (?:input|information|evidence)|images?)'],
]
const GOOD =
  '(?:(?:substantially |significantly |consistently |further |can |also |markedly )?(?:improves?|enhances?|boosts?|helps?|increases? (?:accuracy|performance)|reduces? (?:hallucinat\\w+|errors?)|mitigates?|strengthens?|benefits?|outperforms?|is effective|are effective|is beneficial|yields? (?:\\w+ )?(?:gains?|improvements?)))'
const BAD =
  '(?:(?:substantially |significantly |consistently |often |can |may |also |even )?(?:harms?|hurts?|degrades?|worsens?|fails?|impairs?|undermines?|amplif(?:y|ies)|increases? (?:hallucinat\\w+|errors?)|reduces? (?:accuracy|performance)|does not|do not|introduces? (?:new |additional )?(?:errors|hallucinat\\w+)|yields? (?:no|little|limited|minimal)|offers? (?:no|none|little|limited|minimal)|provides? (?:no|little|limited)|is (?:not|insufficient|detrimental)|are (?:not|insufficient)|leads? to (?:\\w+ )?(?:degradation|drops?|hallucinat\\w+)))'
const PAIRS_MAX = 3
const BETWEEN = '[^.;,]{0,40}? '

type Side = Told & { good: boolean }

/** Pairs of papers that report effects of the same thing, in the same direction or in different ones, each with the two sentences. */
export const differencesAmong = (
  readings: readonly Reading[],
  allowed: Allowed,
): { different: Claim[][]; same: Claim[][] } => {
  const different: Claim[][] = []
  const same: Claim[][] = []
  const used = new Set<string>()
  for (const [name, source] of SUBJECTS) {
    const sides = readings.flatMap((reading) => sideOf(reading, effectsOf(source), allowed))
    const fresh = sides.filter(({ statement }) => !used.has(statement.id))
    const good = fresh.find((side) => side.good)
    const bad = fresh.find((side) => !side.good)
    const others = fresh.filter((side) => side.good).slice(0, 2)
    if (good !== undefined && bad !== undefined)
      different.push([noteOn(name, false), claimOf(good), claimOf(bad)])
    else if (others.length === 2) same.push([noteOn(name, true), ...others.map(claimOf)])
    for (const side of [good, bad, ...others]) if (side !== undefined) used.add(side.statement.id)
  }
  return { different: different.slice(0, PAIRS_MAX), same: same.slice(0, PAIRS_MAX) }
}

type Effects = { subject: RegExp; good: RegExp; bad: RegExp }

const effects = new Map<string, Effects>()
const effectsOf = (source: string): Effects => {
  const known = effects.get(source)
  if (known !== undefined) return known
  const made = {
    subject: new RegExp(`\\b${source}`, 'i'),
    good: new RegExp(`\\b${source}${BETWEEN}${GOOD}\\b`, 'i'),
    bad: new RegExp(`\\b${source}${BETWEEN}${BAD}\\b`, 'i'),
  }
  effects.set(source, made)
  return made
}

/** The first sentence of a paper that says plainly what the subject does. */
const sideOf = (reading: Reading, { subject, good, bad }: Effects, allowed: Allowed): Side[] => {
  for (const statement of reading.statements) {
    if (!(statement.kind === 'finding' || statement.kind === 'result') || !allowed(statement.id)) continue
    if (!subject.test(statement.text)) continue
    const [isGood, isBad] = [good.test(statement.text), bad.test(statement.text)]
    if (isGood !== isBad) return [{ reading, statement, good: isGood }]
  }
  return []
}
